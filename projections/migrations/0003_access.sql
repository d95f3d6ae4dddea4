-- What the reader may see: the rule of schemas/sharing.py. The reader owns nothing; a table without a policy is closed
-- to it. Who asks is the setting ionics.viewer of the transaction; unset, unknown or suspended, there are no rows.

GRANT SELECT ON positions, policy, incident, incident_revision, item, route_flow, place_heat, substance_timeline,
    agency_activity, milestone, agency, focal_point, group_member, key_doubt, opened TO ionics_reader;

ALTER TABLE positions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE policy ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE incident ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE incident_revision ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE route_flow ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE place_heat ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE substance_timeline ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE agency_activity ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE milestone ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE agency ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE focal_point ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE group_member ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE key_doubt ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE opened ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE migration ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- The viewer, its agency, and the groups that this belongs to. Each rests on the one before: the reader sees no more.
CREATE POLICY viewer ON focal_point FOR SELECT TO ionics_reader USING (
    focal_point_id = current_setting('ionics.viewer', true) AND NOT suspended
);
CREATE POLICY viewer ON agency FOR SELECT TO ionics_reader USING (
    NOT suspended AND agency_id IN (SELECT f.agency_id FROM focal_point f)
);
CREATE POLICY viewer ON group_member FOR SELECT TO ionics_reader USING (
    agency_id IN (SELECT a.agency_id FROM agency a)
);

-- The rule itself, once a query for each class.
CREATE POLICY viewer ON policy FOR SELECT TO ionics_reader USING (
    EXISTS (
        SELECT FROM agency a JOIN focal_point f USING (agency_id)
        WHERE f.sees_all OR policy.owner = a.agency_id
            OR policy.audience && ARRAY['COMMUNITY', 'agency:' || a.agency_id, 'country:' || a.country]
            OR policy.audience && ARRAY(SELECT 'group:' || g.group_id FROM group_member g)
    )
);

CREATE POLICY viewer ON incident FOR SELECT TO ionics_reader USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
);
CREATE POLICY viewer ON item FOR SELECT TO ionics_reader USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
);
CREATE POLICY viewer ON route_flow FOR SELECT TO ionics_reader USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
);
CREATE POLICY viewer ON place_heat FOR SELECT TO ionics_reader USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
);
CREATE POLICY viewer ON substance_timeline FOR SELECT TO ionics_reader USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
);
CREATE POLICY viewer ON agency_activity FOR SELECT TO ionics_reader USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
);
-- A revision is seen where its own policy and that of the latest revision allow it.
CREATE POLICY viewer ON incident_revision FOR SELECT TO ionics_reader USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
    AND EXISTS (SELECT FROM incident i WHERE i.incident_id = incident_revision.incident_id)
);
-- The owner sees who opened its incident.
CREATE POLICY viewer ON opened FOR SELECT TO ionics_reader USING (
    EXISTS (SELECT FROM incident i JOIN agency a USING (agency_id) WHERE i.incident_id = opened.incident_id)
);
-- Of the community, for whoever takes part.
CREATE POLICY viewer ON milestone FOR SELECT TO ionics_reader USING (EXISTS (SELECT FROM agency));
CREATE POLICY viewer ON key_doubt FOR SELECT TO ionics_reader USING (EXISTS (SELECT FROM agency));
CREATE POLICY viewer ON positions FOR SELECT TO ionics_reader USING (EXISTS (SELECT FROM agency));
