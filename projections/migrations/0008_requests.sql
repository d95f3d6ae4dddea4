-- Requests for information: threads, their parties, and their messages, which the parties see and nobody else, not even
-- with sees-all. A thread is the fold of its messages in the order of the topic (schemas/requests).

ALTER TABLE focal_point ADD COLUMN coordinates boolean NOT NULL DEFAULT false;

CREATE TABLE thread (
    thread_id    uuid PRIMARY KEY,
    incident_id  uuid,
    subject      text NOT NULL,
    agency_id    text COLLATE "C" NOT NULL,
    asked_at     timestamptz NOT NULL,
    priority     text COLLATE "C" NOT NULL,
    due_at       timestamptz NOT NULL,
    state        text COLLATE "C" NOT NULL,
    answered_at  timestamptz,
    changed_at   timestamptz NOT NULL,
    messages     integer NOT NULL,
    -- Names of all parties, and of those who must answer: agency:…, focal-point:…, group:…
    parties      text[] NOT NULL,
    awaited      text[] NOT NULL,
    -- Coordinators of these agencies see it from then on: a focal point of theirs was asked and has not answered.
    escalates_at timestamptz NOT NULL,
    escalates_to text[] NOT NULL
);
CREATE INDEX thread_by_party ON thread USING gin (parties);
CREATE INDEX thread_by_asking ON thread (asked_at, thread_id);

CREATE TABLE thread_party (
    thread_id uuid NOT NULL,
    name      text COLLATE "C" NOT NULL,
    side      text COLLATE "C" NOT NULL,
    since     timestamptz NOT NULL,
    PRIMARY KEY (thread_id, name)
);

-- What each agency did that was asked by name, or that has replied.
CREATE TABLE thread_response (
    thread_id   uuid NOT NULL,
    agency_id   text COLLATE "C" NOT NULL,
    since       timestamptz NOT NULL,
    outcome     text COLLATE "C" NOT NULL,
    answered_at timestamptz,
    PRIMARY KEY (thread_id, agency_id)
);

-- Every message that was seen. One that counts has its number in the thread; another changes nothing, and nobody sees
-- it.
CREATE TABLE message (
    written        bigint PRIMARY KEY,
    thread_id      uuid NOT NULL,
    number         integer,
    at             timestamptz NOT NULL,
    kind           text COLLATE "C" NOT NULL,
    focal_point_id text COLLATE "C" NOT NULL,
    agency_id      text COLLATE "C" NOT NULL,
    body           bytea NOT NULL
);
CREATE INDEX message_by_thread ON message (thread_id, written);

GRANT SELECT ON thread, thread_party, thread_response, message TO ionics_reader;

ALTER TABLE thread ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE thread_party ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE thread_response ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE message ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- The names of the viewer are of today, each computed once a query.
CREATE POLICY viewer ON thread FOR SELECT TO ionics_reader USING (
    parties && ARRAY(
        SELECT 'agency:' || a.agency_id FROM agency a
        UNION ALL SELECT 'focal-point:' || f.focal_point_id FROM focal_point f JOIN agency USING (agency_id)
        UNION ALL SELECT 'group:' || g.group_id FROM group_member g
    )
    OR escalates_at <= now() AND escalates_to && ARRAY(
        SELECT a.agency_id FROM agency a JOIN focal_point f USING (agency_id) WHERE f.coordinates
    )
);
CREATE POLICY viewer ON thread_party FOR SELECT TO ionics_reader USING (
    (SELECT true FROM thread t WHERE t.thread_id = thread_party.thread_id)
);
CREATE POLICY viewer ON thread_response FOR SELECT TO ionics_reader USING (
    (SELECT true FROM thread t WHERE t.thread_id = thread_response.thread_id)
);
CREATE POLICY viewer ON message FOR SELECT TO ionics_reader USING (
    number IS NOT NULL AND (SELECT true FROM thread t WHERE t.thread_id = message.thread_id)
);
