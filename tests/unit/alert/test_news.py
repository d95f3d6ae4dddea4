"""What is new: substances, names, routes."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from stream_processors.alert.facts import Revised
from stream_processors.alert.finding import Finding
from tests.unit.alert.world import NOON, facts, report, told
from tests.unit.match.worlds import incident_id

pytestmark = pytest.mark.usefixtures("short_history")


def _of(*substances: str) -> dict[str, Any]:
    return {"items": [{"substance_text": each, "amount_text": "3", "unit_text": "g"} for each in substances]}


def _in(country: str) -> dict[str, Any]:
    return {"location": {"country_text": country, "place_text": None}}


def _before(country: str = "New Zealand", **body: Any) -> list[bytes]:
    """A history of a country: heroin."""
    stated = _of("heroin") | _in(country) | body
    start = sum(map(ord, country)) * 10
    return [report(start + n, at=NOON - timedelta(days=100 - n), **stated) for n in range(3)]


def _found(values: list[bytes], kind: str) -> list[Finding]:
    return [each.finding for each in told(facts(values)).values() if each.finding.kind == kind]


def test_a_substance_is_news_where_there_is_a_history() -> None:
    """Not the first things that a country ever reports; and of one story the widest scope alone."""
    assert _found(_before(), "FIRST_SEEN") == []
    [found] = _found([*_before(), report(1, at=NOON, **_of("fentanyl"))], "FIRST_SEEN")
    assert (found.named[1], found.severity, found.title) == ("world", "HIGH", "First seen anywhere: fentanyl")
    assert found.incidents == ((incident_id(1), 1),)
    assert found.raised_ms == round(NOON.timestamp() * 1000)


def test_it_is_news_in_each_scope_that_lacked_it() -> None:
    """Seen in New Zealand, then in Australia, which is of its region, then in Chile, which is not."""
    values = [*_before(), *_before("Australia"), *_before("Chile"), report(1, at=NOON, **_of("fentanyl"))]
    for number, country in enumerate(("Australia", "Chile"), 2):
        values.append(report(number, at=NOON + timedelta(days=number), **_of("fentanyl"), **_in(country)))
    found = _found(values, "FIRST_SEEN")
    assert sorted((each.named[1], each.severity) for each in found) == [
        ("005", "MEDIUM"),
        ("AUS", "LOW"),
        ("world", "HIGH"),
    ]


def test_an_earlier_one_that_turns_up_is_told_as_well() -> None:
    """It happened before the one that was told, and came after it."""
    first = report(1, at=NOON, **_of("fentanyl"))
    earlier = report(2, at=NOON + timedelta(days=3), occurred_on=(NOON - timedelta(days=5)).date(), **_of("fentanyl"))
    [found] = _found([*_before(), first, earlier], "FIRST_SEEN")
    assert found.incidents == ((incident_id(1), 1), (incident_id(2), 1))
    assert "happened on 2024-02-29" in found.reasons[0].words


def test_history_that_turns_up_takes_it_back() -> None:
    """A report of years ago says that it was no news; one of later years does not."""
    first = report(1, at=NOON, **_of("fentanyl"))
    for happened, stands in ((datetime(2019, 1, 1, tzinfo=NOON.tzinfo), 0), (NOON + timedelta(days=2), 1)):
        old = report(2, at=NOON + timedelta(days=90), occurred_on=happened.date(), **_of("fentanyl"))
        assert len(_found([*_before(), first, old], "FIRST_SEEN")) == stands


def test_a_back_load_of_years_raises_nothing() -> None:
    """It feeds what is known, and is no news."""
    old = [report(n, at=NOON, occurred_on=date(2015, 1, n + 1), **_of("blue dust", "fentanyl")) for n in range(9)]
    assert told(facts([*_before(), *old])) == {}


def test_a_name_that_nobody_knows_is_one_alert_however_it_is_spelt() -> None:
    """It says so once, and again when there are twice as many."""
    names = ("Blue Dust", "blue-dust", "BLUE DUST", "bluedust")
    values = [report(n, at=NOON + timedelta(days=n), **_of(name)) for n, name in enumerate(names)]
    said = []
    for count in range(1, 5):
        [found] = _found(values[:count], "UNKNOWN_NAME")
        said.append((found.reasons[0].value, found.severity, len(found.incidents)))
    assert said == [("1", "LOW", 1), ("2", "LOW", 2), ("2", "LOW", 2), ("4", "MEDIUM", 4)]
    assert (found.subject.substance_text, found.named) == ("Blue Dust", ("bluedust",))


def _way(departure: str, destination: str) -> dict[str, Any]:
    return {"route": [{"role": "DEPARTURE", "country": departure}, {"role": "DESTINATION", "country": destination}]}


def test_a_route_is_news_once_for_the_pair_of_countries() -> None:
    """Not again for each class that begins with it; a class that begins later, on a way well known, is."""
    known = _before(**_way("CHN", "NZL"))
    [found] = _found([*known, report(1, at=NOON, **_of("fentanyl"), **_way("NLD", "NZL"))], "NEW_ROUTE")
    assert (found.named, found.subject.departure, found.subject.destination) == (("NLD", "NZL", "any"), "NLD", "NZL")
    cathinone = report(2, at=NOON, **_of("mephedrone"), **_way("CHN", "NZL"))
    [found] = _found([*known, cathinone], "NEW_ROUTE")
    assert found.named == ("CHN", "NZL", "synthetic cathinones")


def test_of_a_withdrawn_incident_nothing_is_left() -> None:
    """Whatever it had a part in."""
    gone = report(1, 2, "WITHDRAWN", at=NOON + timedelta(days=1), **_of("fentanyl", "blue dust"), **_way("NLD", "NZL"))
    values = [*_before(), report(1, at=NOON, **_of("fentanyl", "blue dust"), **_way("NLD", "NZL")), gone]
    assert told(facts(values)) == told(facts(_before()))
    assert isinstance(facts(values)[-1], Revised)
