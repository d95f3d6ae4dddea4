"""The sink on a real PostgreSQL: the tables are a function of the set of events, and a batch is all or nothing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from random import Random
from typing import Any

import psycopg
import pytest

from projections.digest import digests, snapshot
from projections.migrate import drop, migrate
from projections.projector import EnrichedDecoder, Sink
from projections.sink import ViewSink
from schemas.codec import RecordCodec, frame
from schemas.dictionary import read_dictionary, versions
from schemas.errors import ProjectionError
from schemas.identity import schema_fingerprint
from schemas.policies import policy_class
from schemas.settings import Settings
from tests.sink_contract import TOPIC as _TOPIC
from tests.sink_contract import SinkContract
from tests.unit.projections.worlds import World, decode, encode

pytestmark = pytest.mark.stack

_GENERATION = 901
_OTHER = 902
_AGGREGATES = ("route_flow", "place_heat", "substance_timeline", "agency_activity", "milestone")


@pytest.fixture
def connection(writer_url: str) -> Iterator[psycopg.Connection]:
    """A writer's connection, and the empty tables of two generations."""
    for generation in (_GENERATION, _OTHER):
        drop(writer_url, generation)
        migrate(writer_url, generation)
    with psycopg.connect(writer_url, autocommit=True) as connection:
        yield connection
    for generation in (_GENERATION, _OTHER):
        drop(writer_url, generation)


class _Postgres:
    def __init__(self, connection: psycopg.Connection, connect: Callable[[], psycopg.Connection]) -> None:
        self._connection, self._connect = connection, connect

    def open(self, tables: int = 0) -> Sink:
        """See `Ground.open`."""
        return ViewSink(self._connect(), (_GENERATION, _OTHER)[tables], decode)

    def state(self, tables: int = 0) -> object:
        """See `Ground.state`."""
        return snapshot(self._connection, (_GENERATION, _OTHER)[tables])


def _apply(connection: psycopg.Connection, generation: int, values: list[bytes], cuts: list[int]) -> None:
    sink = ViewSink(connection, generation, decode)
    bounds = [0, *sorted(cuts), len(values)]
    for first, last in pairwise(bounds):
        sink.apply(values[first:last], {(_TOPIC, 0): (first, last)})


def _table(connection: psycopg.Connection, name: str, generation: int = _GENERATION) -> list[tuple[object, ...]]:
    return connection.execute(f"SELECT * FROM g{generation}.{name} ORDER BY 1, 2").fetchall()


@pytest.mark.parametrize("seed", range(6))
def test_order_and_batches_do_not_matter(connection: psycopg.Connection, seed: int) -> None:
    """Any permutation of the events, cut anyhow, gives the same digests."""
    values, chance = World(seed).history(60), Random(seed)  # noqa: S311  # an order, not a secret
    shuffled = chance.sample(values, len(values))
    _apply(connection, _GENERATION, values, [])
    _apply(connection, _OTHER, shuffled, chance.choices(range(len(values)), k=12))
    assert digests(connection, _GENERATION) == digests(connection, _OTHER)


class TestViewSink(SinkContract):
    """The sink keeps the contract."""

    @pytest.fixture
    def ground(self, connection: psycopg.Connection, writer_url: str) -> Iterator[_Postgres]:
        """Empty tables."""
        with ExitStack() as entered:
            yield _Postgres(connection, lambda: entered.enter_context(psycopg.connect(writer_url, autocommit=True)))


def test_versions_of_the_schema_meet_in_one_table(connection: psycopg.Connection, settings: Settings) -> None:
    """A batch under an older one alone, one of both, and a revision that replaces one of an older version."""
    dictionary, world = read_dictionary(settings), World(3)
    ids = {dictionary.fingerprints[id_]: id_ for id_ in dictionary.ids_of("enriched")}
    old, new = (ids[schema_fingerprint(schema)] for schema in versions("enriched"))

    def value(schema_id: int, *revision: Any, **body: Any) -> bytes:
        return frame(schema_id) + RecordCodec(dictionary.schemas[schema_id]).encode(world.record(*revision, **body))

    delegated = {"delegation": {"audience": ["COMMUNITY"], "tlp": "GREEN"}, "audience": ["agency:hq"], "tlp": "RED"}
    sink = ViewSink(connection, _GENERATION, EnrichedDecoder(settings))
    sink.apply([value(old, 1), value(old, 2)], {})
    sink.apply([value(old, 3), value(new, 2, 2, "AMENDED", **delegated), value(new, 4)], {})
    found = connection.execute(f"SELECT source_ref, revision, delegated FROM g{_GENERATION}.incident ORDER BY 1")
    assert found.fetchall() == [("REF-1", 1, False), ("REF-2", 2, True), ("REF-3", 1, False), ("REF-4", 1, False)]


def test_many_batches_of_one(connection: psycopg.Connection) -> None:
    """Batches of one event each give what one batch gives."""
    values = World(8).history(25)
    _apply(connection, _GENERATION, values, [])
    _apply(connection, _OTHER, values[::-1], list(range(1, len(values))))
    assert digests(connection, _GENERATION) == digests(connection, _OTHER)


