"""Loading empty tables from the log: nearly every incident is one event, and needs to be looked up by nobody.

The topic is read first for the ids alone. An incident of one event is then copied into tables without indexes, and
what it adds to the aggregates is summed up here, in memory that the aggregates' own size bounds. The few of several
events come last, through the sink that the projector uses, which knows about revisions.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import compress

import polars as pl
import psycopg

from projections.contributions import AGGREGATES, summed
from projections.filling import Positions, read_between, readable
from projections.indexes import without_indexes
from projections.projector import EnrichedDecoder
from projections.sink import Decode, ViewSink
from schemas.errors import DecodeError, ProjectionError
from schemas.settings import Settings

_ID = "incident_id"
_TABLES = ("incident", "incident_revision", "item", *AGGREGATES)


@dataclass(frozen=True)
class Narrowed:
    """Not all events, or not all of each.

    Attributes:
        keep: which rows count; may be asked more than once.
        columns: what `keep` looks at.
        decode: values as they are to be stored.
    """

    keep: Callable[[pl.DataFrame], pl.Series]
    columns: Collection[str]
    decode: Decode


def load(
    settings: Settings,
    tables: tuple[psycopg.Connection, int],
    ends: Positions,
    on_batch: Callable[[int], None],
    narrowed: Narrowed | None = None,
) -> tuple[int, int]:
    """Fill empty tables with the events before a vector of positions; how many were read, and how many of them count.

    Args:
        settings: where the log is.
        tables: a connection of ``ionics_writer``, used by nobody else, and the number of the tables.
        ends: the next offset to read of each partition; that of a reader that has read all before it.
        on_batch: called with the number of events of each batch, when it is stored.
        narrowed: which of the events count, and what of them; else all.

    Raises:
        LogError: the log cannot be read up to there.
        ProjectionError: the database refused.
    """
    connection, number = tables
    sink = ViewSink(connection, number, narrowed.decode if narrowed else EnrichedDecoder(settings))
    chosen, events = _Chosen(settings, narrowed), 0
    ids = pl.concat([pl.Series(_ID, [], dtype=pl.String), *(rows[_ID] for _, rows, _ in chosen.batches(ends))])
    several, kept = ids.filter(ids.is_duplicated()).unique(), len(ids)
    del ids
    try:
        connection.execute("SET synchronous_commit = off")  # whoever makes the tables the live ones waits for all
        with without_indexes(connection, number, _TABLES):
            totals = _Totals()
            for size, rows, values in chosen.batches(ends):
                totals.add(_loaded(settings, sink, _where(values, ~rows[_ID].is_in(several))))
                events += size
                on_batch(size)
            sink.add(totals.sums())
        if len(several):
            for _, rows, values in chosen.batches(ends):
                _applied(settings, sink, _where(values, rows[_ID].is_in(several)))
        sink.apply([], {(p.topic, p.number): (0, end) for p, end in ends.items() if end})
        connection.execute("RESET synchronous_commit")
    except psycopg.Error as error:
        raise ProjectionError(f"tables g{number} could not be loaded: {error}") from error
    return events, kept


class _Chosen:
    """The events that count, by a few of their columns."""

    def __init__(self, settings: Settings, narrowed: Narrowed | None) -> None:
        self._settings, self._narrowed = settings, narrowed
        self._decode = EnrichedDecoder(settings, {_ID, *(narrowed.columns if narrowed else ())})

    def batches(self, ends: Positions) -> Iterator[tuple[int, pl.DataFrame, list[bytes]]]:
        """The number of events read, rows of those that count, and their values; the columns are there in any case."""
        for batch in read_between(self._settings, {}, ends):
            values = batch.values
            try:
                rows = self._decode(values)
            except DecodeError:
                values = readable(self._settings, values)
                rows = self._decode(values)
            if not values:
                rows = pl.DataFrame(schema={_ID: pl.String})
            elif self._narrowed is not None:
                kept = self._narrowed.keep(rows)
                rows, values = rows.filter(kept), _where(values, kept)
            yield len(batch), rows, values


def _where(values: list[bytes], which: pl.Series) -> list[bytes]:
    return list(compress(values, which.to_list()))


def _loaded(settings: Settings, sink: ViewSink, values: list[bytes]) -> Mapping[str, pl.DataFrame]:
    try:
        return sink.load(values)
    except DecodeError:
        return sink.load(readable(settings, values))


def _applied(settings: Settings, sink: ViewSink, values: list[bytes]) -> None:
    try:
        sink.apply(values, {})
    except DecodeError:
        sink.apply(readable(settings, values), {})


class _Totals:
    """What batches contribute to the aggregates, summed up now and then."""

    def __init__(self) -> None:
        self._parts: dict[str, list[pl.DataFrame]] = {name: [] for name in AGGREGATES}

    def add(self, contributions: Mapping[str, pl.DataFrame]) -> None:
        """Take in those of a batch."""
        for name, rows in contributions.items():
            parts = self._parts[name]
            parts.append(rows)
            if sum(part.height for part in parts[1:]) > 2 * parts[0].height:
                self._parts[name] = [summed(name, parts)]

    def sums(self) -> Mapping[str, pl.DataFrame]:
        """One row a key."""
        return {name: summed(name, parts) for name, parts in self._parts.items() if parts}
