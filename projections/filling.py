"""Reading the log up to a vector of positions, and filling tables with it that are in use."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from projections.matching import RecordReader
from projections.projector import EnrichedDecoder, parted, unreadable
from projections.sink import ViewSink
from schemas.batch import Batch
from schemas.errors import ContractError, LogError
from schemas.reading import Record
from schemas.settings import Settings
from stream_processors.runtime.follower import Follower
from stream_processors.runtime.log import Partition

Positions = Mapping[Partition, int]

_BATCH = 20_000
_PATIENCE_S = 30.0


def fill(
    settings: Settings,
    sink: ViewSink,
    positions: tuple[Positions, Positions],
    on_batch: Callable[[int], None],
    keep_other: Callable[[Record], bool] = lambda _: True,
) -> int:
    """Apply the events between two vectors of positions; their number.

    Args:
        settings: where the log is.
        sink: of the tables; its positions stand at the first vector.
        positions: the next offset to read of each partition, before and after; the second one is that of a reader that
            has read all before it, so that a record lies just below each.
        on_batch: called with the number of events of each batch.
        keep_other: whether a record of links, judgements or cases is applied.

    Raises:
        LogError: the log cannot be read up to there.
        ProjectionError: the database refused.
    """
    start, ends = positions
    next_ = {partition: start.get(partition, 0) for partition in ends}
    events = 0
    for batch in read_between(settings, start, ends):
        moved = {Partition(*where): offset for where, offset in batch.positions().items()}
        advance = {(p.topic, p.number): (next_[p], offset) for p, offset in moved.items()}
        try:
            _apply(sink, batch, advance, keep_other)
        except ContractError:
            # What cannot be read is a dead letter of the projector.
            faults = unreadable(batch, EnrichedDecoder(settings), RecordReader.of(settings))
            _apply(sink, [record for n, record in enumerate(batch) if n not in faults], advance, keep_other)
        next_.update(moved)
        events += len(batch)
        on_batch(len(batch))
    return events


def _apply(
    sink: ViewSink,
    batch: Sequence[Record],
    advance: Mapping[tuple[str, int], tuple[int, int]],
    keep_other: Callable[[Record], bool],
) -> None:
    values, others = parted(batch)
    sink.apply(values, advance, list(filter(keep_other, others)))


def read_between(settings: Settings, start: Positions, ends: Positions, most: int = _BATCH) -> Iterator[Batch]:
    """The records between two vectors of positions, in batches of so many at most.

    Raises:
        LogError: the log cannot be read up to there.
    """
    next_ = {partition: start.get(partition, 0) for partition, end in ends.items() if start.get(partition, 0) < end}
    if not next_:
        return
    follower, heard = Follower(settings, next_), time.monotonic()
    try:
        while any(offset < ends[partition] for partition, offset in next_.items()):
            batch = _before(ends, follower.consume(most, 0.2))
            if not batch:
                if time.monotonic() - heard > _PATIENCE_S:
                    raise LogError(f"the log does not go on within {_PATIENCE_S:.0f} s, before the positions wanted")
                continue
            yield batch
            heard = time.monotonic()
            next_.update({Partition(*where): offset for where, offset in batch.positions().items()})
    finally:
        follower.close()


def _before(ends: Positions, batch: Batch) -> Batch:
    if all(offset <= ends[Partition(*where)] for where, offset in batch.positions().items()):
        return batch
    return Batch.of([record for record in batch if record.offset < ends[Partition(record.topic, record.partition)]])


def readable(settings: Settings, values: Sequence[bytes]) -> list[bytes]:
    """The values of enriched incidents that decode."""
    faults = EnrichedDecoder(settings).unreadable(values)
    return [value for index, value in enumerate(values) if index not in faults]
