"""Identifiers, canonical JSON, digests and signed bytes: committed vectors, and what digests depend on."""

import hashlib
import json
import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.codec import RecordCodec, admitted_schema, avro_schema, enriched_schema
from schemas.compatibility import history
from schemas.dictionary import versions
from schemas.errors import IdentityError
from schemas.identity import (
    NAMESPACE,
    alert_id,
    canonical_json,
    canonical_schema,
    check_name,
    content_digest,
    event_id,
    framed,
    incident_id,
    partition_of,
    schema_fingerprint,
    signed_message,
)
from schemas.incident import Incident, validate_incident
from schemas.keys import SigningKey, key_id, verifies
from tests.strategies import bodies

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
_SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
_COMPOSED = {"admitted": admitted_schema, "enriched": enriched_schema}
FINGERPRINTS = {
    (name, version): fingerprint
    for version, key in ((1, "schema_fingerprints"), (2, "schema_fingerprints_2"))
    for name, fingerprint in VECTORS[key].items()
}
_NOT_CONTENT = {"event_id", "reported_at", "provenance"}
CONTENT = sorted(set(Incident.model_fields) - _NOT_CONTENT)

_SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
JSON_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="ascii")), inner),
    max_leaves=12,
)


def vector_body(vector: dict[str, Any] = VECTORS["incident"]) -> dict[str, Any]:
    """The incident of a vector: its JSON with dates as dates."""
    body = json.loads(json.dumps(vector["body"]))
    body["occurred_on"] = date.fromisoformat(body["occurred_on"])
    body["reported_at"] = datetime.fromisoformat(body["reported_at"])
    return validate_incident(body).body()


@pytest.mark.parametrize("vector", VECTORS["incident_ids"], ids=lambda v: v["source_ref"])
def test_incident_ids_are_the_committed_ones(vector: dict[str, Any]) -> None:
    """An id that changed would tear every history in two."""
    assert vector["incident_id"] == incident_id(vector["deployment"], vector["agency"], vector["source_ref"])


@pytest.mark.parametrize("vector", VECTORS["event_ids"], ids=lambda v: str(v["revision"]))
def test_event_ids_are_the_committed_ones(vector: dict[str, Any]) -> None:
    """A revision of an incident has one event id for ever."""
    assert vector["event_id"] == event_id(vector["incident_id"], vector["revision"])


@pytest.mark.parametrize("vector", VECTORS["alert_ids"], ids=lambda v: str(v["kind"]))
def test_alert_ids_are_the_committed_ones(vector: dict[str, Any]) -> None:
    """What an alert is about has one id for ever, in every generation; in whatever order its policies are named."""
    kind, subject, classes = vector["kind"], vector["subject"], vector["classes"]
    name = rfc8785.dumps([kind, subject, [str(class_) for class_ in sorted(classes)]]).decode()
    assert vector["alert_id"] == alert_id(kind, subject, reversed(classes)) == str(uuid.uuid5(NAMESPACE, name))


@given(parts=st.lists(st.text(), min_size=3, max_size=3))
def test_an_incident_id_is_uuid_5_of_the_canonical_json(parts: list[str]) -> None:
    """As the standard library computes it, so that any language can."""
    name = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    assert str(uuid.uuid5(NAMESPACE, rfc8785.dumps(parts).decode())) == incident_id(*parts)
    assert rfc8785.dumps(parts) == canonical_json(parts)
    assert name.count('"') >= 6


@pytest.mark.parametrize("vector", VECTORS["murmur2"], ids=lambda v: v["key"][:12])
def test_partitions_are_those_of_the_java_client(vector: dict[str, Any]) -> None:
    """The hash values are those of Kafka's own UtilsTest; the sign bit is dropped before the remainder."""
    key = vector["key"].encode()
    assert vector["hash"] & 0x7FFFFFFF == partition_of(key, 2**31)
    assert (vector["hash"] & 0x7FFFFFFF) % 12 == vector["partition_of_12"] == partition_of(key)


@pytest.mark.parametrize("vector", VECTORS["canonical_json"], ids=lambda v: v["canonical"][:20])
def test_canonical_json_is_the_committed_one(vector: dict[str, Any]) -> None:
    """Keys sorted, no spaces, shortest escapes."""
    assert vector["canonical"] == canonical_json(vector["value"]).decode()


@given(value=JSON_VALUES)
def test_canonical_json_is_rfc_8785(value: Any) -> None:
    """The same bytes as an independent implementation, for values without floating-point numbers and ASCII keys."""
    assert rfc8785.dumps(value) == canonical_json(value)


def test_moments_are_written_in_one_way() -> None:
    """UTC with Z; the fraction only where there is one."""
    moment = datetime(2024, 2, 29, 12, 0, 0, 5000, tzinfo=UTC)
    value = {"at": moment, "on": date(2024, 2, 29), "whole": moment.replace(microsecond=0)}
    expected = '{"at":"2024-02-29T12:00:00.005000Z","on":"2024-02-29","whole":"2024-02-29T12:00:00Z"}'
    assert expected == canonical_json(value).decode()


@pytest.mark.parametrize("value", ["\ud800", 2**64, object()])
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    """Half of a surrogate pair, an integer beyond 64 bits, anything that is no JSON."""
    with pytest.raises(IdentityError):
        canonical_json([value])


