"""The generated worlds: reproducible, admissible, and true to what they say of themselves."""

from collections import Counter, defaultdict
from datetime import date

import polars as pl
import pytest

from schemas.incident import validate_incident
from tests.accuracy.truth import same_network, same_seizure, truth
from tests.accuracy.world import Report, Scale, reports
from tests.accuracy.world.slips import RATES

SIZE = 4_000


@pytest.fixture(scope="module")
def world() -> list[Report]:
    """One world that the tests of this module share."""
    return list(reports(Scale(SIZE, seed=5)))


@pytest.fixture(scope="module")
def networked() -> list[Report]:
    """A world with many networks, so that a small one has every kind."""
    return list(reports(Scale(2_000, seed=5, networked=0.2)))


def test_the_same_seed_gives_the_same_world(world: list[Report]) -> None:
    """A world is a function of its scale; another seed gives another one."""
    assert world[:300] == [report for report, _ in zip(reports(Scale(SIZE, seed=5)), range(300), strict=False)]
    assert world[:300] != [report for report, _ in zip(reports(Scale(SIZE, seed=6)), range(300), strict=False)]


def test_it_has_the_size_asked_for() -> None:
    """The number of reports is exact at any size."""
    assert [sum(1 for _ in reports(Scale(size, seed=1))) for size in (1, 10, 999)] == [1, 10, 999]


def test_every_report_is_admissible(world: list[Report]) -> None:
    """Each body passes the rules of the model, in which admission reads it, and ids are unique."""
    for report in world:
        validate_incident(report.body)
    assert len({report.body["incident_id"] for report in world}) == SIZE


def test_nothing_is_reported_before_it_happened(world: list[Report]) -> None:
    """No slip of a date puts a seizure after its report, but for a copy that came with the next year's file."""
    late = [report for report in world if report.body["occurred_on"] > report.body["reported_at"].date()]
    assert {slip for report in late for slip in report.slips} <= {"year-off-copy"}


def test_reports_come_in_the_order_of_their_days(world: list[Report]) -> None:
    """A report made later comes later, up to the days that a report of a day takes to be drawn."""
    days = [report.body["reported_at"].date() for report in world]
    latest = date.min
    for day in days:
        assert (latest - day).days <= 60
        latest = max(latest, day)


def test_second_reports_share_the_seizure(world: list[Report]) -> None:
    """About a tenth of the seizures is reported again, by others and by copies; each has one first report."""
    by_seizure = defaultdict(list)
    for report in world:
        by_seizure[report.seizure].append(report.how)
    again = [hows for hows in by_seizure.values() if len(hows) > 1]
    assert 0.07 < len(again) / len(by_seizure) < 0.13
    assert {hows.count("first") for hows in by_seizure.values()} == {1}
    assert {how for hows in again for how in hows} == {"first", "sister", "copy", "abroad", "organisation"}


def test_near_misses_are_other_seizures(world: list[Report]) -> None:
    """What looks like another seizure is none of it, and every category occurs."""
    near = [report for report in world if report.near]
    assert all(report.near and report.near.group != report.seizure for report in near)
    assert {report.near.category for report in near if report.near} == {
        *("other-mass", "near-mass", "sibling-parcel", "round-mass", "other-country", "repeat", "thousand"),
        *("equal-count", "month-copy"),
    }


def test_networks_join_different_seizures(networked: list[Report]) -> None:
    """Every kind of network occurs, and joins several seizures."""
    members = defaultdict(set)
    for report in networked:
        for network in report.networks:
            members[network].add(report.seizure)
    kinds = Counter(network.partition("-")[0] for network, seizures in members.items() if len(seizures) > 1)
    assert set(kinds) == {"consignment", "company", "vessel", "handle", "mark", "route", "burst", "sender"}


def test_every_slip_happens(world: list[Report]) -> None:
    """Each slip of the list occurs in a world of this size, and no other but those of copies."""
    happened = {slip for report in world for slip in report.slips}
    assert happened - {"year-off-copy"} == {*RATES, "exact-copy", "poorer-copy"}


def test_one_country_may_dominate() -> None:
    """The share of the busiest country is the one asked for; near misses abroad and second ends take a little of it."""
    where = Counter(report.body["agency_id"][:3] for report in reports(Scale(SIZE, seed=2, dominant=0.6)))
    assert 0.5 < where["esp"] / SIZE < 0.66


def test_enrichment_takes_them_as_the_stage_does(few: list[Report], columns: pl.DataFrame) -> None:
    """Through the real stage each incident gets its columns, none fails, and most texts resolve."""
    assert columns["incident_id"].to_list() == [report.body["incident_id"] for report in few]
    assert columns["enrichment_error"].null_count() == len(few)
    hows = columns["enrichment_substances"].explode().struct.field("substance_how").to_list()
    assert sum(how in {"exact", "alias", "fuzzy"} for how in hows) > 0.9 * len(hows)


def test_true_pairs(world: list[Report]) -> None:
    """The pairs of one seizure are all pairs of its reports, each once and in order."""
    known = truth(world)
    pairs = same_seizure(known)
    sizes = known.group_by("seizure").len()["len"]
    assert pairs.height == sum(size * (size - 1) // 2 for size in sizes)
    assert pairs.filter(pl.col("left") >= pl.col("right")).is_empty()


def test_pairs_of_one_network(networked: list[Report]) -> None:
    """They are of different seizures, so none is a true pair of one seizure, and they are of every kind."""
    known = truth(networked)
    pairs = same_network(known)
    assert pairs.join(same_seizure(known), on=["left", "right"]).is_empty()
    assert set(pairs["kind"]) == {"consignment", "company", "vessel", "handle", "mark", "route", "burst", "sender"}
