-- Tables of moments (projections/moments): where those of a moment are, and whether what readers may see has changed
-- since they were made.

-- A new token whenever members change, or the policy of an incident does.
CREATE TABLE rights (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    changed uuid NOT NULL
);

-- Which generation of tables holds the events admitted by a moment, under the rights of that token.
CREATE TABLE moment (
    at     timestamptz PRIMARY KEY,
    number integer NOT NULL,
    rights uuid
);

GRANT SELECT ON rights, moment TO ionics_reader;
ALTER TABLE rights ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE moment ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY viewer ON rights FOR SELECT TO ionics_reader USING (EXISTS (SELECT FROM agency));
CREATE POLICY viewer ON moment FOR SELECT TO ionics_reader USING (EXISTS (SELECT FROM agency));
