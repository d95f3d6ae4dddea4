"""What incidents add to the aggregates, against the definitions written out record by record."""

from collections import defaultdict
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.contributions import AGGREGATES, MEASURES, REPEATS, contributions, difference
from projections.itinerary import itineraries
from projections.rows import incident_rows, item_rows
from schemas.errors import ProjectionError
from schemas.policies import policy_class
from tests.unit.projections.matches import incident_id
from tests.unit.projections.worlds import World, decode, encode

_STATED = {"unknown_stated": "UNKNOWN", "multiple": "MULTIPLE", "other_stated": "OTHER"}
_SEEDS = st.integers(0, 2**32)


def _records(seed: int, count: int) -> list[dict[str, Any]]:
    world = World(seed)
    return [world.record(n, event_type=world.random.choice(["REPORTED", "AMENDED", "WITHDRAWN"])) for n in range(count)]


def _itinerary(record: dict[str, Any]) -> tuple[str, str, str]:
    enrichment = record["enrichment"]
    roles = [leg["role"] for leg in record["admitted"]["incident"]["route"]]
    legs = [(role, leg["country"], leg["how"]) for role, leg in zip(roles, enrichment["legs"], strict=True)]
    cells = [(role, country or _STATED.get(how, "UNRESOLVED")) for role, country, how in legs]
    departure = next((cell for role, cell in cells if role == "DEPARTURE"), "")
    destination = next((cell for role, cell in reversed(cells) if role == "DESTINATION"), "")
    transit = [cell for role, cell in cells if role == "TRANSIT"]
    seizures = [country for role, country, _ in legs if role == "SEIZURE"]
    seized = seizures[0] if seizures else enrichment["place_country"]
    both = len(departure) == 3 and len(destination) == 3
    if both and seized and seized not in (departure, destination, *transit):
        transit.append(seized)
    return departure, ">".join(transit), destination


def _by_hand(
    records: list[dict[str, Any]], repeats: set[tuple[str, int]]
) -> dict[str, dict[tuple[Any, ...], tuple[int, ...]]]:
    members: dict[str, dict[tuple[Any, ...], list[Any]]] = {name: defaultdict(list) for name in AGGREGATES}
    for record in records:
        incident, enrichment = record["admitted"]["incident"], record["enrichment"]
        if incident["event_type"] == "WITHDRAWN":
            continue
        open_ = "COMMUNITY" in incident["audience"]
        to = 0 if open_ else policy_class(incident["agency_id"], tuple(sorted(incident["audience"])))
        id_, period = incident["incident_id"], enrichment["period"]
        number = id_, (id_, to) in repeats
        country = enrichment["place_country"]
        place = enrichment["place_id"] or (f"country:{country}" if country else "")
        coordinates = enrichment["place_latitude_udeg"], enrichment["place_longitude_udeg"]
        activity = to, incident["agency_id"], incident["incident_type"], period
        members["agency_activity"][activity].append((number, None))
        if open_:
            members["milestone"]["incidents",].append((number, None))
        for item in enrichment["substances"]:
            class_ = item["substance_class"] or ""
            fallback = "ambiguous" if item["substance_how"] == "ambiguous" else "unknown"
            heat = (to, place, enrichment["place_name"] or "", country or "", *coordinates, class_, period)
            members["route_flow"][(to, *_itinerary(record), class_, period)].append((number, item))
            members["place_heat"][heat].append((number, item))
            members["substance_timeline"][to, item["substance_id"] or fallback, class_, period].append((number, item))
            members["agency_activity"][activity].append((number, item))
    return {name: {key: _measured(name, found) for key, found in keys.items()} for name, keys in members.items()}


def _measured(name: str, found: list[Any]) -> tuple[int, ...]:
    items = [item for (_, again), item in found if item is not None and not again]
    masses = [item["mass_ug"] for item in items if item["plausibility"] == "OK" and item["mass_ug"] is not None]
    numbers = {number for number, _ in found}
    seizures = sum(not again for _, again in numbers)
    measures = (seizures, len(numbers), len(items), sum(masses), len(items) - len(masses))
    return measures[: len(MEASURES[name])]


def _as_dict(name: str, rows: pl.DataFrame) -> dict[tuple[Any, ...], tuple[int, ...]]:
    width = len(AGGREGATES[name])
    return {row[:width]: row[width:] for row in rows.iter_rows()}


@settings(max_examples=40, deadline=None)
@given(seed=_SEEDS, count=st.integers(0, 40))
def test_contributions_follow_the_definitions(seed: int, count: int) -> None:
    """Every aggregate equals what a loop over the records counts; who repeats another class's case does not matter."""
    records, chance = _records(seed, count), Random(seed)  # noqa: S311  # a choice, not a secret
    repeats = {(incident_id(number), chance.choice([0, 0, 0, 7])) for number in range(count) if chance.random() < 0.3}
    frame = pl.DataFrame(sorted(repeats), schema=REPEATS, orient="row")
    found = contributions(decode([encode(record) for record in records]), frame)
    assert _by_hand(records, repeats) == {name: _as_dict(name, rows) for name, rows in found.items()}
    assert all(rows.height == rows.unique(AGGREGATES[name]).height for name, rows in found.items())


