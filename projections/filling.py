"""Filling tables from the log up to a vector of positions: what rebuilding and looking back have in common."""

import time
from collections.abc import Callable, Mapping

import polars as pl

from projections.matching import RecordReader
from projections.projector import EnrichedDecoder, parted, unreadable
from projections.sink import Decode, ViewSink
from schemas.errors import ContractError, LogError
from schemas.reading import Record
from schemas.settings import Settings
from stream_processors.runtime.follower import Follower
from stream_processors.runtime.log import Partition

Positions = Mapping[Partition, int]
Keep = Callable[[pl.DataFrame], pl.Series]

_BATCH = 20_000
_PATIENCE_S = 30.0


def fill(
    settings: Settings,
    sink: ViewSink,
    positions: tuple[Positions, Positions],
    on_batch: Callable[[int], None],
    keep: tuple[Decode, Keep] | None = None,
    keep_other: Callable[[Record], bool] = lambda _: True,
) -> int:
    """Apply the events between two vectors of positions; their number.

    Args:
        settings: where the log is.
        sink: of the tables; its positions stand at the first vector.
        positions: the next offset to read of each partition, before and after; the second one is that of a reader that
            has read all before it, so that a record lies just below each.
        on_batch: called with the number of events of each batch.
        keep: decodes values, and says which of the rows are applied; else all are.
        keep_other: whether a record of links, judgements or cases is applied.

    Raises:
        LogError: the log cannot be read up to there.
        ProjectionError: the database refused.
    """
    start, ends = positions
    next_ = {partition: start.get(partition, 0) for partition, end in ends.items() if start.get(partition, 0) < end}
    if not next_:
        return 0
    follower, events, heard = Follower(settings, next_), 0, time.monotonic()
    try:
        while any(offset < ends[partition] for partition, offset in next_.items()):
            records = [
                record
                for record in follower.consume(_BATCH, 0.2)
                if record.offset < ends[Partition(record.topic, record.partition)]
            ]
            if not records:
                if time.monotonic() - heard > _PATIENCE_S:
                    raise LogError(f"the log does not go on within {_PATIENCE_S:.0f} s, before the positions wanted")
                continue
            heard = time.monotonic()
            moved = {Partition(record.topic, record.partition): record.offset + 1 for record in records}
            advance = {(p.topic, p.number): (next_[p], offset) for p, offset in moved.items()}
            try:
                _apply(sink, records, advance, (keep, keep_other))
            except ContractError:
                # What cannot be read is a dead letter of the projector.
                faults = unreadable(records, EnrichedDecoder(settings), RecordReader.of(settings))
                readable = [record for index, record in enumerate(records) if index not in faults]
                _apply(sink, readable, advance, (keep, keep_other))
            next_.update(moved)
            events += len(records)
            on_batch(len(records))
    finally:
        follower.close()
    return events


def _apply(
    sink: ViewSink,
    records: list[Record],
    advance: Mapping[tuple[str, int], tuple[int, int]],
    wanted: tuple[tuple[Decode, Keep] | None, Callable[[Record], bool]],
) -> None:
    values, others = parted(records)
    sink.apply(_wanted(values, wanted[0]), advance, [record for record in others if wanted[1](record)])


def _wanted(values: list[bytes], keep: tuple[Decode, Keep] | None) -> list[bytes]:
    if keep is None or not values:
        return values
    decode, wanted = keep
    return [value for value, kept in zip(values, wanted(decode(values)), strict=True) if kept]
