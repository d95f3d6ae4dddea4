-- What the matcher found, what people judged, the cases that follow, and that aggregates count a seizure once.

-- Every pair at every two revisions at which it was compared; the record written last at these holds.
-- Whether a link counts is asked when it is read: both revisions current, a key open, nobody against it.
CREATE TABLE link (
    "left"             uuid NOT NULL,
    left_revision      integer NOT NULL,
    left_class         bigint NOT NULL,
    left_admitted_at   timestamptz NOT NULL,
    "right"            uuid NOT NULL,
    right_revision     integer NOT NULL,
    right_class        bigint NOT NULL,
    right_admitted_at  timestamptz NOT NULL,
    model              text NOT NULL,
    kind               text COLLATE "C" NOT NULL,
    outcome            text COLLATE "C" NOT NULL,
    possible_duplicate boolean NOT NULL,
    duplicate_mbit     integer NOT NULL,
    duplicate_ppm      integer NOT NULL,
    related_mbit       integer NOT NULL,
    urgent             boolean NOT NULL,
    reasons            jsonb NOT NULL,
    keys               bigint[] NOT NULL,
    -- Its place in the topic, which has one partition.
    written            bigint NOT NULL,
    PRIMARY KEY ("left", "right", left_revision, right_revision)
);
CREATE INDEX link_by_right ON link ("right");
-- The order in which links are listed, for whoever asks for the first of them.
CREATE INDEX link_by_weight ON link (urgent, duplicate_ppm);

-- A blocking key that was closed, or opened again; its scope is the class of the incidents that are counted.
CREATE TABLE match_key (
    key       bigint NOT NULL,
    scope     bigint NOT NULL,
    kind      text COLLATE "C" NOT NULL,
    text      text COLLATE "C" NOT NULL,
    closed    boolean NOT NULL,
    incidents integer NOT NULL,
    written   bigint NOT NULL,
    PRIMARY KEY (key, scope)
);

-- The judgement on each pair that holds: of the highest revision, then of the greatest body.
CREATE TABLE judgement (
    "left"         uuid NOT NULL,
    "right"        uuid NOT NULL,
    revision       integer NOT NULL,
    verdict        text COLLATE "C" NOT NULL,
    reason         text NOT NULL,
    focal_point_id text COLLATE "C" NOT NULL,
    agency_id      text COLLATE "C" NOT NULL,
    judged_at      timestamptz NOT NULL,
    body           bytea NOT NULL,
    PRIMARY KEY ("left", "right")
);
CREATE INDEX judgement_by_right ON judgement ("right");

-- The latest version of each case. One that is no more is closed and has no members.
CREATE TABLE "case" (
    case_id      uuid PRIMARY KEY,
    policy_class bigint NOT NULL,
    version      bigint NOT NULL,
    closed       boolean NOT NULL,
    changed_at   timestamptz NOT NULL,
    changes      jsonb NOT NULL
);
CREATE INDEX case_by_change ON "case" (changed_at DESC, case_id DESC) WHERE NOT closed;

-- Cases do not share members; while some of their versions have come and others have not, they may seem to.
CREATE TABLE case_member (
    case_id      uuid NOT NULL,
    incident_id  uuid NOT NULL,
    revision     integer NOT NULL,
    admitted_at  timestamptz NOT NULL,
    canonical_id uuid NOT NULL,
    policy_class bigint NOT NULL,
    PRIMARY KEY (case_id, incident_id)
);
CREATE INDEX case_member_by_incident ON case_member (incident_id);

CREATE TABLE case_link (
    case_id       uuid NOT NULL,
    "left"        uuid NOT NULL,
    "right"       uuid NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    verdict       text COLLATE "C" NOT NULL,
    duplicate_ppm integer NOT NULL,
    related_mbit  integer NOT NULL,
    policy_class  bigint NOT NULL,
    PRIMARY KEY (case_id, "left", "right")
);

-- Beside the seizures, the incidents that report them: a row goes when none is left. Until now there were no cases.
ALTER TABLE route_flow ADD COLUMN reported bigint NOT NULL DEFAULT 0;
ALTER TABLE place_heat ADD COLUMN reported bigint NOT NULL DEFAULT 0;
ALTER TABLE substance_timeline ADD COLUMN reported bigint NOT NULL DEFAULT 0;
ALTER TABLE agency_activity ADD COLUMN reported bigint NOT NULL DEFAULT 0;
ALTER TABLE milestone ADD COLUMN reported bigint NOT NULL DEFAULT 0;
UPDATE route_flow SET reported = incidents;
UPDATE place_heat SET reported = incidents;
UPDATE substance_timeline SET reported = incidents;
UPDATE agency_activity SET reported = incidents;
UPDATE milestone SET reported = incidents;

GRANT SELECT ON link, match_key, judgement, "case", case_member, case_link TO ionics_reader;

ALTER TABLE link ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE match_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE judgement ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE "case" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE case_member ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE case_link ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- What is said of two incidents is seen by who may see both: as they were compared, and as they are now.
-- Not EXISTS, for which PostgreSQL may read the whole table of incidents to answer for the first few links.
CREATE POLICY viewer ON link FOR SELECT TO ionics_reader USING (
    left_class = ANY (ARRAY(SELECT class FROM policy)) AND right_class = ANY (ARRAY(SELECT class FROM policy))
    AND (SELECT true FROM incident i WHERE i.incident_id = link."left")
    AND (SELECT true FROM incident i WHERE i.incident_id = link."right")
);
CREATE POLICY viewer ON judgement FOR SELECT TO ionics_reader USING (
    (SELECT true FROM incident i WHERE i.incident_id = judgement."left")
    AND (SELECT true FROM incident i WHERE i.incident_id = judgement."right")
);
CREATE POLICY viewer ON match_key FOR SELECT TO ionics_reader USING (
    scope = ANY (ARRAY(SELECT class FROM policy))
);
CREATE POLICY viewer ON "case" FOR SELECT TO ionics_reader USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
);
-- A member that was narrowed is gone at once, whenever its case follows.
CREATE POLICY viewer ON case_member FOR SELECT TO ionics_reader USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
    AND (SELECT true FROM incident i WHERE i.incident_id = case_member.incident_id)
);
CREATE POLICY viewer ON case_link FOR SELECT TO ionics_reader USING (
    policy_class = ANY (ARRAY(SELECT class FROM policy))
    AND (SELECT true FROM incident i WHERE i.incident_id = case_link."left")
    AND (SELECT true FROM incident i WHERE i.incident_id = case_link."right")
);
