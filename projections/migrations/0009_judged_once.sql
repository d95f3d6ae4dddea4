-- Row-level security, faster: it says what it said.

-- Who asks is found once a query, and not once for each class of audience.
ALTER POLICY viewer ON policy USING (
    (SELECT bool_or(f.sees_all) FROM agency a JOIN focal_point f USING (agency_id))
    OR owner = ANY (ARRAY(SELECT a.agency_id FROM agency a))
    OR audience && ARRAY(
        SELECT 'COMMUNITY' FROM agency
        UNION ALL SELECT 'agency:' || a.agency_id FROM agency a
        UNION ALL SELECT 'country:' || a.country FROM agency a
        UNION ALL SELECT 'group:' || g.group_id FROM group_member g
    )
);

-- What is seen of a revision, and of who opened an incident, is asked of that incident alone. Of EXISTS the planner may
-- make a hash of all incidents, and did: for each single revision, so that reading one grew with the history.
ALTER POLICY viewer ON incident_revision USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
    AND (SELECT true FROM incident i WHERE i.incident_id = incident_revision.incident_id)
);
ALTER POLICY viewer ON opened USING (
    (SELECT true FROM incident i JOIN agency a USING (agency_id) WHERE i.incident_id = opened.incident_id)
);
