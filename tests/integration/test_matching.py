"""One seizure reported by two agencies, in two languages and two units, on real parts: from report() to the views."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from deploy.agencies import add_agencies
from deploy.generations import caught_up
from producers import IncidentProducer
from projections.digest import digests
from projections.feed import feed
from projections.queries import list_links, timeline
from projections.viewing import viewing
from schemas.case import CaseVersion
from schemas.directory import Agency
from schemas.settings import Settings
from stream_processors.match import bind_model, shipped_model
from stream_processors.reference import Reference
from tests.integration.exchange import until
from tests.integration.generations import own_generation
from tests.running import Running

pytestmark = pytest.mark.stack

_GENERATION = 98
_SUBSTANCE = "carfentanil"
_SUBSTANCE_ID = Reference.load().substance(_SUBSTANCE).substance_id
_CUSTOMS: dict[str, Any] = {
    "incident_type": "SEIZURE",
    "occurred_on": date(2026, 2, 11),
    "location": {"country": "KAZ", "place_text": "BCP Auyl"},
    "items": [{"substance_text": _SUBSTANCE, "amount_text": "4.53856", "unit_text": "kg"}],
    "route": [{"role": "DEPARTURE", "country": "RUS"}],
    "transport_mode": "ROAD",
    "audience": ["COMMUNITY"],
    "tlp": "AMBER",
    "action_requested": "HOLD",
}
_POLICE: dict[str, Any] = {
    "incident_type": "SEIZURE",
    "occurred_on": date(2026, 2, 11),
    "location": {"country_text": "Казахстан", "place_text": "пункт пропуска «Аул»"},
    "items": [{"substance_text": "карфентанил", "amount_text": "4538.56", "unit_text": "грамм"}],
    "audience": ["COMMUNITY"],
    "tlp": "AMBER",
}


@pytest.fixture(scope="module")
def ours(running: Running) -> Iterator[Settings]:
    """A generation with all of its stages at work."""
    settings = running.settings
    add_agencies(settings, [Agency(id_, id_, "CUSTOMS", "KAZ") for id_ in ("match-customs", "match-police")])
    bind_model(settings, _GENERATION, shipped_model())
    names = "admit", "enrich", "match", "cases", "project", "members", "alert"
    with own_generation(settings, _GENERATION, *names) as found:
        yield found


def _totals(settings: Settings) -> tuple[int, int]:
    """Seizures of the substance, and how often they were reported."""
    with (
        psycopg.connect(settings.require("reader_url"), autocommit=True) as connection,
        viewing(connection, settings.generation, settings.acting_as()) as viewed,
    ):
        rows = timeline(viewed, settings.generation, substance_id=_SUBSTANCE_ID, since="2026-02", until="2026-02")
    return sum(row["incidents"] for row in rows), sum(row["reported"] for row in rows)


def _cases(settings: Settings, incident_id: str) -> list[CaseVersion]:
    versions = [event.case for event in feed(settings, kind="case", follow=False)]
    return [case for case in versions if incident_id == case.case_id]


def test_two_reports_of_one_seizure_become_a_case_and_count_once(ours: Settings) -> None:
    """Linked with reasons, one case with a canonical incident, one seizure in the timeline; all taken back again."""
    with (
        IncidentProducer("match-customs", reporting_country="KAZ", settings=ours) as customs,
        IncidentProducer("match-police", reporting_country="KAZ", settings=ours) as police,
        psycopg.connect(ours.require("database_url"), autocommit=True) as writer,
    ):
        first = customs.report(_CUSTOMS)
        assert customs.wait(first, 60).outcome == "ACCEPTED"
        until(lambda: _totals(ours) == (1, 1))
        until(lambda: caught_up(ours))  # with what other tests have left in the log
        alone = digests(writer, _GENERATION, as_if_never=True)

        second = police.report(_POLICE)
        receipt = police.wait(second, 60)
        until(lambda: _totals(ours) == (1, 2))

        ids = {first.incident.incident_id, second.incident.incident_id}
        (case,) = [version for id_ in ids for version in _cases(ours, id_)]
        assert {member.incident_id for member in case.members} == ids
        assert {member.canonical_id for member in case.members} == {first.incident.incident_id}
        with (
            psycopg.connect(ours.require("reader_url"), autocommit=True) as connection,
            viewing(connection, _GENERATION, ours.acting_as()) as viewed,
        ):
            (link,) = list_links(viewed, _GENERATION, incident_id=first.incident.incident_id)
        assert (link["kind"], link["outcome"], link["urgent"]) == ("DUPLICATE", "LINKED", True)
        assert {"amount", "substance", "date", "country"} <= {reason["field"] for reason in link["reasons"]}

        police.withdraw(second.incident, receipt, reason="it is the customs' seizure")
        until(lambda: _totals(ours) == (1, 1))
        until(lambda: [bool(version.members) for version in _cases(ours, case.case_id)] == [True, False])
        until(lambda: _of_aggregates(digests(writer, _GENERATION, as_if_never=True)) == _of_aggregates(alone))


def _of_aggregates(found: dict[str, str]) -> dict[str, str]:
    """Of tables that hold no history of links and cases."""
    return {name: digest for name, digest in found.items() if name not in ("link", "case", "match_key")}
