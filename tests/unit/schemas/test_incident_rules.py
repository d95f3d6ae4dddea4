"""The rules of an incident: each refuses with its code and the path of the field."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from schemas.codes import codes
from schemas.errors import InvalidIncidentError
from schemas.incident import validate_content, validate_incident
from tests.strategies import bodies, contents
from tests.unit.schemas.test_identity import vector_body

AMENDED = {
    "event_type": "AMENDED",
    "revision": 3,
    "reason": "weighed again",
    "provenance": {"producer_id": "p", "sdk_version": "1", "previous_revision": 2, "previous_digest": "0" * 64},
}


def _with(path: str, value: Any) -> dict[str, Any]:
    """A good incident with one field replaced, such as ``location.country`` or ``items.0.form``."""
    body = vector_body()
    node: Any = body
    *above, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in above:
        node = node[part]
    node[last] = value
    return body


REFUSED = [
    ("tlp", "RED", "TLP_AUDIENCE", "tlp"),
    ("tlp", "AMBER_STRICT", "TLP_AUDIENCE", "tlp"),
    ("audience", ["country:NZL"], "TLP_AUDIENCE", "tlp"),
    ("audience", ["COMMUNITY", "country:NZL"], "AUDIENCE_FORM", "audience"),
    ("audience", [], "MISSING", "audience"),
    ("audience", ["everybody"], "AUDIENCE_FORM", "audience[0]"),
    ("audience", ["country:nzl"], "AUDIENCE_FORM", "audience[0]"),
    ("audience", ["group:-x"], "AUDIENCE_FORM", "audience[0]"),
    ("audience", ["COMMUNITY\n"], "AUDIENCE_FORM", "audience[0]"),
    ("handling", "H3", "HANDLING_TEXT", "handling_text"),
    ("handling", "H9", "UNLISTED_CODE", "handling"),
    ("occurred_on", date(1899, 12, 31), "DATE_RANGE", "occurred_on"),
    ("occurred_precision", "MONTH", "DATE_PRECISION", "occurred_on"),
    ("occurred_precision", "YEAR", "DATE_PRECISION", "occurred_on"),
    ("occurred_precision", "HOUR", "FORM", "occurred_precision"),
    ("items", [], "MISSING", "items"),
    ("items.0.substance_text", "", "FORM", "items[0].substance_text"),
    ("items.0.substance_text", "a\x00b", "NUL", "items[0].substance_text"),
    ("items.0.substance_text", "x" * 1001, "FORM", "items[0].substance_text"),
    ("items.1.form", "GAS_CLOUD", "UNLISTED_CODE", "items[1].form"),
    ("items.0.identified_by", "GUESS", "UNLISTED_CODE", "items[0].identified_by"),
    ("items.0.purity_pct", "100.1", "NOT_A_PERCENTAGE", "items[0].purity_pct"),
    ("items.0.purity_pct", "-1", "NOT_A_PERCENTAGE", "items[0].purity_pct"),
    ("items.0.purity_pct", "NaN", "NOT_A_DECIMAL", "items[0].purity_pct"),
    ("items.0.purity_pct", "1_0", "NOT_A_DECIMAL", "items[0].purity_pct"),
    ("items.0.purity_pct", "١٢", "NOT_A_DECIMAL", "items[0].purity_pct"),
    ("items.0.purity_pct", "71,5", "NOT_A_DECIMAL", "items[0].purity_pct"),
    ("items.0.hs_code", "29", "FORM", "items[0].hs_code"),
    ("shipment", {"declared_value": "1E999999999"}, "NOT_A_DECIMAL", "shipment.declared_value"),
    ("shipment", {"declared_value": "Infinity"}, "NOT_A_DECIMAL", "shipment.declared_value"),
    ("shipment", {"status": "LOST"}, "UNLISTED_CODE", "shipment.status"),
    ("location.latitude_udeg", None, "HALF_A_POSITION", "location"),
    ("location.longitude_udeg", None, "HALF_A_POSITION", "location"),
    ("location.latitude_udeg", 90_000_001, "FORM", "location.latitude_udeg"),
    ("location.longitude_udeg", -180_000_001, "FORM", "location.longitude_udeg"),
    ("location.country", "nz", "FORM", "location.country"),
    ("location.country", "NZL\n", "FORM", "location.country"),
    ("location.place_type", "9", "UNLISTED_CODE", "location.place_type"),
    ("location.installation", "MOON", "UNLISTED_CODE", "location.installation"),
    ("route.0.role", "RETURN", "UNLISTED_CODE", "route[0].role"),
    ("route.0.asserted_by", "RUMOUR", "UNLISTED_CODE", "route[0].asserted_by"),
    ("concealment", [{"code": "NOWHERE"}], "UNLISTED_CODE", "concealment[0].code"),
    ("entities", [{"kind": "PERSON", "name": "x", "role": "SENDER"}], "UNLISTED_CODE", "entities[0].kind"),
    ("documents", [{"media_type": "a/b", "sha256": "0", "size_bytes": 1}], "FORM", "documents[0].sha256"),
    ("incident_type", "PARTY", "UNLISTED_CODE", "incident_type"),
    ("routing_direction", "UP", "UNLISTED_CODE", "routing_direction"),
    ("transport_mode", "TELEPORT", "UNLISTED_CODE", "transport_mode"),
    ("carrier_type", "X", "UNLISTED_CODE", "carrier_type"),
    ("trafficking_channel", "X", "UNLISTED_CODE", "trafficking_channel"),
    ("action_requested", "RUN", "UNLISTED_CODE", "action_requested"),
    ("reliability", "Z", "UNLISTED_CODE", "reliability"),
    ("credibility", "9", "UNLISTED_CODE", "credibility"),
    ("act_before", datetime(2024, 1, 1), "NO_TIME_ZONE", "act_before"),  # noqa: DTZ001  # that is the fault
    ("act_before", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "DATE_RANGE", "act_before"),
    ("operation_id", "Big Operation", "FORM", "operation_id"),
    ("source_ref", " \t", "BLANK", "source_ref"),
    ("source_ref", "a\x00", "NUL", "source_ref"),
    ("source_ref", "x" * 201, "FORM", "source_ref"),
    ("incident_id", "not-a-uuid", "FORM", "incident_id"),
    ("revision", 0, "FORM", "revision"),
    ("revision", 2**31, "FORM", "revision"),
    ("revision", 2, "REVISION", "revision"),
    ("event_type", "AMENDED", "REVISION", "revision"),
    ("provenance.previous_revision", 1, "PREVIOUS", "provenance.previous_digest"),
    ("surprise", 1, "UNKNOWN_FIELD", "surprise"),
    ("delegation", {"audience": ["COMMUNITY"], "tlp": "GREEN"}, "DELEGATION_AUDIENCE", "audience"),
    ("delegation", {"audience": ["COMMUNITY"], "tlp": "RED"}, "TLP_AUDIENCE", "delegation.tlp"),
    ("delegation", {"audience": [], "tlp": "RED"}, "MISSING", "delegation.audience"),
    ("delegation", {"audience": ["everybody"], "tlp": "RED"}, "AUDIENCE_FORM", "delegation.audience[0]"),
]


@pytest.mark.parametrize(
    ("path", "value", "code", "where"), REFUSED, ids=[f"{r[0]}-{r[2]}-{i}" for i, r in enumerate(REFUSED)]
)
def test_a_rule_refuses_with_its_code_and_path(path: str, value: Any, code: str, where: str) -> None:
    """The same incident without that one change is accepted, so nothing else can have refused it."""
    validate_incident(vector_body())
    with pytest.raises(InvalidIncidentError) as caught:
        validate_incident(_with(path, value))
    assert (code, where) == (caught.value.code, caught.value.path)


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"reason": None}, "REASON", "reason"),
        ({"event_type": "REPORTED"}, "REVISION", "revision"),
        ({"revision": 1}, "REVISION", "revision"),
        ({"provenance": {"producer_id": "p", "sdk_version": "1"}}, "PREVIOUS", "provenance.previous_digest"),
        (
            {"provenance": AMENDED["provenance"] | {"previous_revision": 3}},
            "PREVIOUS",
            "provenance.previous_digest",
        ),
        (
            {"provenance": AMENDED["provenance"] | {"previous_digest": None}},
            "PREVIOUS",
            "provenance.previous_digest",
        ),
        (
            {"provenance": AMENDED["provenance"] | {"previous_digest": "A" * 64}},
            "FORM",
            "provenance.previous_digest",
        ),
    ],
)
def test_a_later_revision_says_why_and_what_it_follows(change: dict[str, Any], code: str, where: str) -> None:
    """Amending and withdrawing need a reason, and number and digest of a revision below."""
    amended = vector_body() | AMENDED
    validate_incident(amended)
    with pytest.raises(InvalidIncidentError) as caught:
        validate_incident(amended | change)
    assert (code, where) == (caught.value.code, caught.value.path)


@pytest.mark.parametrize("name", ["incident_id", "agency_id", "tlp", "audience", "items", "provenance", "location"])
def test_a_missing_field_is_named(name: str) -> None:
    """What is required and not there is MISSING."""
    body = vector_body()
    del body[name]
    with pytest.raises(InvalidIncidentError) as caught:
        validate_incident(body)
    assert ("MISSING", name) == (caught.value.code, caught.value.path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(body=bodies(), content=contents())
def test_what_is_within_the_rules_is_accepted(body: dict[str, Any], content: dict[str, Any]) -> None:
    """Every field in any script; null, empty and listed values stay distinct; the body is given back as it came."""
    assert body == validate_incident(body).body()
    assert content == validate_content(content).model_dump()


@pytest.mark.parametrize(
    ("tlp", "audience"), [("AMBER", ["country:NZL"]), ("AMBER", ["COMMUNITY"]), ("RED", ["agency:a"])]
)
def test_only_a_community_incident_is_one(tlp: str, audience: list[str]) -> None:
    """The audience alone decides."""
    incident = validate_incident(vector_body() | {"tlp": tlp, "audience": audience})
    assert (audience == ["COMMUNITY"]) is incident.is_community


def test_a_reference_is_composed_and_trimmed() -> None:
    """The same reference typed on another keyboard names the same incident."""
    incident = validate_incident(vector_body() | {"source_ref": " Cafe\u0301 1\n"})
    assert incident.source_ref == "Caf\u00e9 1"


def test_moments_are_milliseconds_in_utc() -> None:
    """What Avro holds is what the rules saw."""
    moment = datetime(2024, 1, 1, 14, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=13)))
    incident = validate_incident(vector_body() | {"reported_at": moment})
    assert incident.reported_at == datetime(2024, 1, 1, 1, 0, 0, 123_000, tzinfo=UTC)


@pytest.mark.parametrize("name", ["routing_direction", "transport_mode", "carrier_type", "trafficking_channel", "form"])
def test_an_optional_list_can_say_unknown_and_other(name: str) -> None:
    """Not known, something else, and not said are three things."""
    assert {"UNKNOWN", "OTHER"} <= codes(name)
    assert "" not in codes(name)
