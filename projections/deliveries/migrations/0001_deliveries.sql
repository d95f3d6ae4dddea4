-- State of what is told to whom: of a deployment, not of a generation. Executed with the schema dissemination as
-- search_path. Nothing of what is told lies here but kind, severity and ids.

CREATE TABLE delivery (
    -- UUIDv5 of subscription, recipient, channel and what is told: the idempotency key of the receiver, too.
    delivery_id     uuid PRIMARY KEY,
    subscription_id text COLLATE "C" NOT NULL,
    recipient       text COLLATE "C" NOT NULL,
    agency_id       text COLLATE "C" NOT NULL,
    -- The subscription whose channel it takes, or console.
    via             text COLLATE "C" NOT NULL,
    event_kind      text COLLATE "C" NOT NULL,
    event_id        uuid NOT NULL,
    revision        integer NOT NULL,
    digest          text NOT NULL,
    event_at        timestamptz NOT NULL,
    severity        text COLLATE "C" NOT NULL,
    code            text COLLATE "C" NOT NULL,
    withdrawn       boolean NOT NULL,
    escalation      boolean NOT NULL,
    acknowledge_s   integer,
    -- Which views can judge it, and how far they must have come. What was taken over from an older generation has no
    -- position in this one: until then it is not passed over where the views do not show it.
    generation      integer NOT NULL,
    topic           text COLLATE "C",
    partition       integer,
    following       bigint,
    directory       bigint NOT NULL,
    closed          bigint NOT NULL,
    adopted_until   timestamptz,
    -- PENDING, GROUPED (goes into a message with others), DELIVERED, WITHDRAWN (not the recipient's to know), GIVEN_UP.
    state           text COLLATE "C" NOT NULL DEFAULT 'PENDING',
    attempts        integer NOT NULL DEFAULT 0,
    error           text,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    leased_by       text,
    leased_until    timestamptz,
    group_id        uuid,
    sent_at         timestamptz,
    escalate_at     timestamptz,
    seen_at         timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text COLLATE "C"
);
CREATE INDEX delivery_due ON delivery (due_at) WHERE state IN ('PENDING', 'GROUPED');
CREATE INDEX delivery_lane ON delivery (recipient, via) WHERE state IN ('PENDING', 'GROUPED');
CREATE INDEX delivery_sent ON delivery (recipient, via, sent_at) WHERE state = 'DELIVERED';
CREATE INDEX delivery_by_event ON delivery (event_id, agency_id);
CREATE INDEX delivery_overdue ON delivery (escalate_at) WHERE escalate_at IS NOT NULL;

-- What people said, also of what they were not told yet.
CREATE TABLE acknowledgement (
    event_id       uuid NOT NULL,
    agency_id      text COLLATE "C" NOT NULL,
    focal_point_id text COLLATE "C" NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (event_id, agency_id, focal_point_id, at)
);

-- The inbox: what reached its reader, who reads it together with the views, in which it must be seen too.
GRANT SELECT ON delivery TO ionics_reader;
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE acknowledgement ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE migration ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY viewer ON delivery FOR SELECT TO ionics_reader USING (
    recipient = current_setting('ionics.viewer', true) AND state = 'DELIVERED'
);
