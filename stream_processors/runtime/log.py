"""The port to the log: all that a worker needs of Kafka, and nothing of Kafka's types."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from schemas.reading import Record


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Output:
    """A record to be written."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class CommitResult(Enum):
    """How a transaction ended."""

    COMMITTED = "committed"
    ABORTED = "aborted"
    UNSURE = "unsure"


class Log(Protocol):
    """A log with consumer groups and transactions, for one worker."""

    def assigned(self) -> frozenset[Partition] | None:
        """All partitions held, if that has changed since it was asked last; none is consumed before `resume`."""

    def resume(self, positions: Mapping[Partition, int]) -> None:
        """Consume the partitions held, each from a position."""

    def consume(self, limit: int, wait_s: float) -> Sequence[Record]:
        """Records, in order within each partition; waits for the first, then takes what is there.

        Best a `schemas.batch.Batch`, for the stages that work by column.

        Raises:
            LogError: the log does not answer.
        """

    def init_transactions(self) -> None:
        """Fence earlier producers of this worker and decide their open transactions. Drops the producer held before."""

    def begin(self) -> None:
        """Begin a transaction."""

    def produce(self, outputs: Sequence[Output]) -> None:
        """Write records in the open transaction."""

    def send_offsets(self, positions: Mapping[Partition, int]) -> None:
        """Store input positions in the open transaction."""

    def commit(self) -> CommitResult:
        """End the transaction. After any result but COMMITTED the worker calls `init_transactions` before the next.

        Partitions may be given up meanwhile; `assigned` tells of it, and nothing may be processed before it was asked.
        """

    def abort(self) -> None:
        """Throw the open transaction away."""

    def committed(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Stored input positions; partitions that have none are left out.

        Waits while a transaction that has stored positions of these partitions, by whatever worker, is not decided.
        """

    def high_watermark(self, partition: Partition) -> int:
        """Offset after the last record of any state, committed or not."""

    def read(self, partition: Partition, start: int) -> Iterator[Record]:
        """Committed records from `start` up to the high watermark of this moment; waits for open transactions."""

    def close(self) -> None:
        """Leave the group and drop everything."""
