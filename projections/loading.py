"""Loading empty tables from the log: nearly every incident is one event, and needs to be looked up by nobody.

Links, judgements and cases come first, through the sink that the projector uses: while there are no incidents, no
aggregate changes by them, and afterwards it is known which incidents repeat another one. The topic of incidents is then
read for the ids alone. An incident of one event is copied into tables without indexes, and what it adds to the
aggregates is summed up here, in memory that the aggregates' own size bounds. The few of several events come last,
through the sink again, which knows about revisions.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import compress

import polars as pl
import psycopg

from projections.contributions import AGGREGATES, summed
from projections.filling import Positions, fill, read_between, readable
from projections.indexes import without_indexes
from projections.matching import Read, RecordReader, kind_of
from projections.projector import EnrichedDecoder
from projections.sink import Decode, Loadable, ViewSink
from schemas.errors import ContractError, ProjectionError
from schemas.reading import Record
from schemas.settings import Settings

_ID = "incident_id"
_BATCH = 5_000
"""Events made ready at once: some 20 MB of text, of which two lie in memory."""
TABLES = ("incident", "incident_revision", "item", *AGGREGATES)
"""All tables that are folds of the incidents' events."""


@dataclass(frozen=True)
class Narrowed:
    """Not all events, or not all of each.

    Attributes:
        keep: which rows count; may be asked more than once.
        columns: what `keep` looks at.
        decode: values as they are to be stored.
        keep_other: whether a record of links, judgements or cases counts.
        read: the content of such a record as it is to be stored.
    """

    keep: Callable[[pl.DataFrame], pl.Series]
    columns: Collection[str]
    decode: Decode
    keep_other: Callable[[Record], bool]
    read: Read


def load(
    settings: Settings,
    tables: tuple[psycopg.Connection, int],
    ends: Positions,
    on_batch: Callable[[int], None],
    narrowed: Narrowed | None = None,
) -> tuple[int, int]:
    """Fill empty tables with what lies before a vector of positions.

    Args:
        settings: where the log is.
        tables: a connection of ``ionics_writer``, used by nobody else, and the number of the tables.
        ends: the next offset to read of each partition; that of a reader that has read all before it.
        on_batch: called with the number of events of each batch, when it is stored, and with 0 when one was only read;
            may raise to give up.
        narrowed: which of the events count, and what of them; else all.

    Returns:
        How many events were read, and how many incidents' events among them count.

    Raises:
        LogError: the log cannot be read up to there.
        ProjectionError: the database refused.
    """
    connection, number = tables
    ends_of_incidents = {p: end for p, end in ends.items() if kind_of(p.topic) is None}
    chosen = _Chosen(settings, narrowed, ends_of_incidents, on_batch)
    others = {p: end for p, end in ends.items() if p not in ends_of_incidents}
    decode = narrowed.decode if narrowed else EnrichedDecoder(settings)
    sink = ViewSink(connection, number, decode, narrowed.read if narrowed else RecordReader.of(settings))
    try:
        connection.execute("SET synchronous_commit = off")  # whoever makes the tables the live ones waits for all
        read_others = fill(settings, sink, ({}, others), on_batch, narrowed.keep_other if narrowed else lambda _: True)
        ids = chosen.ids()
        several, kept = ids.filter(ids.is_duplicated()).unique(), len(ids)
        del ids
        with without_indexes(connection, number, TABLES):
            events = _load_singles(partial(_loadable, settings, sink, several, sink.repeats()), sink, chosen, on_batch)
        if len(several):
            for values in chosen.of(several):
                _applied(settings, sink, values)
        sink.apply([], {(p.topic, p.number): (0, end) for p, end in ends_of_incidents.items() if end})
        connection.execute("RESET synchronous_commit")
    except psycopg.Error as error:
        raise ProjectionError(f"tables g{number} could not be loaded: {error}") from error
    return read_others + events, kept


def _load_singles(
    make: Callable[[list[bytes]], Loadable], sink: ViewSink, chosen: "_Chosen", on_batch: Callable[[int], None]
) -> int:
    totals, events = _Totals(), 0
    for size, batch in _made_ahead(make, chosen.batches()):
        sink.load(batch)
        totals.add(batch.contributions)
        events += size
        on_batch(size)
    sink.add(totals.sums())
    return events


class _Chosen:
    """The incidents' events that count, of those before a vector of positions."""

    def __init__(
        self, settings: Settings, narrowed: Narrowed | None, ends: Positions, on_batch: Callable[[int], None]
    ) -> None:
        self._settings, self._narrowed, self._ends, self._on_batch = settings, narrowed, ends, on_batch
        self._decode = EnrichedDecoder(settings, {_ID, *(narrowed.columns if narrowed else ())})

    def batches(self) -> Iterator[tuple[int, list[bytes]]]:
        """The number of events read, and the values of those that count, as far as can be told from few columns."""
        for batch in read_between(self._settings, {}, self._ends, _BATCH):
            self._on_batch(0)
            if self._narrowed is None:
                yield len(batch), batch.values
            else:
                rows, values = self._rows(batch.values)
                yield len(batch), _where(values, self._narrowed.keep(rows)) if values else []

    def _rows(self, values: list[bytes]) -> tuple[pl.DataFrame, list[bytes]]:
        """A few columns of the values that decode, and these values."""
        try:
            return self._decode(values), values
        except ContractError:
            values = readable(self._settings, values)
            return self._decode(values), values

    def ids(self) -> pl.Series:
        """The incident of each event that counts."""
        batches = (self._rows(values)[0] for _, values in self.batches() if values)
        return pl.concat([pl.Series(_ID, [], dtype=pl.String), *(rows[_ID] for rows in batches if rows.height)])

    def of(self, incidents: pl.Series) -> Iterator[list[bytes]]:
        """The values of these incidents, in batches."""
        for _, given in self.batches():
            rows, values = self._rows(given)
            if values:
                yield _where(values, rows[_ID].is_in(incidents.implode()))


def _made_ahead(
    make: Callable[[list[bytes]], Loadable], batches: Iterable[tuple[int, list[bytes]]]
) -> Iterator[tuple[int, Loadable]]:
    """Each batch made while the one before is stored: the database works then, and so may Python."""
    with ThreadPoolExecutor(1) as beside:
        made: tuple[int, Future[Loadable]] | None = None
        for size, values in batches:
            ahead = size, beside.submit(make, values)
            if made is not None:
                yield made[0], made[1].result()
            made = ahead
        if made is not None:
            yield made[0], made[1].result()


def _where(values: list[bytes], which: pl.Series) -> list[bytes]:
    return list(compress(values, which.to_list()))


def _loadable(
    settings: Settings, sink: ViewSink, without: pl.Series, repeats: pl.DataFrame, values: list[bytes]
) -> Loadable:
    try:
        return sink.loadable(values, without, repeats)
    except ContractError:
        return sink.loadable(readable(settings, values), without, repeats)


def _applied(settings: Settings, sink: ViewSink, values: list[bytes]) -> None:
    try:
        sink.apply(values, {})
    except ContractError:
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
