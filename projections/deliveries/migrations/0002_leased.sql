-- In which lanes something is leased, without reading the lanes.
CREATE INDEX delivery_leased ON delivery (leased_until) WHERE leased_until IS NOT NULL;
