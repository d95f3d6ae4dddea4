"""The replay itself: read, decode, select, judge, log, write, count; a batch at a time, in constant memory."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import polars as pl

from projections.replay.completeness import Extent, Tally
from projections.replay.decoding import KindDecoder
from projections.replay.selection import Selection
from projections.replay.sight import Sight
from projections.replay.source import Source, Span
from projections.replay.tables import table_of
from schemas.columnar import ROW

_SLICES_A_SECOND = 10
_NAMED = 10


class Sink(Protocol):
    """Where a replay goes."""

    def write(self, batch: pl.DataFrame, table: pl.DataFrame) -> None:
        """Take in records as `RECORDS` says, and their decoded columns as `table_of` gives them.

        Raises:
            ReplayError: they cannot be written.
        """

    def close(self) -> None:
        """Write what is in hand.

        Raises:
            ReplayError: it cannot be written.
        """


@dataclass
class Replayed:
    """What was replayed.

    Attributes:
        read: records that were read.
        given: those of them that were given.
        unreadable: positions of records that do not decode, the first few.
        spans: the offsets that were to be read.
        extents: what was given, by partition.
    """

    read: int = 0
    given: int = 0
    unreadable_count: int = 0
    unreadable: list[str] = field(default_factory=list)
    spans: Mapping[int, Span] = field(default_factory=dict)
    extents: Mapping[int, Extent] = field(default_factory=dict)


class Pace:
    """Holds a replay back to so many records a second.

    Args:
        rate: records a second; None does not hold back.
        now: a clock that only goes forward, in seconds.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        rate: float | None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate, self._now, self._sleep = rate, now, sleep
        self._begun, self._given = now(), 0

    @property
    def slice(self) -> int | None:
        """Most records to give at once."""
        return None if self._rate is None else max(1, int(self._rate / _SLICES_A_SECOND))

    def hold(self, records: int) -> None:
        """Wait until so many more may have been given."""
        self._given += records
        if self._rate is not None:
            ahead = self._given / self._rate - (self._now() - self._begun)
            if ahead > 0:
                self._sleep(ahead)


def replay(
    source: Source,
    topic: str,
    decoder: KindDecoder,
    selection: Selection,
    sight: Sight,
    sink: Sink,
    leaving: Callable[[Sequence[str]], None],
    *,
    pace: Pace | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Replayed:
    """Give what is wanted and may be seen to a sink, up to the end of the history as it is now.

    Args:
        source: the history.
        topic: which records.
        decoder: of their kind.
        selection: which of them.
        sight: what may be seen.
        sink: where they go; the caller closes it.
        leaving: called with the ids of incidents before they are given.
        pace: how fast.
        progress: called with how many records were read, and how many offsets there are.

    Raises:
        ForbiddenError: whoever looks may not any more.
        IonicsError: the history cannot be read, the sink cannot be written, or `leaving` objects.
    """
    pace = pace or Pace(None)
    done = Replayed(spans=selection.spans(source.spans(topic)))
    wanted, tally = selection.condition(decoder.empty), Tally()
    total = sum(max(0, span.end - span.first) for span in done.spans.values())
    for read in source.batches(topic, done.spans):
        for batch in read.iter_slices(pace.slice or read.height):
            records, columns = _judged(batch, topic, decoder, wanted, sight, done)
            done.read += batch.height
            if records.height:
                leaving(columns["incident_id"].drop_nulls().unique(maintain_order=True).to_list())
                sink.write(records, table_of(records, columns, whole=sight.whole))
                tally.add(records)
                done.given += records.height
            progress(done.read, total)
            pace.hold(records.height)
    done.extents = tally.extents()
    return done


def _judged(
    batch: pl.DataFrame, topic: str, decoder: KindDecoder, wanted: pl.Expr, sight: Sight, done: Replayed
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records that are wanted and may be seen, and their columns, row by row."""
    decoded = decoder.decode(batch["value"].to_list())
    for index in decoded.faults:
        done.unreadable_count += 1
        if len(done.unreadable) < _NAMED:
            partition, offset = batch.select("partition", "offset").row(index)
            done.unreadable.append(f"{topic}/{partition}/{offset}")
    columns = decoded.columns.filter(wanted)
    if columns.height:
        columns = columns.filter(sight.seen(columns))
    return batch.select(pl.all().gather(columns[ROW])), columns
