"""The log's own dictionary of schemas."""

from schemas.codec import avro_schema, codec, frame
from schemas.dictionary import SUBJECTS, SchemaDictionary
from schemas.identity import canonical_schema, schema_fingerprint
from schemas.reading import Record
from schemas.topics import SCHEMAS


def _record(offset: int, value: bytes | None) -> Record:
    return Record(SCHEMAS.name, 0, offset, 0, b"key", value, ())


def test_what_cannot_be_read_gives_no_id_a_schema() -> None:
    """Bytes that are no entry stop nobody from reading the entries around them."""
    schema = avro_schema("receipt")
    entry = {
        "schema_id": 7,
        "subject": SUBJECTS["receipt"],
        "sha256": schema_fingerprint(schema),
        "schema": canonical_schema(schema).decode(),
    }
    value = frame(1) + codec("schema_entry").encode(entry)
    poison = [None, b"", b"\x00\xff", frame(1) + b"\xff\xff\xff", value[:-3]]
    records = [_record(n, bad) for n, bad in enumerate(poison)]
    found = SchemaDictionary().fold([*records, _record(9, value)])
    assert list(found.schemas) == [7]
