"""Links, judgements and cases in the views: a function of the set of events, and a seizure counts once."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import polars as pl
import psycopg
import pytest

from projections.contributions import AGGREGATES, MEASURES, REPEATS, contributions
from projections.digest import digests, snapshot
from projections.migrate import drop, migrate
from projections.sink import ViewSink
from schemas.codec import codec
from schemas.policies import policy_class
from schemas.reading import Record
from tests.unit.projections.matches import CASES, Matches, history, incident_id
from tests.unit.projections.worlds import World, decode, encode

pytestmark = pytest.mark.stack

_ONE, _OTHER = 904, 909
_COMMUNITY = {"tlp": "GREEN", "audience": ["COMMUNITY"]}


@pytest.fixture
def connection(writer_url: str) -> Iterator[psycopg.Connection]:
    """A writer's connection, and the empty tables of two generations."""
    for generation in (_ONE, _OTHER):
        drop(writer_url, generation)
        migrate(writer_url, generation)
    with psycopg.connect(writer_url, autocommit=True) as connection:
        yield connection
    for generation in (_ONE, _OTHER):
        drop(writer_url, generation)


def _apply(sink: ViewSink, events: Sequence[bytes | Record]) -> None:
    values = [event for event in events if isinstance(event, bytes)]
    sink.apply(values, {}, [event for event in events if isinstance(event, Record)])


def _aggregates(connection: psycopg.Connection, generation: int) -> dict[str, str]:
    found = digests(connection, generation)
    return {name: found[name] for name in AGGREGATES}


def _events(seed: int) -> list[bytes | Record]:
    classes = (0, 0, 0, policy_class("agency-1", ("group:lab",)))
    return [*World(seed).history(25), *history(seed, 25, classes)]


def _expected(events: Sequence[bytes | Record]) -> dict[str, set[tuple[Any, ...]]]:
    """The aggregates of a set of events, out of the current revisions and the latest versions of all cases."""
    columns = decode([event for event in events if isinstance(event, bytes)])
    current = columns.sort("incident_id", "revision").unique("incident_id", keep="last", maintain_order=True)
    latest: dict[str, dict[str, Any]] = {}
    for event in events:
        if isinstance(event, Record) and event.topic == CASES:
            case = codec("case_event").decode((event.value or b"")[5:])
            if case["version"] > latest.get(case["case_id"], {"version": 0})["version"]:
                latest[case["case_id"]] = case
    repeats = {
        (member["incident_id"], case["policy_class"])
        for case in latest.values()
        for member in case["members"]
        if member["incident_id"] != member["canonical_id"]
    }
    assert repeats
    found = contributions(current, pl.DataFrame(sorted(repeats), schema=REPEATS, orient="row"))
    return {name: set(rows.iter_rows()) for name, rows in found.items()}


def _held(connection: psycopg.Connection, generation: int, name: str) -> set[tuple[Any, ...]]:
    columns = ", ".join([*AGGREGATES[name], *MEASURES[name]])
    rows = connection.execute(f"SELECT {columns} FROM g{generation}.{name}").fetchall()  # type: ignore[arg-type]  # the names are ours
    return {
        tuple(int(cell) if cell is not None and not isinstance(cell, str) else cell for cell in row) for row in rows
    }


@pytest.mark.parametrize("seed", range(4))
def test_order_and_batches_do_not_matter(connection: psycopg.Connection, seed: int) -> None:
    """Events of all topics in any order, cut anyhow, some twice: the same tables, whose sums are those of the set."""
    events, chance = _events(seed), Random(seed)  # noqa: S311  # an order, not a secret
    _apply(ViewSink(connection, _ONE, decode), events)
    other = ViewSink(connection, _OTHER, decode)
    shuffled = chance.sample(events, len(events)) + chance.sample(events, 20)
    while shuffled:
        taken = chance.choice([1, 3, 20])
        _apply(other, shuffled[:taken])
        shuffled = shuffled[taken:]
    assert snapshot(connection, _ONE) == snapshot(connection, _OTHER)
    for name, rows in _expected(events).items():
        assert rows == _held(connection, _ONE, name)


def test_every_kind_of_row_comes_of_the_history(connection: psycopg.Connection) -> None:
    """So that the digests above are of more than empty tables; a case that is no more has no members."""
    _apply(ViewSink(connection, _ONE, decode), _events(1))
    for name in ("link", "match_key", "judgement", "case", "case_member", "case_link"):
        assert connection.execute(f"SELECT count(*) > 3 FROM g{_ONE}.{name}").fetchone() == (True,)  # type: ignore[arg-type]  # the names are ours
    closed = connection.execute(
        f'SELECT count(DISTINCT c.case_id), count(m.case_id) FROM g{_ONE}."case" c '
        f"LEFT JOIN g{_ONE}.case_member m USING (case_id) WHERE closed"
    ).fetchone()
    assert closed is not None
    assert closed[0] > 0
    assert closed[1] == 0