def test_report_then_withdraw(connection: psycopg.Connection) -> None:
    """Reports that are withdrawn leave the aggregates as if they had never been, to the bit."""
    world = World(21)
    kept = [encode(world.record(number)) for number in range(40)]
    gone = range(40, 80)
    reported = [encode(world.record(number)) for number in gone]
    withdrawn = [encode(world.record(number, 2, "WITHDRAWN")) for number in gone]
    _apply(connection, _GENERATION, kept + reported + withdrawn, [60, 100])
    _apply(connection, _OTHER, kept, [])
    expected, actual = digests(connection, _OTHER), digests(connection, _GENERATION)
    assert {name: expected[name] for name in _AGGREGATES} == {name: actual[name] for name in _AGGREGATES}
    assert expected != actual
    assert digests(connection, _OTHER, as_if_never=True) == digests(connection, _GENERATION, as_if_never=True)


def test_everything_withdrawn(connection: psycopg.Connection) -> None:
    """No row without incidents stays behind."""
    world = World(22)
    reported = [encode(world.record(number)) for number in range(30)]
    withdrawn = [encode(world.record(number, 2, "WITHDRAWN")) for number in range(30)]
    _apply(connection, _GENERATION, reported + withdrawn, [30])
    assert [[] for _ in _AGGREGATES] == [_table(connection, name) for name in _AGGREGATES]
    assert len(_table(connection, "incident")) == 30


def test_restricted_incidents_are_in_no_aggregate_of_the_community(connection: psycopg.Connection) -> None:
    """A restricted incident counts in rows of its own class; narrowed later, it leaves those of the community."""
    world = World(23)
    restricted = {"tlp": "AMBER", "audience": ["agency:police"]}
    values = [encode(world.record(number, **restricted)) for number in range(20)]
    values += [encode(world.record(20, tlp="GREEN", audience=["COMMUNITY"]))]
    values += [encode(world.record(20, 2, "AMENDED", **restricted))]
    _apply(connection, _GENERATION, values, [21])
    assert _table(connection, "milestone") == []
    for name in _AGGREGATES[:-1]:
        assert {row[0] for row in _table(connection, name)} <= {
            policy_class(f"agency-{number}", ("agency:police",)) for number in range(3)
        }
    assert len(_table(connection, "incident")) == 21
    assert _table(connection, "item")


def test_text_comes_back_as_it_was(connection: psycopg.Connection) -> None:
    """Tabs, quotes, line breaks and what looks like null come back; U+0000, which PostgreSQL has not, as U+FFFD."""
    world = World(24)
    names = ["a\tb", 'q"\\', "l\nb\r", "\\N", "", "NULL", "{a,b}", "ق", "nul\x00"]
    record = world.record(1, audience=["COMMUNITY"], source_ref="r\\1\t", reason='why "\\\n')
    record["admitted"]["incident"]["items"] = [{"substance_text": name} for name in names]
    record["enrichment"]["substances"] = [
        {
            "candidates": ['sub:"x"', "a,b\\", "t\t"],
            "substance_how": "ambiguous",
            "substance_confidence": "low",
            "schedule_listed": False,
            "plausibility": "MISSING",
        }
        for _ in names
    ]
    value = encode(record)
    _apply(connection, _GENERATION, [value], [])
    found = connection.execute(f"SELECT substance_text, candidates FROM g{_GENERATION}.item ORDER BY item_no")
    candidates = ['sub:"x"', "a,b\\", "t\t"]
    assert [(name.replace("\x00", "\ufffd"), candidates) for name in names] == found.fetchall()
    row = connection.execute(f"SELECT source_ref, reason, value FROM g{_GENERATION}.incident").fetchone()
    assert ("r\\1\t", 'why "\\\n', value) == row


def test_sums_beyond_64_bits(connection: psycopg.Connection) -> None:
    """Masses add up exactly, and go away exactly."""
    world, values = World(25), []
    for number in range(5):
        record = world.record(number, audience=["COMMUNITY"], tlp="GREEN")
        record["admitted"]["incident"]["items"] = [{"substance_text": "x"}]
        substance = {"substance_how": "exact", "substance_confidence": "high", "schedule_listed": False}
        record["enrichment"]["substances"] = [substance | {"mass_ug": 2**63 - 1, "plausibility": "OK"}]
        values.append(encode(record))
    _apply(connection, _GENERATION, values, [2])
    total = connection.execute(f"SELECT sum(mass_ug) FROM g{_GENERATION}.route_flow").fetchone()
    assert total == (5 * (2**63 - 1),)


def test_a_failed_batch_leaves_nothing(connection: psycopg.Connection) -> None:
    """Where PostgreSQL refuses, neither rows nor positions change, and the next batch works."""
    values = World(26).history(10)
    sink = ViewSink(connection, _GENERATION, decode)
    sink.apply(values[:5], {(_TOPIC, 0): (0, 5)})
    before = snapshot(connection, _GENERATION)
    connection.execute(f"ALTER TABLE g{_GENERATION}.milestone ADD CONSTRAINT small CHECK (incidents < 0) NOT VALID")
    with pytest.raises(ProjectionError, match="could not be stored"):
        sink.apply(values[5:], {(_TOPIC, 0): (5, 9), (_TOPIC, 1): (0, 4)})
    assert before == snapshot(connection, _GENERATION)
    connection.execute(f"ALTER TABLE g{_GENERATION}.milestone DROP CONSTRAINT small")
    sink.apply(values[5:], {(_TOPIC, 0): (5, 9), (_TOPIC, 1): (0, 4)})
    assert sink.positions() == {(_TOPIC, 0): 9, (_TOPIC, 1): 4}


def test_an_open_transaction_is_refused(connection: psycopg.Connection) -> None:
    """Inside another transaction nothing would be committed."""
    sink = ViewSink(connection, _GENERATION, decode)
    with connection.transaction(), pytest.raises(ProjectionError, match="in a transaction"):
        sink.apply([], {})
