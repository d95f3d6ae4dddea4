"""Reading and writing Avro: by record and by column the same, and damage stays where it is."""

import math
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from schemas.codec import RecordCodec, admitted_schema, avro_schema, codec, enriched_schema, frame, unframe
from schemas.columnar import ROW, ColumnarDecoder, Decoded
from schemas.errors import ContractError, DecodeError, WireFormatError
from schemas.incident import validate_incident
from tests.strategies import ADMISSIONS, bodies, damaged, from_schema

ID = 7
SCHEMAS = {"incident": avro_schema("incident"), "admitted": admitted_schema(), "enriched": enriched_schema()}
DECODERS = {name: ColumnarDecoder(schema) for name, schema in SCHEMAS.items()}
_SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def records(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Records of the incident, admitted or enriched schema."""
    if name == "incident":
        return bodies()
    if name == "admitted":
        return st.fixed_dictionaries({"admission": ADMISSIONS, "incident": bodies()})
    return st.fixed_dictionaries(
        {"admitted": records("admitted"), "enrichment": from_schema(avro_schema("enrichment"))}
    )


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """The record as the columns show it: the incident's own fields bare, the others' prefixed."""
    out: dict[str, Any] = {}
    for key, value in record.items():
        if key in ("admitted", "incident") and isinstance(value, dict):
            out |= flat(value)
        elif key in ("admission", "enrichment"):
            out |= {f"{key}_{name}": field for name, field in value.items()}
        else:
            out[key] = value
    return out


def rows(decoded: Decoded) -> dict[int, dict[str, Any]]:
    """Rows of the columns by the index of their value."""
    return {row.pop(ROW): row for row in decoded.columns.iter_rows(named=True)}


def expected_of(name: str, values: list[bytes]) -> tuple[dict[int, dict[str, Any]], set[int], set[int], set[int]]:
    """By fastavro: rows, and indexes that are refused, not canonical, or of a branch that a union does not have."""
    good, refused, odd, unseen = {}, set(), set(), set()
    for index, value in enumerate(values):
        if value[:5] != frame(ID):
            refused.add(index)
            continue
        try:
            good[index] = flat(codec(name).decode(value[5:]))
        except DecodeError as error:
            # A branch number that a union does not have: polars takes it for the branch that is not null.
            (unseen if "IndexError" in str(error) else refused).add(index)
            continue
        try:
            codec(name).decode_canonical(value[5:])
        except DecodeError:
            odd.add(index)
    return good, refused, odd, unseen


@settings(_SLOW, max_examples=60)
@given(body=bodies())
def test_an_incident_comes_back_from_its_bytes_unchanged(body: dict[str, Any]) -> None:
    """Every field, in any script, survives encoding, and the bytes are canonical."""
    encoded = codec("incident").encode(body)
    assert body == codec("incident").decode(encoded) == codec("incident").decode_canonical(encoded)


@settings(_SLOW, max_examples=40)
@given(body=bodies())
def test_a_decoded_incident_is_the_incident_that_was_built(body: dict[str, Any]) -> None:
    """Rules judge the decoded body as they judge the built one, and the model's own body is the same body."""
    decoded = codec("incident").decode(codec("incident").encode(body))
    incident = validate_incident(body)
    assert incident == validate_incident(decoded)
    assert body == codec("incident").decode(codec("incident").encode(incident.body()))


@pytest.mark.parametrize("name", SCHEMAS)
@settings(_SLOW, max_examples=20)
@given(data=st.data())
def test_columns_hold_what_fastavro_reads(name: str, data: st.DataObject) -> None:
    """Every field of every value, nested ones included, is the same by column and by record."""
    batch = data.draw(st.lists(records(name), max_size=4))
    values = [frame(ID) + codec(name).encode(record) for record in batch]
    decoded = DECODERS[name].decode(ID, values)
    assert decoded.faults == {}
    assert {index: flat(record) for index, record in enumerate(batch)} == rows(decoded)


@pytest.mark.parametrize("name", SCHEMAS)
@settings(_SLOW, max_examples=50)
@given(data=st.data())
def test_damage_is_a_fault_of_its_own_value_alone(name: str, data: st.DataObject) -> None:
    """What fastavro refuses is a fault; canonical values are not, and their columns are as without the damage.

    A value that fastavro reads but would write otherwise is a fault, or has fastavro's columns.
    """
    batch = data.draw(st.lists(records(name), min_size=2, max_size=4))
    values = data.draw(damaged([frame(ID) + codec(name).encode(record) for record in batch], ID))
    good, refused, odd, unseen = expected_of(name, values)
    decoded = DECODERS[name].decode(ID, values)
    found = rows(decoded)
    assert refused <= set(decoded.faults) <= refused | odd | unseen | _too_wide(good)
    assert set(range(len(values))) == set(found) | set(decoded.faults)
    assert not set(found) & set(decoded.faults)
    assert {i: good[i] for i in found if i not in unseen} == {i: row for i, row in found.items() if i not in unseen}


_SOME = ("occurred_on", "items", "route", "tlp")


@settings(_SLOW, max_examples=40)
@given(data=st.data())
def test_a_few_columns_are_those_of_all(data: st.DataObject) -> None:
    """What is left out changes nothing in what is read, and a value of another length is still a fault."""
    batch = data.draw(st.lists(bodies(), min_size=1, max_size=4))
    values = [frame(ID) + codec("incident").encode(body) for body in batch]
    some = ColumnarDecoder(avro_schema("incident"), _SOME)
    assert some.decode(ID, values).columns.equals(DECODERS["incident"].decode(ID, values).columns.select(ROW, *_SOME))
    bad = data.draw(st.integers(0, len(values) - 1))
    values[bad] = data.draw(st.sampled_from([values[bad][:-1], values[bad] + b"\x00", b"", b"\x00" + values[bad]]))
    decoded = some.decode(ID, values)
    assert {bad} == set(decoded.faults)
    assert len(values) - 1 == decoded.columns.height


def test_a_column_that_the_schema_lacks_cannot_be_wanted() -> None:
    """It is named."""
    with pytest.raises(DecodeError, match="no columns weight"):
        ColumnarDecoder(avro_schema("incident"), ("tlp", "weight"))


def _too_wide(good: dict[int, dict[str, Any]]) -> set[int]:
    """Values with a number beyond the 32 bits that the schema gives it; fastavro does not look."""
    return {index for index, row in good.items() if _has_wide(row)}


def _has_wide(value: Any) -> bool:
    if isinstance(value, dict):
        return any(key not in _LONGS and _has_wide(item) for key, item in value.items())
    if isinstance(value, list):
        return any(_has_wide(item) for item in value)
    return isinstance(value, int) and not -(2**31) <= value < 2**31


_LONGS = {"admission_submission_offset", "admission_directory_offset", "size_bytes", "mass_ug"}


def _body(**fields: Any) -> dict[str, Any]:
    empty = dict.fromkeys(field["name"] for field in avro_schema("incident")["fields"])
    nothing = {"route": [], "concealment": [], "entities": [], "documents": [], "audience": ["COMMUNITY"]}
    item = dict.fromkeys(["amount_text", "unit_text", "form", "purity_pct", "identified_by", "hs_code"])
    location = dict.fromkeys(field["name"] for field in _fields("location")["fields"])
    provenance = dict.fromkeys(field["name"] for field in _fields("provenance")["fields"])
    return {
        **empty,
        **nothing,
        "incident_id": "i",
        "event_id": "e",
        "source_ref": "r",
        "revision": 1,
        "event_type": "REPORTED",
        "incident_type": "SEIZURE",
        "occurred_on": date(2020, 1, 1),
        "occurred_precision": "DAY",
        "reported_at": datetime(2020, 1, 1, tzinfo=UTC),
        "agency_id": "a",
        "location": location,
        "items": [item | {"substance_text": "fentanyl"}],
        "action_requested": "NONE",
        "tlp": "GREEN",
        "provenance": provenance | {"producer_id": "p", "sdk_version": "1"},
        **fields,
    }


def _fields(name: str) -> Any:
    return next(field["type"] for field in avro_schema("incident")["fields"] if field["name"] == name)


def test_a_length_that_runs_past_the_block_is_a_fault() -> None:
    """The trailer read as a length is an OSError in polars for about a third of all trailers; a fault here."""
    one, two = (frame(ID) + codec("incident").encode(_body(source_ref=ref)) for ref in "xy")
    for _ in range(40):
        decoded = ColumnarDecoder(avro_schema("incident")).decode(ID, [one, two[:-4]])
        assert set(decoded.faults) == {1}


def test_a_record_cut_by_five_bytes_cannot_hide_behind_its_neighbour() -> None:
    """Two values whose concatenation is as long as two good ones are still two faults, and the third is unharmed."""
    one, two, three = (frame(ID) + codec("incident").encode(_body(source_ref=ref)) for ref in "xyz")
    decoded = DECODERS["incident"].decode(ID, [one[:-5], frame(ID) + two, three])
    assert {0, 1} == set(decoded.faults)
    assert {2: flat(codec("incident").decode(three[5:]))} == rows(decoded)


def test_values_in_another_frame_are_faults() -> None:
    """A body under another schema id is not read under this one, however well it would decode."""
    body = codec("incident").encode(_body())
    decoded = DECODERS["incident"].decode(ID, [frame(ID + 1) + body, frame(ID) + body, b"", b"\x00"])
    assert {0, 2, 3} == set(decoded.faults)
    assert decoded.columns[ROW].to_list() == [1]


_SMALL = {
    "type": "record",
    "name": "Small",
    "fields": [
        {"name": "flag", "type": "boolean"},
        {"name": "number", "type": "int"},
        {"name": "on", "type": {"type": "int", "logicalType": "date"}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
        {"name": "texts", "type": {"type": "array", "items": "string"}},
    ],
}
_PARTS = {"flag": b"\x01", "number": b"\x02", "on": b"\x02", "at": b"\x02", "kind": b"\x02", "texts": b"\x02\x02y\x00"}
_WIDE, _WIDER = b"\x80\x80\x80\x80\x40", b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"
_DISPUTED = {
    "a boolean byte of 2": {"flag": b"\x02"},
    "a number beyond 32 bits": {"number": _WIDE},
    "a day beyond the year 9999": {"on": b"\xfe\xff\xff\xff\x0f"},
    "a day beyond 32 bits": {"on": _WIDE},
    "a moment beyond the year 9999": {"at": _WIDER},
    "a negative index of an enum": {"kind": b"\x01"},
    "a padded number": {"number": b"\x82\x00"},
    "an array in two blocks": {"texts": b"\x02\x02y\x02\x02z\x00"},
    "an array with its size in bytes": {"texts": b"\x01\x04\x02y\x00"},
}


@pytest.mark.parametrize("odd", _DISPUTED.values(), ids=_DISPUTED)
def test_what_readers_dispute_never_breaks_a_batch(odd: dict[str, bytes]) -> None:
    """Bytes that polars and fastavro read differently are a fault, or read as fastavro reads them; never an error."""
    strict, decoder = RecordCodec(_SMALL), ColumnarDecoder(_SMALL)
    plain, disputed = (frame(ID) + b"".join({**_PARTS, **change}.values()) for change in ({}, odd))
    decoded = decoder.decode(ID, [plain, disputed, plain])
    found = rows(decoded)
    assert found[0] == found[2] == strict.decode(plain[5:])
    assert set(decoded.faults) == {1} or found[1] == strict.decode(disputed[5:])


@pytest.mark.parametrize("odd", ["a boolean byte of 2", "a negative index of an enum", "a padded number"])
def test_only_the_one_encoding_of_a_record_is_canonical(odd: str) -> None:
    """Fastavro reads these, other readers do not agree, so they are refused where bytes enter the log."""
    body = b"".join({**_PARTS, **_DISPUTED[odd]}.values())
    RecordCodec(_SMALL).decode(body)
    with pytest.raises(DecodeError, match="not the canonical encoding"):
        RecordCodec(_SMALL).decode_canonical(body)


def test_an_empty_batch_has_the_columns_of_a_full_one() -> None:
    """Shape and types do not depend on the data."""
    decoder = DECODERS["incident"]
    full = decoder.decode(ID, [frame(ID) + codec("incident").encode(_body())]).columns.schema
    for values in ([], [b"damaged"], [b"damaged", frame(ID) + codec("incident").encode(_body())]):
        assert list(full.items()) == list(decoder.decode(ID, values).columns.schema.items())


@given(schema_id=st.integers(0, 2**32 - 1), body=st.binary(max_size=20))
def test_a_frame_is_taken_off_as_it_was_put_on(schema_id: int, body: bytes) -> None:
    """Zero, four bytes big-endian, body."""
    assert (schema_id, body) == unframe(frame(schema_id) + body)


@pytest.mark.parametrize("value", [None, b"", b"\x00\x00\x00\x01", b"\x01\x00\x00\x00\x01body"])
def test_what_has_no_frame_is_not_in_wire_format(value: bytes | None) -> None:
    """Null, too short, or with another first byte."""
    with pytest.raises(WireFormatError, match="00 and a schema id"):
        unframe(value)


@settings(_SLOW, max_examples=30)
@given(body=bodies(), data=st.data())
def test_a_body_cut_or_lengthened_does_not_decode(body: dict[str, Any], data: st.DataObject) -> None:
    """A body must be used up to its last byte, and no further."""
    encoded = codec("incident").encode(body)
    cut = encoded[: data.draw(st.integers(0, len(encoded) - 1))]
    assume(cut != encoded)
    for broken in (cut, encoded + data.draw(st.binary(min_size=1, max_size=8))):
        with pytest.raises(DecodeError):
            codec("incident").decode(broken)


@pytest.mark.parametrize(("field", "value"), [("revision", "one"), ("tlp", "WHITE"), ("items", None), ("tlp", math.pi)])
def test_a_record_that_does_not_fit_is_not_written(field: str, value: Any) -> None:
    """The error says which schema it does not fit."""
    with pytest.raises(ContractError, match="Incident"):
        codec("incident").encode(_body(**{field: value}))
