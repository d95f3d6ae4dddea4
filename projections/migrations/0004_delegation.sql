-- What is delegated, and as what it was published: the link, which its owner and the secretariat see, and nobody else,
-- not even with sees-all. Written by the projector of members out of ionics.delegations.

ALTER TABLE incident ADD COLUMN delegated boolean NOT NULL DEFAULT false;
CREATE INDEX incident_delegated ON incident (admitted_at, incident_id) WHERE delegated;

CREATE TABLE delegation_link (
    delegated_id       uuid NOT NULL,
    secretariat        text COLLATE "C" NOT NULL,
    owner              text COLLATE "C" NOT NULL,
    published_id       uuid NOT NULL,
    delegated_revision integer NOT NULL,
    state              text NOT NULL,
    PRIMARY KEY (delegated_id, secretariat)
);

GRANT SELECT ON delegation_link TO ionics_reader;
ALTER TABLE delegation_link ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY viewer ON delegation_link FOR SELECT TO ionics_reader USING (
    EXISTS (SELECT FROM agency a WHERE a.agency_id IN (owner, secretariat))
);
