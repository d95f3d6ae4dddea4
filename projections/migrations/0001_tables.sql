-- The tables of one generation. Executed with the schema of the generation as search_path.
-- Every key column sorts by code point (COLLATE "C"), so that digests and lists do not depend on the cluster's locale.
-- No foreign keys: events may arrive in any order.
-- policy_class says to whom a row is shared: 0 is the community, else a hash of owner and audience (table policy).

CREATE TABLE positions (
    topic     text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    next      bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- Owner and audience of each class, of every revision that was seen.
CREATE TABLE policy (
    class    bigint PRIMARY KEY,
    owner    text COLLATE "C" NOT NULL,
    audience text[] NOT NULL
);
INSERT INTO policy VALUES (0, '', '{COMMUNITY}');

-- The current revision of each incident: the highest that was seen.
CREATE TABLE incident (
    incident_id        uuid PRIMARY KEY,
    revision           integer NOT NULL,
    event_type         text NOT NULL,
    withdrawn          boolean NOT NULL,
    reason             text,
    source_ref         text COLLATE "C" NOT NULL,
    source_system      text,
    agency_id          text COLLATE "C" NOT NULL,
    reporting_country  text,
    incident_type      text COLLATE "C" NOT NULL,
    occurred_on        date NOT NULL,
    occurred_precision text NOT NULL,
    period             text COLLATE "C" NOT NULL,
    period_first       date NOT NULL,
    period_last        date NOT NULL,
    reported_at        timestamptz NOT NULL,
    admitted_at        timestamptz NOT NULL,
    tlp                text NOT NULL,
    handling           text,
    audience           text[] NOT NULL,
    policy_class       bigint NOT NULL,
    place_country      text,
    place_country_how  text NOT NULL,
    place_id           text,
    place_name         text,
    place_how          text NOT NULL,
    latitude_udeg      integer,
    longitude_udeg     integer,
    departure          text COLLATE "C" NOT NULL,
    transit            text COLLATE "C" NOT NULL,
    destination        text COLLATE "C" NOT NULL,
    routing_direction  text,
    transport_mode     text,
    action_requested   text NOT NULL,
    operation_id       text,
    content_digest     text NOT NULL,
    signed_digest      text NOT NULL,
    key_id             text NOT NULL,
    doubts             text[] NOT NULL,
    reference_version  text NOT NULL,
    enrichment_error   text,
    -- The enriched Avro value with its frame, as on the topic. Compressing it would cost more than writing it.
    value              bytea STORAGE EXTERNAL NOT NULL
);
CREATE INDEX incident_by_source_ref ON incident (source_ref);
CREATE INDEX incident_by_admission ON incident (admitted_at, incident_id);

-- Every revision that was seen, superseded ones too.
CREATE TABLE incident_revision (
    incident_id   uuid NOT NULL,
    revision      integer NOT NULL,
    event_type    text NOT NULL,
    admitted_at   timestamptz NOT NULL,
    reason        text,
    signed_digest text NOT NULL,
    superseded    boolean NOT NULL,
    policy_class  bigint NOT NULL,
    PRIMARY KEY (incident_id, revision)
);
-- Amendments and withdrawals are counted from here; they are few beside the reports.
CREATE INDEX incident_revision_changes ON incident_revision (incident_id, event_type, admitted_at)
    WHERE NOT superseded AND event_type <> 'REPORTED';

-- The items of the current revisions.
CREATE TABLE item (
    incident_id          uuid NOT NULL,
    item_no              integer NOT NULL,
    substance_text       text COLLATE "C" NOT NULL,
    substance_id         text COLLATE "C",
    substance_class      text COLLATE "C",
    subclass             text,
    effect_group         text,
    active_substance_id  text,
    substance_how        text NOT NULL,
    substance_confidence text NOT NULL,
    candidates           text[] NOT NULL,
    schedules            text[] NOT NULL,
    schedule_listed      boolean NOT NULL,
    form                 text,
    purity_pct           text,
    amount               text,
    unit                 text,
    mass_ug              bigint,
    mass_counted         boolean NOT NULL,
    plausibility         text NOT NULL,
    amount_text          text,
    unit_text            text,
    period               text COLLATE "C" NOT NULL,
    period_first         date NOT NULL,
    admitted_at          timestamptz NOT NULL,
    policy_class         bigint NOT NULL,
    withdrawn            boolean NOT NULL,
    PRIMARY KEY (incident_id, item_no)
);
CREATE INDEX item_first_seen ON item (substance_id, period_first, incident_id) WHERE NOT withdrawn;
CREATE INDEX item_first_admitted ON item (substance_id, admitted_at, incident_id) WHERE NOT withdrawn;
CREATE INDEX item_by_name ON item (lower(substance_text)) WHERE NOT withdrawn;

-- Aggregates hold incidents that are not withdrawn. A row sums incidents of one policy class only, so whoever may see
-- the row may see all that it was made of; what a reader sees is added up when it is read. The milestone counts the
-- community's alone. A row whose incidents reach 0 is deleted.
-- fillfactor leaves room to update a row on its own page.
CREATE TABLE route_flow (
    policy_class       bigint NOT NULL,
    departure          text COLLATE "C" NOT NULL,
    transit            text COLLATE "C" NOT NULL,
    destination        text COLLATE "C" NOT NULL,
    substance_class    text COLLATE "C" NOT NULL,
    period             text COLLATE "C" NOT NULL,
    incidents          bigint NOT NULL,
    items              bigint NOT NULL,
    mass_ug            numeric NOT NULL,
    items_without_mass bigint NOT NULL,
    PRIMARY KEY (policy_class, departure, transit, destination, substance_class, period)
) WITH (fillfactor = 80);
CREATE INDEX route_flow_by_destination ON route_flow (destination, departure);

CREATE TABLE place_heat (
    policy_class       bigint NOT NULL,
    place_id           text COLLATE "C" NOT NULL,
    place_name         text COLLATE "C" NOT NULL,
    country            text COLLATE "C" NOT NULL,
    latitude_udeg      integer,
    longitude_udeg     integer,
    substance_class    text COLLATE "C" NOT NULL,
    period             text COLLATE "C" NOT NULL,
    incidents          bigint NOT NULL,
    items              bigint NOT NULL,
    mass_ug            numeric NOT NULL,
    items_without_mass bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT
        (policy_class, place_id, substance_class, period, place_name, country, latitude_udeg, longitude_udeg)
) WITH (fillfactor = 80);
CREATE INDEX place_heat_by_country ON place_heat (country, place_id);

CREATE TABLE substance_timeline (
    policy_class       bigint NOT NULL,
    substance_id       text COLLATE "C" NOT NULL,
    substance_class    text COLLATE "C" NOT NULL,
    period             text COLLATE "C" NOT NULL,
    incidents          bigint NOT NULL,
    items              bigint NOT NULL,
    mass_ug            numeric NOT NULL,
    items_without_mass bigint NOT NULL,
    PRIMARY KEY (policy_class, substance_id, substance_class, period)
) WITH (fillfactor = 80);
CREATE INDEX substance_timeline_by_class ON substance_timeline (substance_class, period);

CREATE TABLE agency_activity (
    policy_class       bigint NOT NULL,
    agency_id          text COLLATE "C" NOT NULL,
    incident_type      text COLLATE "C" NOT NULL,
    period             text COLLATE "C" NOT NULL,
    incidents          bigint NOT NULL,
    items              bigint NOT NULL,
    mass_ug            numeric NOT NULL,
    items_without_mass bigint NOT NULL,
    PRIMARY KEY (policy_class, agency_id, incident_type, period)
) WITH (fillfactor = 80);

CREATE TABLE milestone (
    name      text COLLATE "C" PRIMARY KEY,
    incidents bigint NOT NULL
) WITH (fillfactor = 50);
