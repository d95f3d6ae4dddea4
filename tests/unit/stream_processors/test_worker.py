"""The worker: a bad record is found alone, and only what is known to be committed becomes state."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import LogError, ProducerFencedError
from schemas.reading import Record
from stream_processors.runtime import CommitResult, Log, MemoryCluster, MemoryLog, Output, Partition, Processed, Worker

OUT, PARKED = Partition("out", 0), Partition("parked", 0)


class Numbering:
    """Writes each value with its number in the order of the log; its state is the last number, a fold of its output."""

    name, topic = "numbering", "in"

    def __init__(self, error: Exception | None = None) -> None:
        self.last = 0
        self.restored = 0
        self._error = error or ValueError("poison")

    def restore(self, log: Log, stored: Mapping[Partition, int]) -> dict[Partition, int]:
        """See `Stage.restore`."""
        self.restored += 1
        self.last = sum(1 for _ in log.read(OUT, 0))
        done = self.last + sum(1 for _ in log.read(PARKED, 0))
        return dict.fromkeys(stored, done)

    def process(self, batch: Sequence[Record]) -> Processed[int]:
        """See `Stage.process`."""
        if any(record.value == b"poison" for record in batch):
            raise self._error
        outputs = [Output(*OUT, None, b"%d %s" % (self.last + n, r.value or b"")) for n, r in enumerate(batch, 1)]
        return Processed(outputs, self.last + len(batch))

    def park(self, record: Record, error: Exception) -> Processed[int]:
        """See `Stage.park`."""
        return Processed([Output(*PARKED, None, b"%d %s" % (record.offset, str(error).encode()))], self.last)

    def apply(self, delta: int) -> None:
        """See `Stage.apply`."""
        self.last = delta


class Faulty(MemoryLog):
    """A log whose commits end as told; unsure ones were committed or not, as told."""

    def __init__(self, cluster: MemoryCluster, ends: Sequence[str]) -> None:
        super().__init__(cluster, "g", "in", 1)
        self.ends = list(ends)

    def commit(self) -> CommitResult:
        """See `Log.commit`."""
        end = self.ends.pop(0) if self.ends else "committed"
        if end in ("committed", "unsure, but committed", "raised, but committed"):
            super().commit()
        if end == "fenced":
            raise ProducerFencedError("another worker")
        if end.startswith("raised"):
            raise LogError("no answer")
        return {"committed": CommitResult.COMMITTED, "aborted": CommitResult.ABORTED}.get(end, CommitResult.UNSURE)


ENDS = ["committed", "aborted", "unsure", "unsure, but committed", "raised", "raised, but committed", "fenced"]


def _run(given_values: Sequence[bytes], batch: int, ends: Sequence[str] = ()) -> tuple[MemoryCluster, Numbering]:
    cluster = MemoryCluster()
    for value in given_values:
        cluster.append(Output("in", 0, None, value))
    stage = Numbering()
    worker: Worker[Any] = Worker(Faulty(cluster, ends), stage, batch)
    for _ in range(len(given_values) + 2 * len(ends) + 2):
        worker.step(0)
    return cluster, stage


def _values(cluster: MemoryCluster, where: Partition) -> list[bytes | None]:
    return [record.value for record in cluster.records[where]]


@settings(deadline=None, max_examples=60)
@given(stated=st.lists(st.sampled_from([b"good", b"poison"]), max_size=12), batch=st.integers(1, 13))
def test_only_the_bad_records_are_parked(stated: list[bytes], batch: int) -> None:
    """However many there are and however batches are cut; the others are numbered without a gap."""
    cluster, stage = _run(stated, batch)
    bad = [offset for offset, value in enumerate(stated) if value == b"poison"]
    good = len(stated) - len(bad)
    assert [b"%d poison" % offset for offset in bad] == _values(cluster, PARKED)
    assert [b"%d good" % number for number in range(1, good + 1)] == _values(cluster, OUT)
    assert good == stage.last


@settings(deadline=None, max_examples=80)
@given(
    stated=st.lists(st.sampled_from([b"good", b"poison"]), min_size=1, max_size=8),
    batch=st.integers(1, 9),
    ends=st.lists(st.sampled_from(ENDS), max_size=6),
)
def test_no_end_of_a_transaction_loses_or_repeats_a_record(stated: list[bytes], batch: int, ends: list[str]) -> None:
    """Aborted, unsure, raised or fenced: what was not committed comes again, what was does not."""
    cluster, stage = _run(stated, batch, ends)
    calm, calm_stage = _run(stated, batch)
    assert (_values(calm, OUT), _values(calm, PARKED)) == (_values(cluster, OUT), _values(cluster, PARKED))
    assert calm_stage.last == stage.last


@pytest.mark.parametrize("end", ENDS[1:])
def test_a_delta_is_thrown_away_unless_the_commit_is_known(end: str) -> None:
    """The state is then made anew from the outputs, not from what might have been written."""
    cluster = MemoryCluster()
    cluster.append(Output("in", 0, None, b"good"))
    stage = Numbering()
    worker: Worker[Any] = Worker(Faulty(cluster, [end]), stage, 10)
    stage.apply = lambda _: pytest.fail("the delta was applied")  # type: ignore[method-assign]  # the stage of this test alone
    worker.step(0)
    assert (2, len(_values(cluster, OUT))) == (stage.restored, stage.last)


def test_a_log_that_does_not_answer_is_no_records_fault() -> None:
    """Nothing is parked for it; the worker ends, and started again it goes on where it was."""
    cluster = MemoryCluster()
    for value in (b"good", b"poison"):
        cluster.append(Output("in", 0, None, value))
    failing: Worker[Any] = Worker(Faulty(cluster, []), Numbering(LogError("no answer")), 10)
    with pytest.raises(LogError, match="no answer"):
        failing.step(0)
    assert (_values(cluster, OUT), _values(cluster, PARKED)) == ([], [])


class Moving(MemoryLog):
    """A log whose partitions move while its first transaction is committed, to a worker that finishes all there is."""

    def __init__(self, cluster: MemoryCluster) -> None:
        super().__init__(cluster, "g", "in", 1)
        self._moved, self._told = False, False

    def commit(self) -> CommitResult:
        """See `Log.commit`."""
        result = super().commit()
        if not self._moved:
            self._moved = True
            other: Worker[Any] = Worker(MemoryLog(self._cluster, "of another", "in", 1), Numbering(), 10)
            other.step(0)
        return result

    def assigned(self) -> frozenset[Partition] | None:
        """See `Log.assigned`."""
        if self._moved and not self._told:
            self._told = True
            return frozenset()
        return super().assigned()


def test_half_a_batch_is_left_alone_if_its_partitions_moved_meanwhile() -> None:
    """Whoever has them now has processed it."""
    cluster = MemoryCluster()
    for value in (b"good", b"good", b"good", b"poison"):
        cluster.append(Output("in", 0, None, value))
    worker: Worker[Any] = Worker(Moving(cluster), Numbering(), 10)
    worker.step(0)
    worker.step(0)
    assert _values(cluster, OUT) == [b"1 good", b"2 good", b"3 good"]
    assert _values(cluster, PARKED) == [b"3 poison"]


class Told(MemoryLog):
    """A log that remembers what was asked of it, in order."""

    def __init__(self, cluster: MemoryCluster) -> None:
        super().__init__(cluster, "g", "in", 1)
        self.asked: list[str] = []

    def init_transactions(self) -> None:
        """See `Log.init_transactions`."""
        self.asked.append("init_transactions")
        super().init_transactions()

    def committed(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """See `Log.committed`."""
        self.asked.append("committed")
        return super().committed(partitions)

    def read(self, partition: Partition, start: int) -> Iterator[Record]:
        """See `Log.read`."""
        self.asked.append("read")
        return super().read(partition, start)


def test_all_that_was_under_way_is_decided_before_outputs_are_read() -> None:
    """Own transactions by fencing, those of other workers by asking for the positions, which waits for them."""
    log = Told(MemoryCluster())
    worker: Worker[Any] = Worker(log, Numbering(), 2)
    worker.step(0)
    assert log.asked == ["init_transactions", "committed", "read", "read"]


def test_committed_batches_are_counted() -> None:
    """Once each, with their size; one that was thrown away is not."""
    cluster, sizes = MemoryCluster(), list[int]()
    for _ in range(5):
        cluster.append(Output("in", 0, None, b"good"))
    worker: Worker[Any] = Worker(Faulty(cluster, ["aborted"]), Numbering(), 2, sizes.append)
    for _ in range(6):
        worker.step(0)
    assert sizes == [2, 2, 1]
