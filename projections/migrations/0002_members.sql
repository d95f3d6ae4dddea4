-- Who takes part, as the directory stands: what the rule of 0003 reads. Written by the projector of members.

CREATE TABLE agency (
    agency_id text COLLATE "C" PRIMARY KEY,
    country   text COLLATE "C",
    suspended boolean NOT NULL
);

CREATE TABLE focal_point (
    focal_point_id text COLLATE "C" PRIMARY KEY,
    agency_id      text COLLATE "C" NOT NULL,
    sees_all       boolean NOT NULL,
    suspended      boolean NOT NULL
);

CREATE TABLE group_member (
    group_id  text COLLATE "C" NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (group_id, agency_id)
);
CREATE INDEX group_member_by_agency ON group_member (agency_id);

-- Keys that were compromised: what was admitted under them since then is in doubt.
CREATE TABLE key_doubt (
    key_id text PRIMARY KEY,
    since  timestamptz NOT NULL
);

-- Which agency opened which incident on which day; out of the access log.
CREATE TABLE opened (
    incident_id uuid NOT NULL,
    agency_id   text COLLATE "C" NOT NULL,
    day         date NOT NULL,
    PRIMARY KEY (incident_id, agency_id, day)
);
