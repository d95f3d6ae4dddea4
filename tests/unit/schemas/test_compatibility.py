"""Evolution: no schema may break readers or writers of any version that was ever published."""

import copy
import io
from importlib.resources import files
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import RecordCodec, avro_schema
from schemas.compatibility import check_compatible, history
from schemas.errors import IncompatibleSchemaError
from tests.strategies import from_schema

NAMES = sorted(path.name[:-5] for path in (files("schemas") / "avro").iterdir() if path.name.endswith(".avsc"))
PAIRS = [(name, number) for name in NAMES for number in history(name)]


def _read_as(writer: Any, reader: Any, record: Any) -> Any:
    body = RecordCodec(writer).encode(record)
    parsed = [fastavro.parse_schema(copy.deepcopy(schema)) for schema in (writer, reader)]
    return fastavro.schemaless_reader(io.BytesIO(body), *parsed)


def _field(schema: Any, name: str) -> Any:
    return next(field for field in schema["fields"] if field["name"] == name)


def _changed(change: Any) -> Any:
    schema = copy.deepcopy(avro_schema("incident"))
    change(schema)
    return schema


def test_every_schema_has_a_history_that_begins_at_1() -> None:
    """A schema without a history would be guarded by nothing."""
    assert dict.fromkeys(NAMES, 1) == {name: min(history(name)) for name in NAMES}


@pytest.mark.parametrize(("name", "number"), PAIRS)
def test_every_schema_keeps_the_rules_towards_each_of_its_versions(name: str, number: int) -> None:
    """The gate holds in both directions for all versions, not only for the last one."""
    check_compatible(avro_schema(name), history(name)[number])
    check_compatible(history(name)[number], avro_schema(name))


@pytest.mark.parametrize(("name", "number"), PAIRS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_every_version_reads_what_every_other_wrote(name: str, number: int, data: st.DataObject) -> None:
    """Schema resolution carries every shared field over unchanged, in both directions."""
    now, then = avro_schema(name), history(name)[number]
    for writer, reader in ((now, then), (then, now)):
        record = data.draw(from_schema(writer))
        read = _read_as(writer, reader, record)
        shared = {f["name"] for f in writer["fields"]} & {f["name"] for f in reader["fields"]}
        assert {key: record[key] for key in shared} == {key: read[key] for key in shared}


@settings(max_examples=8, deadline=None)
@given(record=from_schema(avro_schema("incident")))
def test_a_field_with_a_default_may_come_and_go(record: dict[str, Any]) -> None:
    """The gate lets it pass, and readers of both versions get along."""
    grown = _changed(lambda s: s["fields"].append({"name": "note", "type": ["null", "string"], "default": None}))
    check_compatible(grown, avro_schema("incident"))
    check_compatible(avro_schema("incident"), grown)
    assert record | {"note": None} == _read_as(avro_schema("incident"), grown, record)
    assert record == _read_as(grown, avro_schema("incident"), record | {"note": "new"})


BREAKING = {
    "a field is added without a default": lambda s: s["fields"].append({"name": "note", "type": "string"}),
    "a field without a default is removed": lambda s: s["fields"].remove(_field(s, "source_ref")),
    "a field is renamed": lambda s: _field(s, "source_ref").update(name="reference"),
    "a type is changed": lambda s: _field(s, "source_ref").update(type="bytes"),
    "a type is promoted": lambda s: _field(s, "revision").update(type="long"),
    "a logical type is dropped": lambda s: _field(s, "occurred_on").update(type="int"),
    "null is no longer allowed": lambda s: _field(s, "narrative").update(type="string", default=""),
    "null is now allowed": lambda s: _field(s, "source_ref").update(type=["null", "string"]),
    "a default is taken away": lambda s: _field(s, "narrative").pop("default"),
    "an enum gains a symbol": lambda s: _field(s, "tlp")["type"]["symbols"].append("WHITE"),
    "an enum loses a symbol": lambda s: _field(s, "tlp")["type"]["symbols"].remove("CLEAR"),
    "the symbols of an enum change places": lambda s: _field(s, "tlp")["type"]["symbols"].reverse(),
    "a nested field is removed": lambda s: _field(s, "items")["type"]["items"]["fields"].pop(0),
    "a nested record is renamed": lambda s: _field(s, "location")["type"].update(name="Place"),
    "a record within a union changes": lambda s: _field(s, "shipment")["type"][1]["fields"][0].update(type="string"),
}


@pytest.mark.parametrize("change", BREAKING.values(), ids=BREAKING)
def test_a_breaking_change_is_refused(change: Any) -> None:
    """Whatever breaks a reader or a writer, at any depth, is named and refused."""
    with pytest.raises(IncompatibleSchemaError, match="Incident"):
        check_compatible(_changed(change), avro_schema("incident"))
