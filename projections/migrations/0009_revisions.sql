-- What is seen of a revision, and of who opened an incident, is asked of that incident alone. Of EXISTS the planner may
-- make a hash of all incidents, and did: for each single revision, so that reading one grew with the history.
ALTER POLICY viewer ON incident_revision USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
    AND (SELECT true FROM incident i WHERE i.incident_id = incident_revision.incident_id)
);
ALTER POLICY viewer ON opened USING (
    (SELECT true FROM incident i JOIN agency a USING (agency_id) WHERE i.incident_id = opened.incident_id)
);
