"""Questions to the tables, by the role that the API has."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from projections import queries
from projections.members import write_members
from projections.migrate import drop, migrate
from projections.sink import ViewSink
from projections.viewing import viewing
from schemas.errors import ProjectionError
from tests.unit.projections.people import COMMUNITY_ONLY, OFFICER
from tests.unit.projections.worlds import World, decode, encode

pytestmark = pytest.mark.stack

_GENERATION = 904
_LEGS = [{"country": "CHN", "how": "code"}, {"country": "NZL", "how": "code"}]


def _record(number: int, revision: int, kind: str, period: str, **body: Any) -> dict[str, Any]:
    route = [{"role": "DEPARTURE"}, {"role": "DESTINATION"}]
    record = World(number).record(
        number, revision, kind, **({"tlp": "GREEN", "audience": ["COMMUNITY"], "route": route} | body)
    )
    record["admitted"]["incident"]["items"] = [{"substance_text": "Fentanyl"}]
    substance = {"substance_how": "exact", "substance_confidence": "high", "schedule_listed": False}
    substance |= {"substance_id": "sub:a", "substance_class": "opioid", "mass_ug": 2**62, "plausibility": "OK"}
    place = {"place_country": "NZL", "place_id": None, "place_name": None}
    happened = {"period": period, "period_first": date(int(period[:4]), int((period + "-01")[5:7]), 1)}
    record["enrichment"] |= place | happened | {"legs": _LEGS, "substances": [substance]}
    record["enrichment"] |= {"place_latitude_udeg": None, "place_longitude_udeg": None}
    return record


@pytest.fixture
def reader(writer_url: str, reader_url: str) -> Iterator[psycopg.Connection]:
    """Five incidents: in two months and a year, one amended, one withdrawn, one restricted."""
    drop(writer_url, _GENERATION)
    migrate(writer_url, _GENERATION)
    records = [
        _record(0, 1, "REPORTED", "2016-03"),
        _record(1, 1, "REPORTED", "2016-04"),
        _record(1, 2, "AMENDED", "2016-04"),
        _record(2, 1, "REPORTED", "2016"),
        _record(3, 1, "REPORTED", "2016-01"),
        _record(3, 2, "WITHDRAWN", "2016-01"),
        _record(4, 1, "REPORTED", "2015-01", tlp="AMBER", audience=["agency:police"]),
    ]
    with psycopg.connect(writer_url, autocommit=True) as writer:
        ViewSink(writer, _GENERATION, decode).apply([encode(record) for record in records], {("t", 0): (0, 7)})
        write_members(writer, _GENERATION, COMMUNITY_ONLY)
    with psycopg.connect(reader_url, autocommit=True) as connection, viewing(connection, _GENERATION, OFFICER):
        yield connection
    drop(writer_url, _GENERATION)


def _id(number: int) -> str:
    identifier: str = World(0).record(number)["admitted"]["incident"]["incident_id"]
    return identifier


def test_an_incident(reader: psycopg.Connection) -> None:
    """By id, with revisions and items; JSON can hold all of it."""
    found = queries.incident(reader, _GENERATION, _id(1))
    assert found is not None
    assert (
        found["revision"],
        found["event_type"],
        found["departure"],
        found["admitted_at"],
    ) == (2, "AMENDED", "CHN", "2026-01-01T00:00:12.000Z")
    history = queries.revisions(reader, _GENERATION, _id(1))
    assert [row["revision"] for row in history] == [1, 2]
    items = queries.items(reader, _GENERATION, _id(1))
    assert [row["substance_text"] for row in items] == ["Fentanyl"]
    assert json.dumps([found, history, items])


@pytest.mark.parametrize("number", [4, 99])
def test_restricted_and_absent_look_the_same(reader: psycopg.Connection, number: int) -> None:
    """Nothing is told of what the reader may not see."""
    assert queries.incident(reader, _GENERATION, _id(number)) is None
    assert queries.revisions(reader, _GENERATION, _id(number)) == []
    assert queries.items(reader, _GENERATION, _id(number)) == []
    assert queries.find_incidents(reader, _GENERATION, f"REF-{number}") == []


def test_finding(reader: psycopg.Connection) -> None:
    """By reference, by the beginning of a reference, by the beginning of an id."""
    assert [row["source_ref"] for row in queries.find_incidents(reader, _GENERATION, "REF-2")] == ["REF-2"]
    by_prefix = queries.find_incidents(reader, _GENERATION, "REF")
    assert [row["source_ref"] for row in by_prefix] == ["REF-0", "REF-1", "REF-2", "REF-3"]
    assert [_id(0)] == [row["incident_id"] for row in queries.find_incidents(reader, _GENERATION, _id(0)[:13].upper())]
    assert queries.incident(reader, _GENERATION, "REF-2") is None


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, 3),
        ("2016-04", None, 1),
        (None, "2016-03", 1),
        ("2016", "2016", 3),
        ("2016-01", "2016-12", 3),
        ("2016-02", "2016-12", 2),
        ("2017", None, 0),
    ],
)
def test_periods(reader: psycopg.Connection, since: str | None, until: str | None, expected: int) -> None:
    """A month counts where it lies within the bounds, a year where all of it does."""
    for ask in (queries.routes, queries.heat, queries.timeline):
        assert expected == sum(row["incidents"] for row in ask(reader, _GENERATION, since=since, until=until))


def test_a_period_that_is_none(reader: psycopg.Connection) -> None:
    """Bounds are months or years."""
    with pytest.raises(ProjectionError, match="since=2016-13"):
        queries.routes(reader, _GENERATION, since="2016-13")


def test_routes_and_heat(reader: psycopg.Connection) -> None:
    """Filters choose, sums are exact, and JSON can hold them."""
    route = {"departure": "CHN", "transit": "", "destination": "NZL", "substance_class": "opioid"}
    sums = {"incidents": 3, "reported": 3, "items": 3, "mass_ug": 3 * 2**62, "items_without_mass": 0}
    chosen = queries.routes(reader, _GENERATION, departure="CHN", destination="NZL", substance_class="opioid")
    assert [route | sums] == chosen
    assert queries.routes(reader, _GENERATION, departure="NZL") == []
    heat = queries.heat(reader, _GENERATION, country="NZL")
    assert [(row["place_id"], row["incidents"]) for row in heat] == [("country:NZL", 3)]
    assert json.dumps([chosen, heat])


def test_substances(reader: psycopg.Connection) -> None:
    """A substance is found by id and by reported name, with its periods and when it was first seen."""
    months = queries.timeline(reader, _GENERATION, substance_id="sub:a")
    assert [row["period"] for row in months] == ["2016", "2016-03", "2016-04"]
    for text in ("sub:", "FENT", ""):
        assert [row["substance_id"] for row in queries.substances(reader, _GENERATION, text)] == ["sub:a"]
    assert queries.substances(reader, _GENERATION, "heroin") == []
    first = queries.first_seen(reader, _GENERATION, "sub:a")
    assert first is not None
    assert ("2016-01-01", _id(2), _id(0)) == (first["period_first"], first["incident_id"], first["first_admitted_id"])
    assert queries.first_seen(reader, _GENERATION, "sub:none") is None


def test_agencies(reader: psycopg.Connection) -> None:
    """Reports by type and period; amendments and withdrawals of community incidents beside them."""
    rows = queries.agencies(reader, _GENERATION)
    assert sum(row["incidents"] for row in rows) == 3
    assert [
        (row["agency_id"], row["amendments"], row["withdrawals"]) for row in rows if row["incident_type"] is None
    ] == [("agency-0", 0, 1), ("agency-1", 1, 0)]
    assert {"agency-2"} == {row["agency_id"] for row in queries.agencies(reader, _GENERATION, agency_id="agency-2")}


def test_milestones(reader: psycopg.Connection) -> None:
    """The moment of a round number is when its incident was first admitted."""
    found = queries.milestones(reader, _GENERATION, step=2)
    passed = [{"number": 2, "admitted_at": "2026-01-01T00:00:11.000Z", "incident_id": _id(1)}]
    assert {"incidents": 3, "reported": 3, "passed": passed} == found
