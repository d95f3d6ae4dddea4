"""Rebuilding the views of a generation from its topics, beside the live ones, and putting them in their place.

The tables are filled up to exactly the positions of a snapshot of the live ones, and compared with it by digest; then
they catch up, and take the live ones' name in one transaction. Writers wait for that transaction at the positions,
which each of their batches moves; readers at the table of policies, which each of their requests locks before it takes
its snapshot (`projections.viewing`): a reader sees the old tables or the new ones, whole.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from projections.catalogue_check import check_catalogue
from projections.digest import Snapshot, snapshot
from projections.filling import fill
from projections.loading import load
from projections.matching import RecordReader
from projections.migrate import schema_name
from projections.projector import EnrichedDecoder, matched
from projections.sink import ViewSink
from projections.workspace import workspace
from schemas.errors import ProjectionError
from schemas.settings import Settings
from schemas.topics import enriched
from stream_processors.runtime.log import Partition

NOT_OF_EVENTS = ("agency", "focal_point", "group_member", "key_doubt", "opened", "delegation_link", "moment")
"""Tables of the directory, the access log, delegations and moments: taken over as they are."""

_ROUNDS = 5
_SMALL = 1_000


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        events: read from the log.
        digests: table → the digest that old and new tables had in common, hexadecimal.
        positions: (topic, partition) → the next offset where they were compared.
        seconds: all of it.
        loading_s: of these, until the new tables stood at those positions, indexes and all.
        writers_waited_s: how long the projectors were held for the exchange.
    """

    events: int
    digests: dict[str, str]
    positions: dict[tuple[str, int], int]
    seconds: float
    loading_s: float
    writers_waited_s: float


def rebuild(settings: Settings, on_batch: Callable[[int], None] = lambda _: None) -> Rebuilt:
    """Rebuild the views of the settings' generation; the live ones stay if anything differs.

    Args:
        settings: with the address of the writer.
        on_batch: called with the number of events of each batch.

    Raises:
        ProjectionError: the rebuilt tables differ from the live ones, or the database refused.
        LogError: the log cannot be read.
    """
    begun, url = time.monotonic(), settings.require("database_url")
    generation = settings.generation
    with (
        workspace(settings) as beside,
        psycopg.connect(url, autocommit=True) as filling,
        psycopg.connect(url, autocommit=True) as live,
    ):
        sink = ViewSink(filling, beside, EnrichedDecoder(settings), RecordReader.of(settings))
        found = snapshot(live, generation)
        at, began_loading = _events(settings, found.positions), time.monotonic()
        events, _ = load(settings, (filling, beside), at, on_batch)
        loading_s = time.monotonic() - began_loading
        _compare(found, snapshot(filling, beside))
        for _ in range(_ROUNDS):
            ends = stored_positions(live, settings)
            behind = fill(settings, sink, (at, ends), on_batch)
            events, at = events + behind, ends
            if behind < _SMALL:
                break
        with live.transaction():
            live.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(_table(generation, "positions")))
            held = time.monotonic()
            ends = stored_positions(live, settings)
            events += fill(settings, sink, (at, ends), on_batch)
            _take_over(live, generation, beside)
            check_catalogue(live, beside)
            _exchange(live, generation, beside)
        waited = time.monotonic() - held
    return Rebuilt(events, found.digests, found.positions, time.monotonic() - begun, loading_s, waited)


def _compare(live: Snapshot, rebuilt: Snapshot) -> None:
    different = [name for name, digest in live.digests.items() if rebuilt.digests[name] != digest]
    if different:
        raise ProjectionError(
            f"rebuilt from the log, {', '.join(different)} differ from the live tables, which stay as they are: "
            "run `ionics verify` to see what is missing or doubled"
        )


def _take_over(connection: psycopg.Connection, generation: int, beside: int) -> None:
    """What is no fold of the events: the members, the openings, and the positions of their topics."""
    for name in NOT_OF_EVENTS:
        to, from_ = _table(beside, name), _table(generation, name)
        connection.execute(sql.SQL("INSERT INTO {} SELECT * FROM {}").format(to, from_))
    to, from_ = _table(beside, "positions"), _table(generation, "positions")
    statement = sql.SQL("INSERT INTO {} SELECT * FROM {} ON CONFLICT (topic, partition) DO NOTHING")
    connection.execute(statement.format(to, from_))


def _exchange(connection: psycopg.Connection, generation: int, beside: int) -> None:
    names = {name: sql.Identifier(name) for name in (schema_name(generation), schema_name(beside), "exchanged")}
    live, other, between = names.values()
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(_table(generation, "policy")))
    for old, new in ((live, between), (other, live), (between, other)):
        connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(old, new))


def stored_positions(connection: psycopg.Connection, settings: Settings) -> dict[Partition, int]:
    """Where the live tables stand in the topics whose fold they are."""
    statement = sql.SQL("SELECT topic, partition, next FROM {}").format(_table(settings.generation, "positions"))
    return _events(settings, {(topic, number): next_ for topic, number, next_ in connection.execute(statement)})


def _events(settings: Settings, positions: dict[tuple[str, int], int]) -> dict[Partition, int]:
    generation = settings.generation
    read = {topic.name for topic in (enriched(generation), *matched(generation))}
    return {Partition(name, number): following for (name, number), following in positions.items() if name in read}


def _table(generation: int, name: str) -> sql.Identifier:
    return sql.Identifier(schema_name(generation), name)