@pytest.mark.parametrize("first", ["incidents", "case"])
def test_a_case_that_forms_and_goes_leaves_nothing(connection: psycopg.Connection, first: str) -> None:
    """Every aggregate has the digest that it had without the case, to the bit; in between a seizure counts once."""
    world, found = World(5), Matches()
    incidents = [encode(world.record(number, **_COMMUNITY)) for number in range(6)]
    found.case([0, 1, 2], [3], [4, 5])
    formed = found.records[-1]
    found.case(of=0)
    _apply(ViewSink(connection, _OTHER, decode), incidents)
    sink = ViewSink(connection, _ONE, decode)
    _apply(sink, incidents if first == "incidents" else [formed])
    _apply(sink, [formed] if first == "incidents" else incidents)
    assert connection.execute(f"SELECT incidents, reported FROM g{_ONE}.milestone").fetchall() == [(3, 6)]
    assert _aggregates(connection, _ONE) != _aggregates(connection, _OTHER)
    _apply(sink, [found.records[-1]])
    assert _aggregates(connection, _ONE) == _aggregates(connection, _OTHER)


def test_a_row_of_repeats_alone_stays_and_goes_with_the_last(connection: psycopg.Connection) -> None:
    """Of an agency that only repeats what another reported, the reported count is seen; withdrawn, nothing is."""
    world, found = World(6), Matches()
    sink = ViewSink(connection, _ONE, decode)
    found.case([0, 1])
    _apply(sink, [encode(world.record(number, **_COMMUNITY)) for number in range(2)] + found.records)
    statement = f"SELECT agency_id, incidents, reported, items, mass_ug FROM g{_ONE}.agency_activity ORDER BY 1"
    rows = connection.execute(statement).fetchall()
    assert rows[1] == ("agency-1", 0, 1, 0, 0)
    assert rows[0][:3] == ("agency-0", 1, 1)
    _apply(sink, [encode(world.record(1, 2, "WITHDRAWN", **_COMMUNITY))])
    assert connection.execute(statement).fetchall() == rows[:1]


def test_a_case_says_nothing_of_an_incident_that_left_its_class(connection: psycopg.Connection) -> None:
    """Narrowed, an incident counts among its own; it is a repeat only by a case of those."""
    world, found = World(7), Matches()
    sink = ViewSink(connection, _ONE, decode)
    found.case([0, 1])
    _apply(sink, [encode(world.record(number, **_COMMUNITY)) for number in range(2)] + found.records)
    _apply(sink, [encode(world.record(1, 2, "AMENDED", tlp="AMBER", audience=["group:lab"]))])
    class_ = policy_class("agency-1", ("group:lab",))
    statement = f"SELECT policy_class, incidents, reported FROM g{_ONE}.agency_activity ORDER BY policy_class"
    assert connection.execute(statement).fetchall() == [(0, 1, 1), (class_, 1, 1)]
    found.case(of=0)
    found.case([1, 2], policy_class=class_, of=1)
    _apply(sink, found.records)
    assert connection.execute(statement).fetchall() == [(0, 1, 1), (class_, 1, 1)]


def test_of_records_of_one_thing_the_one_that_holds_is_kept(connection: psycopg.Connection) -> None:
    """A link and a key as written last, a judgement of the highest revision, then of the greatest bytes."""
    found = Matches()
    found.link(1, 2, model="m1")
    found.link(1, 2, model="m2")
    found.link(1, 2, (1, 2))
    found.key(5)
    found.key(5, closed=False)
    found.judgement(1, 2, "SAME", 2, reason="b")
    found.judgement(1, 2, "DIFFERENT", 2, reason="a")
    found.judgement(1, 2, "NONE", 1)
    _apply(ViewSink(connection, _ONE, decode), found.records[::-1])
    sides = {"left_revision": 1, "right_revision": 2}
    if incident_id(1) > incident_id(2):
        sides = {"left_revision": 2, "right_revision": 1}
    rows = connection.execute(f"SELECT left_revision, right_revision, model FROM g{_ONE}.link ORDER BY 3 DESC")
    assert rows.fetchall() == [(1, 1, "m2"), (*sides.values(), "m1")]
    assert connection.execute(f"SELECT closed FROM g{_ONE}.match_key").fetchall() == [(False,)]
    verdicts = connection.execute(f"SELECT revision, verdict FROM g{_ONE}.judgement").fetchall()
    bodies = [(record.value or b"")[5:] for record in found.records[5:7]]
    assert verdicts == [(2, "SAME" if bodies[0] > bodies[1] else "DIFFERENT")]