@settings(max_examples=20, deadline=None)
@given(seed=_SEEDS, count=st.integers(1, 20), cut=st.integers(0, 20))
def test_contributions_add_up(seed: int, count: int, cut: int) -> None:
    """The whole minus one part is the other part."""
    values = [encode(record) for record in _records(seed, count)]
    whole, first, second = (contributions(decode(part)) for part in (values, values[:cut], values[cut:]))
    rest = difference(whole, first)
    assert {name: _as_dict(name, rows) for name, rows in second.items()} == {
        name: _as_dict(name, rows) for name, rows in rest.items()
    }


@settings(max_examples=10, deadline=None)
@given(seed=_SEEDS)
def test_nothing_remains_of_the_same(seed: int) -> None:
    """The difference of equal contributions has no rows."""
    found = contributions(decode([encode(record) for record in _records(seed, 15)]))
    assert [0] * len(AGGREGATES) == [rows.height for rows in difference(found, found).values()]


@pytest.mark.parametrize(
    ("legs", "place", "expected"),
    [
        ([], "NLD", ("", "", "")),
        ([("DEPARTURE", "CHN"), ("DESTINATION", "NZL")], "NLD", ("CHN", "NLD", "NZL")),
        ([("DEPARTURE", "CHN"), ("DESTINATION", "NZL")], "NZL", ("CHN", "", "NZL")),
        ([("DEPARTURE", "CHN"), ("TRANSIT", "NLD"), ("DESTINATION", "NZL")], "NLD", ("CHN", "NLD", "NZL")),
        ([("DEPARTURE", "CHN"), ("TRANSIT", "USA"), ("DESTINATION", "NZL")], "NLD", ("CHN", "USA>NLD", "NZL")),
        ([("DEPARTURE", "CHN"), ("SEIZURE", "USA"), ("DESTINATION", "NZL")], "NLD", ("CHN", "USA", "NZL")),
        ([("DEPARTURE", "CHN"), ("SEIZURE", "blank"), ("DESTINATION", "NZL")], "NLD", ("CHN", "", "NZL")),
        ([("DEPARTURE", "unknown_stated"), ("DESTINATION", "NZL")], "NLD", ("UNKNOWN", "", "NZL")),
        ([("DEPARTURE", "CHN")], "NLD", ("CHN", "", "")),
        ([("DEPARTURE", "CHN"), ("DEPARTURE", "USA")], None, ("CHN", "", "")),
        ([("DESTINATION", "CHN"), ("DESTINATION", "multiple")], None, ("", "", "MULTIPLE")),
        ([("TRANSIT", "other_stated"), ("TRANSIT", "unresolved")], None, ("", "OTHER>UNRESOLVED", "")),
        ([("ORIGIN", "CHN"), ("OTHER", "USA")], None, ("", "", "")),
    ],
)
def test_itineraries(legs: list[tuple[str, str]], place: str | None, expected: tuple[str, str, str]) -> None:
    """Departure, transit and destination of single cases."""
    record = World(0).record(1, route=[{"role": role} for role, _ in legs])
    record["enrichment"]["legs"] = [
        {"country": cell, "how": "code"} if cell.isupper() else {"country": None, "how": cell} for _, cell in legs
    ]
    record["enrichment"]["place_country"] = place
    assert [expected] == itineraries(decode([encode(record)])).rows()


def test_community_needs_audience_and_label() -> None:
    """An incident for the community under a label that forbids it is not a community incident."""
    world = World(0)
    cases = [("GREEN", ["COMMUNITY"]), ("RED", ["COMMUNITY"]), ("AMBER", ["agency:a"]), ("AMBER", ["COMMUNITY"])]
    values = [encode(world.record(1, tlp=tlp, audience=audience)) for tlp, audience in cases]
    assert [class_ == 0 for class_ in incident_rows(decode(values))["policy_class"]] == [True, False, False, True]


def test_no_incidents() -> None:
    """An empty frame contributes nothing."""
    assert [0] * len(AGGREGATES) == [rows.height for rows in contributions(decode([])).values()]


def test_an_enrichment_of_other_items_is_refused() -> None:
    """An enrichment with another number of items cannot be joined to them, and is named."""
    record = World(0).record(1)
    record["admitted"]["incident"]["items"] = [{"substance_text": "a"}] * 4
    with pytest.raises(ProjectionError, match=record["admitted"]["incident"]["incident_id"]):
        item_rows(decode([encode(record)]))
