"""What the secretariat publishes of a delegated report: nothing of its owner is left."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from producers import IncidentBuilder
from producers.delegated import ASKED, COUNTRY, KEPT, LEFT_OUT, PLAN, content_of, draft_of
from schemas.codec import codec
from schemas.errors import InvalidIncidentError
from schemas.identity import event_id, incident_id
from schemas.incident import (
    Concealment,
    Entity,
    Incident,
    IncidentContent,
    Item,
    Location,
    RouteLeg,
    Shipment,
    Tlp,
    validate_incident,
)
from schemas.keys import SigningKey
from tests.strategies import bodies

MARK, OWNER, COUNTRY_OF_OWNER = "ZQMARKQZ", "zqmark-agency", "ZQM"
NUMBERS = {"latitude_udeg": 12_345_678, "longitude_udeg": 87_654_321, "accuracy_m": 7_654_321, "size_bytes": 76_543_210}
HASH = "feedfacecafebeef" * 4
MODELS: dict[str, type[BaseModel]] = {
    "": IncidentContent,
    "location": Location,
    "items": Item,
    "route": RouteLeg,
    "concealment": Concealment,
    "shipment": Shipment,
    "entities": Entity,
}
SHARED = {"audience": ["COMMUNITY"], "tlp": "GREEN"}
# Codes, dates and decimals that say what it was and how it went.
HARMLESS = {
    *("incident_type", "occurred_on", "occurred_precision", "role", "asserted_by", "form", "purity_pct", "hs_code"),
    *("identified_by", "transport_mode", "carrier_type", "code", "trafficking_channel", "status", "action_requested"),
    *("act_before", "kind", "handling", "reliability", "credibility", "routing_direction", "place_type"),
    *("installation", "expected_on", "event_type", "revision", "reported_at"),
}
FORMS: dict[str, Any] = NUMBERS | {
    "country": COUNTRY_OF_OWNER,
    "locode": "ZQMQZ",
    "expected_locode": "ZQMQZ",
    "subdivision": "ZQ-MQZ",
    "iata": "ZQM",
    "declared_currency": "ZQM",
    "declared_value": "76543210.5",
    "language": "zqmarkqz",
    "place_language": "zqmarkqz",
    "operation_id": "zqmark",
    "media_type": f"{MARK}/x",
    "sha256": HASH,
}
_SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def _marked(value: Any, name: str = "") -> Any:
    """The value with a mark in each field that could tell of the owner, in a form that the field can hold."""
    if isinstance(value, dict):
        return {key: _marked(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_marked(each, name) for each in value]
    if value is None or name in HARMLESS:
        return value
    return FORMS.get(name, f"{MARK} {value}"[:999])


@st.composite
def _delegated(draw: st.DrawFn) -> Incident:
    """A delegated report full of what would tell whose it is."""
    drawn = draw(bodies(OWNER, COUNTRY_OF_OWNER))
    stated, reference = _marked(drawn), f"{MARK}-{drawn['source_ref']}"
    id_ = incident_id("dev-test", OWNER, reference)
    stated |= {"agency_id": OWNER, "reporting_country": COUNTRY_OF_OWNER, "source_ref": reference}
    stated |= {"incident_id": id_, "event_id": event_id(id_, stated["revision"])}
    stated |= {"delegation": SHARED, "audience": ["agency:hq"], "tlp": "RED"}
    stated["provenance"] = drawn["provenance"] | {"producer_id": MARK, "importer": MARK}
    if stated["event_type"] == "WITHDRAWN":
        stated["event_type"] = "AMENDED"
    return validate_incident(stated)


def _fragments(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for each in value.values() for one in _fragments(each)]
    if isinstance(value, list):
        return [one for each in value for one in _fragments(each)]
    return [str(value)]


@settings(_SLOW, max_examples=100)
@given(delegated=_delegated(), replaced=st.booleans())
def test_nothing_of_the_owner_is_in_the_published_bytes(delegated: Incident, *, replaced: bool) -> None:
    """Neither as text nor as a number, whatever it had filled in; every other text is one that somebody gave."""
    texts = draft_of(delegated).texts
    answers = {path: _other(path) if replaced or path.endswith("substance_text") else None for path in texts}
    if delegated.handling == "H3":
        answers["handling_text"] = "as agreed"
    content = content_of(delegated, answers, "SECRETARIAT")
    key = SigningKey(bytes(32))
    moment = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    builder = IncidentBuilder("dev-test", "hq", None, key, "desk", lambda: moment, lambda size: b"\x01" * size)
    submission, envelope = builder.report(content)
    plain = envelope.body.lower()
    for mark in (MARK, "zqmark", COUNTRY_OF_OWNER, "ZQ-MQZ", "ZQMQZ", HASH, "76543210", delegated.incident_id):
        assert mark.lower().encode() not in plain
    found = _fragments(codec("incident").decode(envelope.body))
    assert not {str(number) for number in NUMBERS.values()} & set(found)
    assert (submission.incident.agency_id, submission.incident.reporting_country) == ("hq", None)
    assert submission.incident.contact_id == "SECRETARIAT"
    assert not content.documents
    if content.occurred_on.day != 1 or (content.act_before and content.act_before.minute):
        raise AssertionError("the times are not rounded")


def _other(path: str) -> str:
    if path.endswith("country"):
        return "NLD"
    return "operation-x" if path == "operation_id" else "other words"


@pytest.mark.parametrize("part", MODELS)
def test_the_plan_says_of_every_field_what_becomes_of_it(part: str) -> None:
    """A field that is added to an incident must be thought of here; until then it is left out."""
    plan = PLAN[part] if part else PLAN
    plan = plan[0] if isinstance(plan, list) else plan
    assert set(MODELS[part].model_fields) == set(plan)
    fates = {fate for fate in plan.values() if isinstance(fate, str)}
    assert fates <= {KEPT, ASKED, COUNTRY, LEFT_OUT}


def _report(**fields: Any) -> Incident:
    id_ = incident_id("dev-test", OWNER, "r")
    stated = {
        "incident_id": id_,
        "event_id": event_id(id_, 1),
        "source_ref": "r",
        "revision": 1,
        "event_type": "REPORTED",
        "incident_type": "SEIZURE",
        "occurred_on": date(2026, 3, 14),
        "act_before": datetime(2026, 3, 20, 15, 59, 30, tzinfo=UTC),
        "reported_at": datetime(2026, 3, 15, tzinfo=UTC),
        "reporting_country": "FJI",
        "agency_id": OWNER,
        "location": {"country": "FJI", "place_text": "Suva"},
        "items": [{"substance_text": "MDMA", "form": "TABLET"}, {"substance_text": "ketamine"}],
        "route": [{"role": "DEPARTURE", "country": "NLD"}, {"role": "DESTINATION", "country": "FJI"}],
        "entities": [{"kind": "COMPANY", "name": "Acme", "role": "SENDER", "country": "NLD"}],
        "tlp": "RED",
        "audience": ["agency:hq"],
        "delegation": {"audience": ["country:NLD", "country:AUS"], "tlp": "AMBER"},
        "provenance": {"producer_id": "desk", "sdk_version": "1"},
    }
    return validate_incident(stated | fields)


ANSWERS = {
    "location.country": None,
    "location.place_text": None,
    "items[0].substance_text": "MDMA",
    "items[1].substance_text": "ketamine",
    "route[1].country": None,
    "entities[0].name": None,
}


def test_what_is_about_the_substance_and_its_way_is_kept() -> None:
    """Coarser in time; of a leg or a company nothing is left where nothing may be said."""
    found = content_of(_report(), ANSWERS, "DESK").model_dump(exclude_defaults=True, mode="json")
    assert found == {
        "incident_type": "SEIZURE",
        "occurred_on": "2026-03-01",
        "occurred_precision": "MONTH",
        "act_before": "2026-03-20T15:00:00Z",
        "location": {},
        "items": [{"substance_text": "MDMA", "form": "TABLET"}, {"substance_text": "ketamine"}],
        "route": [{"role": "DEPARTURE", "country": "NLD"}],
        "audience": ["country:NLD", "country:AUS"],
        "tlp": "AMBER",
        "contact_id": "DESK",
    }


def test_the_draft_shows_each_text_once_and_what_is_left_out() -> None:
    """The owner's country too, wherever it stands, and nowhere in what is kept."""
    draft = draft_of(_report(source_system="registry", language="fj"))
    assert set(ANSWERS) == set(draft.texts)
    assert draft.texts["location.country"] == "FJI"
    assert {"source_system", "language"} <= set(draft.left_out)
    assert "FJI" not in _fragments(draft.content)