@pytest.mark.parametrize("version", [1, 2])
def test_the_vector_incidents_have_the_committed_digests_and_bytes(version: int) -> None:
    """Body, digest, signed message and signature, from end to end, of each version; the second one is delegated."""
    vector = VECTORS["incident" if version == 1 else "incident_2"]
    body = vector_body(vector)
    encoded = RecordCodec(history("incident")[version]).encode(body)
    assert vector["avro"] == encoded.hex()
    assert vector["content_digest"] == content_digest(body)
    message = signed_message(vector["deployment"], body["event_type"], vector["schema_fingerprint"], encoded)
    assert vector["signed_digest"] == hashlib.sha256(message).hexdigest()
    key = SigningKey(bytes.fromhex(VECTORS["key"]["seed"]))
    assert vector["signature"] == key.sign(message).hex()
    assert verifies(key.public, message, bytes.fromhex(vector["signature"]))


def test_the_vector_key_has_the_committed_name() -> None:
    """A key id is the beginning of the SHA-256 of the public key; seed and public key are RFC 8032, 7.1, TEST 1."""
    vector = VECTORS["key"]
    key = SigningKey(bytes.fromhex(vector["seed"]))
    assert vector["public"] == key.public.hex()
    assert vector["key_id"] == key.key_id == key_id(key.public)
    assert vector["signature_of_empty"] == key.sign(b"").hex()


@pytest.mark.parametrize("vector", VECTORS["signed_messages"], ids=lambda v: v["event_type"])
def test_signed_messages_are_the_committed_bytes(vector: dict[str, Any]) -> None:
    """Tag, deployment, event type, fingerprint and body, each with its length before it."""
    body = bytes.fromhex(vector["body"])
    message = signed_message(vector["deployment"], vector["event_type"], vector["fingerprint"], body)
    assert vector["message"] == message.hex()


@given(one=st.lists(st.binary(max_size=5), max_size=4), two=st.lists(st.binary(max_size=5), max_size=4))
def test_framed_parts_cannot_be_shifted(one: list[bytes], two: list[bytes]) -> None:
    """Different parts never give the same bytes."""
    assert (one == two) == (framed(*one) == framed(*two))


@pytest.mark.parametrize(("name", "version"), list(FINGERPRINTS))
def test_schema_fingerprints_are_the_committed_ones(name: str, version: int) -> None:
    """A schema that changed without a new version in its history would break every signature under it."""
    schema = versions(name)[version - 1]
    assert FINGERPRINTS[name, version] == schema_fingerprint(schema)
    assert schema_fingerprint(canonical_schema(schema).decode()) == schema_fingerprint(schema)


@pytest.mark.parametrize("name", ["incident", *_COMPOSED])
def test_the_last_committed_fingerprint_is_that_of_the_current_schema(name: str) -> None:
    """And none of an earlier version was forgotten."""
    current = _COMPOSED[name]() if name in _COMPOSED else avro_schema(name)
    assert schema_fingerprint(current) == FINGERPRINTS[name, len(versions(name))]


def test_a_digest_does_not_depend_on_the_version_of_the_schema() -> None:
    """What an older SDK reported is the same content when a newer one reports it again."""
    first, second = (RecordCodec(schema) for schema in versions("incident"))
    body = vector_body()
    assert content_digest(first.decode(first.encode(body))) == content_digest(second.decode(second.encode(body)))


def test_documentation_does_not_change_a_fingerprint_but_a_default_does() -> None:
    """Avro's Parsing Canonical Form would drop defaults."""
    schema = avro_schema("decision")
    fields = schema["fields"]
    undocumented = {**schema, "doc": "other", "fields": [{**field, "doc": "other"} for field in fields]}
    without_defaults = {**schema, "fields": [{k: v for k, v in f.items() if k != "default"} for f in fields]}
    assert schema_fingerprint(schema) == schema_fingerprint(undocumented)
    assert schema_fingerprint(schema) != schema_fingerprint(without_defaults)


@settings(_SLOW, max_examples=25)
@given(body=bodies(), other=bodies())
def test_a_digest_ignores_what_is_no_content(body: dict[str, Any], other: dict[str, Any]) -> None:
    """The same content reported again, later, by another producer, has the same digest."""
    again = body | {name: other[name] for name in _NOT_CONTENT}
    assert content_digest(body) == content_digest(again)


@settings(_SLOW, max_examples=25)
@given(body=bodies())
def test_a_digest_ignores_null_empty_and_default(body: dict[str, Any]) -> None:
    """A writer schema that lacks a field, and one that has it empty, give one digest."""
    sparse = _sparse(body)
    if sparse["action_requested"] == "NONE":
        del sparse["action_requested"]
    padded = body | {"a_later_field": None, "a_later_list": [], "a_later_record": {"text": "", "list": []}}
    assert content_digest(body) == content_digest(sparse) == content_digest(padded)


def _sparse(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sparse(item) for name, item in value.items() if item not in (None, [], "")}
    return [_sparse(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", CONTENT)
@settings(_SLOW, max_examples=4)
@given(body=bodies())
def test_a_digest_changes_with_every_field_of_content(name: str, body: dict[str, Any]) -> None:
    """No field can be altered unseen."""
    old = body[name]
    if isinstance(old, list):
        new: Any = [*old, old[0] if old else "more"]
    elif isinstance(old, dict):
        new = old | {"country": "other" if old.get("country") != "other" else "another"}
    else:
        new = f"{old}-changed"
    assert content_digest(body) != content_digest(body | {name: new})


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a" * 64, "a\n", "ä", "a b"])
def test_names_have_one_form(name: str) -> None:
    """What is in topic names and signed bytes is plain."""
    with pytest.raises(IdentityError, match="agency"):
        check_name("agency", name)
    assert check_name("agency", "a" * 63) == "a" * 63
