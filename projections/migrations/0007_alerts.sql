-- Alerts, each at its current revision, and what agencies watch.

-- What an alert rests on and whom it may be told stand in the row itself, as arrays: the policy below must know of
-- incidents that the viewer may not see. A special alert rests on nothing, and names its incidents in alert_incident
-- alone, where each is seen by who may see it.
CREATE TABLE alert (
    alert_id        uuid PRIMARY KEY,
    revision        integer NOT NULL,
    status          text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    severity        text COLLATE "C" NOT NULL,
    title           text NOT NULL,
    substance_id    text COLLATE "C",
    substance_class text COLLATE "C",
    substance_text  text,
    countries       text[] NOT NULL,
    region          text COLLATE "C",
    departure       text COLLATE "C",
    destination     text COLLATE "C",
    period          text COLLATE "C",
    reasons         jsonb NOT NULL,
    rests_on        uuid[] NOT NULL,
    -- All of them must be seen; that of the community where there is no other.
    policy_classes  bigint[] NOT NULL,
    tlp             text COLLATE "C" NOT NULL,
    raised_at       timestamptz NOT NULL,
    act_before      timestamptz,
    words           text,
    documents       jsonb NOT NULL,
    author_id       text COLLATE "C",
    author_agency   text COLLATE "C"
);
CREATE INDEX alert_by_time ON alert (raised_at DESC, alert_id DESC);

CREATE TABLE alert_incident (
    alert_id    uuid NOT NULL,
    incident_id uuid NOT NULL,
    revision    integer NOT NULL,
    PRIMARY KEY (alert_id, incident_id)
);
CREATE INDEX alert_incident_by_incident ON alert_incident (incident_id);

-- The revision of each watch that holds: the highest, then that of the greatest body.
CREATE TABLE watch (
    watch_id       uuid PRIMARY KEY,
    revision       integer NOT NULL,
    active         boolean NOT NULL,
    kind           text COLLATE "C" NOT NULL,
    value          text NOT NULL,
    reason         text NOT NULL,
    audience       text[] NOT NULL,
    until          timestamptz,
    focal_point_id text COLLATE "C" NOT NULL,
    agency_id      text COLLATE "C" NOT NULL,
    at             timestamptz NOT NULL,
    policy_classes bigint[] NOT NULL,
    body           bytea NOT NULL
);

GRANT SELECT ON alert, alert_incident, watch TO ionics_reader;

ALTER TABLE alert ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE alert_incident ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE watch ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- An incident that was narrowed takes its alerts with it at once, whenever they follow.
CREATE POLICY viewer ON alert FOR SELECT TO ionics_reader USING (
    policy_classes <@ ARRAY(SELECT class FROM policy)
    AND (SELECT count(*) FROM incident i WHERE i.incident_id = ANY (alert.rests_on)) = cardinality(rests_on)
);
CREATE POLICY viewer ON alert_incident FOR SELECT TO ionics_reader USING (
    (SELECT true FROM alert a WHERE a.alert_id = alert_incident.alert_id)
    AND (SELECT true FROM incident i WHERE i.incident_id = alert_incident.incident_id)
);
CREATE POLICY viewer ON watch FOR SELECT TO ionics_reader USING (
    policy_classes <@ ARRAY(SELECT class FROM policy)
);