def _raises(code: str, path: str, incident: Incident, answers: dict[str, Any] = ANSWERS, **options: Any) -> None:
    with pytest.raises(InvalidIncidentError) as caught:
        content_of(incident, answers, "DESK", **options)
    assert (code, path) == (caught.value.code, caught.value.path)


def test_no_text_goes_out_unseen() -> None:
    """Each has an answer, and each answer has its question."""
    _raises("UNANSWERED", "entities[0].name", _report(), {k: v for k, v in ANSWERS.items() if k != "entities[0].name"})
    _raises("NO_QUESTION", "narrative", _report(), ANSWERS | {"narrative": "a tale"})
    _raises("NO_QUESTION", "agency_id", _report(), ANSWERS | {"agency_id": "other"})
    _raises("MISSING", "items[0].substance_text", _report(), ANSWERS | {"items[0].substance_text": None})


def test_nobody_gets_more_than_the_owner_allows() -> None:
    """Fewer and stricter is the secretariat's to choose."""
    _raises("WIDER", "audience", _report(), audience=["country:NLD", "country:NZL"])
    _raises("WIDER", "audience", _report(), audience=["COMMUNITY"])
    _raises("WIDER", "tlp", _report(delegation={"audience": ["country:NLD"], "tlp": "RED"}), tlp=Tlp.AMBER)
    narrow = content_of(_report(), ANSWERS, "DESK", audience=["country:AUS"], tlp=Tlp.RED)
    assert (narrow.audience, narrow.tlp) == (["country:AUS"], Tlp.RED)
    wide = _report(delegation=SHARED)
    assert content_of(wide, ANSWERS, "DESK").tlp is Tlp.GREEN
    assert content_of(wide, ANSWERS, "DESK", audience=["group:lab"], tlp=Tlp.AMBER).audience == ["group:lab"]


def test_only_what_is_delegated_and_stands_is_published() -> None:
    """Not another report, nor one that its owner took back."""
    _raises("NOT_DELEGATED", "delegation", _report(delegation=None))
    later = {"revision": 2, "event_type": "WITHDRAWN", "reason": "flour"}
    later["event_id"] = event_id(incident_id("dev-test", OWNER, "r"), 2)
    known = {"producer_id": "desk", "sdk_version": "1", "previous_revision": 1, "previous_digest": "0" * 64}
    _raises("WITHDRAWN", "event_type", _report(**later, provenance=known))
