-- What the reader may see. It owns nothing; a table without a policy is closed to it.
-- Aggregates are computed from community incidents alone, so all of their rows are open.

GRANT SELECT ON positions, incident, incident_revision, item, route_flow, place_heat, substance_timeline,
    agency_activity, milestone TO ionics_reader;

ALTER TABLE positions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE incident ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE incident_revision ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE route_flow ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE place_heat ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE substance_timeline ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE agency_activity ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE milestone ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY community ON incident FOR SELECT TO ionics_reader USING (community);
CREATE POLICY community ON item FOR SELECT TO ionics_reader USING (community);
-- A revision is seen where its own policy and that of the latest revision allow it.
CREATE POLICY community ON incident_revision FOR SELECT TO ionics_reader USING (
    community AND EXISTS (
        SELECT FROM incident WHERE incident.incident_id = incident_revision.incident_id AND incident.community
    )
);
CREATE POLICY open ON positions FOR SELECT TO ionics_reader USING (true);
CREATE POLICY open ON route_flow FOR SELECT TO ionics_reader USING (true);
CREATE POLICY open ON place_heat FOR SELECT TO ionics_reader USING (true);
CREATE POLICY open ON substance_timeline FOR SELECT TO ionics_reader USING (true);
CREATE POLICY open ON agency_activity FOR SELECT TO ionics_reader USING (true);
CREATE POLICY open ON milestone FOR SELECT TO ionics_reader USING (true);
ALTER TABLE migration ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
