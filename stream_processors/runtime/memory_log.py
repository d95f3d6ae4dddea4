"""The twin of `KafkaLog` in memory: one worker's view of logs that several workers may share."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.errors import LogError, ProducerFencedError
from schemas.reading import Record
from stream_processors.runtime.log import CommitResult, Output, Partition


@dataclass
class MemoryCluster:
    """Partitions, stored positions and producer epochs. A commit leaves a hole, as Kafka's marker does."""

    records: dict[Partition, list[Record]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[Partition, int] = field(default_factory=lambda: defaultdict(int))
    positions: dict[tuple[str, Partition], int] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    now_ms: int = 1_700_000_000_000

    def append(self, out: Output) -> int:
        """Append one record without a transaction; its offset."""
        where = Partition(out.topic, out.partition)
        offset = self.ends[where]
        self.ends[where] = offset + 1
        self.now_ms += 1
        self.records[where].append(
            Record(out.topic, out.partition, offset, self.now_ms, out.key, out.value, out.headers)
        )
        return offset


class MemoryLog:
    """One worker of a group, which holds all partitions of its topic, and of others, by their numbers of partitions."""

    def __init__(
        self, cluster: MemoryCluster, group: str, topic: str, partitions: int, others: Mapping[str, int] | None = None
    ) -> None:
        self._cluster, self._group = cluster, group
        inputs = {topic: partitions, **(others or {})}
        self._held = frozenset(Partition(name, number) for name, count in inputs.items() for number in range(count))
        self._announced = False
        self._next: dict[Partition, int] = {}
        self._epoch = 0
        self._open: tuple[list[Output], dict[Partition, int]] | None = None

    def assigned(self) -> frozenset[Partition] | None:
        """See `Log.assigned`."""
        if self._announced:
            return None
        self._announced = True
        return self._held

    def resume(self, positions: Mapping[Partition, int]) -> None:
        """See `Log.resume`."""
        self._next = dict(positions)

    def consume(self, limit: int, wait_s: float) -> list[Record]:  # noqa: ARG002  # nothing to wait for in memory
        """See `Log.consume`."""
        batch: list[Record] = []
        for where in sorted(self._next):
            fresh = [r for r in self._cluster.records[where] if r.offset >= self._next[where]][: limit - len(batch)]
            if fresh:
                self._next[where] = fresh[-1].offset + 1
                batch += fresh
        return batch

    def init_transactions(self) -> None:
        """See `Log.init_transactions`."""
        self._cluster.epochs[self._group] += 1
        self._epoch, self._open = self._cluster.epochs[self._group], None

    def begin(self) -> None:
        """See `Log.begin`."""
        self._check()
        self._open = ([], {})

    def _check(self) -> None:
        if self._cluster.epochs[self._group] != self._epoch:
            raise ProducerFencedError(f"another worker took over {self._group}")

    @property
    def _transaction(self) -> tuple[list[Output], dict[Partition, int]]:
        if self._open is None:
            raise LogError("no transaction is open")
        return self._open

    def produce(self, outputs: Sequence[Output]) -> None:
        """See `Log.produce`."""
        self._transaction[0].extend(outputs)

    def send_offsets(self, positions: Mapping[Partition, int]) -> None:
        """See `Log.send_offsets`."""
        self._transaction[1].update(positions)

    def commit(self) -> CommitResult:
        """See `Log.commit`."""
        self._check()
        outputs, positions = self._transaction
        for out in outputs:
            self._cluster.append(out)
        for where in {Partition(out.topic, out.partition) for out in outputs}:
            self._cluster.ends[where] += 1
        for where, offset in positions.items():
            self._cluster.positions[self._group, where] = offset
        self._open = None
        return CommitResult.COMMITTED

    def abort(self) -> None:
        """See `Log.abort`."""
        self._open = None

    def committed(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """See `Log.committed`."""
        stored = self._cluster.positions
        return {where: stored[self._group, where] for where in partitions if (self._group, where) in stored}

    def high_watermark(self, partition: Partition) -> int:
        """See `Log.high_watermark`."""
        return self._cluster.ends[partition]

    def read(self, partition: Partition, start: int) -> Iterator[Record]:
        """See `Log.read`."""
        yield from [record for record in self._cluster.records[partition] if record.offset >= start]

    def close(self) -> None:
        """See `Log.close`."""
        self._next = {}
