"""What every implementation of the `Log` port promises. A test class inherits this and gives a fixture `ground`."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import pytest

from schemas.errors import LogError, ProducerFencedError
from schemas.reading import Record
from stream_processors.runtime import CommitResult, Log, Output, Partition

T = TypeVar("T")
_PATIENCE_S = 60.0


class Ground(Protocol):
    """An input topic of one partition and an output topic, both empty, and logs over them.

    Attributes:
        input: the partition that logs consume.
        output: a partition to write to.
    """

    input: Partition
    output: Partition

    def open(self, instance: str = "0") -> Log:
        """A log of a worker of the group; a second one of an instance is the same worker started again."""

    def start(self, call: Callable[[], T]) -> Callable[[], T]:
        """Begin a call that may have to wait for others; gives what waits for its end."""

    def append(self, values: Sequence[bytes]) -> None:
        """Write to the input without a transaction."""


def ready(log: Log, start: int = 0) -> None:
    """Go through assignment, as a worker does."""
    deadline = time.monotonic() + _PATIENCE_S
    held = log.assigned()
    while not held:
        assert time.monotonic() < deadline, "nothing was assigned"
        log.consume(10, 0.1)
        held = log.assigned()
    log.init_transactions()
    log.resume(dict.fromkeys(held, start))


def take(log: Log, number: int, limit: int = 100) -> list[Record]:
    """Consume until there are so many."""
    deadline, found = time.monotonic() + _PATIENCE_S, list[Record]()
    while len(found) < number:
        assert time.monotonic() < deadline, f"{len(found)} of {number} records came"
        found += log.consume(limit, 0.1)
    return found


def commit(log: Log, outputs: Sequence[Output], positions: dict[Partition, int] | None = None) -> CommitResult:
    """One transaction."""
    log.begin()
    log.produce(outputs)
    if positions is not None:
        log.send_offsets(positions)
    return log.commit()


class LogContract:
    """The contract."""

    def test_input_comes_in_order_from_the_position_given(self, ground: Ground) -> None:
        """Each record once, with its offset, from where `resume` says."""
        ground.append([b"a", b"b", b"c", b"d"])
        log = ground.open()
        ready(log, start=1)
        assert [(r.offset, r.value) for r in take(log, 3)] == [(1, b"b"), (2, b"c"), (3, b"d")]
        log.close()

    def test_no_more_than_the_limit_comes_at_once(self, ground: Ground) -> None:
        """A batch is bounded, and what is left comes next."""
        ground.append([b"a", b"b", b"c"])
        log = ground.open()
        ready(log)
        first = take(log, 1, limit=1)
        assert [record.value for record in first] == [b"a"]
        assert [record.value for record in take(log, 2)] == [b"b", b"c"]
        log.close()

    def test_an_assignment_is_announced_once(self, ground: Ground) -> None:
        """All partitions held, then None until that changes."""
        log = ground.open()
        ready(log)
        assert log.assigned() is None
        log.close()

    def test_a_position_can_be_gone_back_to(self, ground: Ground) -> None:
        """After a batch was thrown away it comes again."""
        ground.append([b"a", b"b"])
        log = ground.open()
        ready(log)
        take(log, 2)
        log.resume({ground.input: 0})
        assert [record.value for record in take(log, 2)] == [b"a", b"b"]
        log.close()

    def test_what_follows_a_commit_comes_once_and_again_after_going_back(self, ground: Ground) -> None:
        """A log may read on while it commits; what it read is not lost, not doubled, and forgotten by `resume`."""
        ground.append([b"a", b"b", b"c"])
        log = ground.open()
        ready(log)
        take(log, 1, limit=1)
        commit(log, [Output(*ground.output, None, b"out")], {ground.input: 1})
        assert [record.value for record in take(log, 1, limit=1)] == [b"b"]
        log.resume({ground.input: 1})
        assert [record.value for record in take(log, 2)] == [b"b", b"c"]
        log.close()

    def test_a_committed_transaction_is_there_as_it_was_written(self, ground: Ground) -> None:
        """Key, value and headers unchanged, null ones too; the input position is stored with it."""
        ground.append([b"a"])
        log = ground.open()
        ready(log)
        take(log, 1)
        headers = (("ce_id", b"\x00\xff"), ("ce_id", b"twice"))
        outputs = [Output(*ground.output, b"k", b"v", headers), Output(*ground.output, None, None)]
        assert CommitResult.COMMITTED is commit(log, outputs, {ground.input: 1})
        found = [(r.key, r.value, tuple(r.headers)) for r in log.read(ground.output, 0)]
        assert [(b"k", b"v", headers), (None, None, ())] == found
        assert {ground.input: 1} == log.committed([ground.input])
        log.close()

    def test_a_transaction_thrown_away_leaves_nothing(self, ground: Ground) -> None:
        """Neither records nor positions; the next one is not touched by it."""
        ground.append([b"a"])
        log = ground.open()
        ready(log)
        take(log, 1)
        log.begin()
        log.produce([Output(*ground.output, None, b"never")])
        log.send_offsets({ground.input: 1})
        log.abort()
        assert log.committed([ground.input]) == {}
        log.init_transactions()
        assert CommitResult.COMMITTED is commit(log, [Output(*ground.output, None, b"kept")])
        assert [record.value for record in log.read(ground.output, 0)] == [b"kept"]
        log.close()

    def test_reading_ends_at_the_high_watermark(self, ground: Ground) -> None:
        """Which lies behind the last record; offsets of transactions have holes, values have none."""
        log = ground.open()
        ready(log)
        assert log.high_watermark(ground.output) == 0
        assert list(log.read(ground.output, 0)) == []
        for value in (b"a", b"b", b"c"):
            commit(log, [Output(*ground.output, None, value)])
        records = list(log.read(ground.output, 0))
        assert [record.value for record in records] == [b"a", b"b", b"c"]
        assert log.high_watermark(ground.output) > records[-1].offset
        tail = list(log.read(ground.output, records[1].offset))
        assert [record.value for record in tail] == [b"b", b"c"]
        assert list(log.read(ground.output, log.high_watermark(ground.output))) == []
        log.close()

    def test_a_worker_started_again_fences_the_one_before(self, ground: Ground) -> None:
        """What the old one had open is decided as never written, and it cannot commit any more."""
        old = ground.open()
        ready(old)
        old.begin()
        old.produce([Output(*ground.output, None, b"of the old")])
        new = ground.open()
        new.init_transactions()
        with pytest.raises(ProducerFencedError):
            _committed_or_raised(old)
        assert CommitResult.COMMITTED is commit(new, [Output(*ground.output, None, b"of the new")])
        assert [record.value for record in new.read(ground.output, 0)] == [b"of the new"]
        new.close()
        old.close()

    def test_stored_positions_wait_for_transactions_that_hold_them(self, ground: Ground) -> None:
        """Another worker must not go on from a position, when one that was stopped may still commit the next."""
        ground.append([b"a"])
        log = ground.open()
        ready(log)
        take(log, 1)
        log.begin()
        log.produce([Output(*ground.output, None, b"v")])
        log.send_offsets({ground.input: 1})
        other = ground.open("1")
        stored = ground.start(lambda: other.committed([ground.input]))
        assert CommitResult.COMMITTED is log.commit()
        assert stored() == {ground.input: 1}
        other.close()
        log.close()

    def test_an_open_transaction_counts_and_hides_what_comes_after_it(self, ground: Ground) -> None:
        """The high watermark lies behind it; who reads to there gets both, once it is decided, in their order."""
        log, other = ground.open(), ground.open("1")
        for each in (log, other):
            each.init_transactions()
        log.begin()
        log.produce([Output(*ground.output, None, b"open")])
        _until(lambda: other.high_watermark(ground.output) > 0, "the open record did not come")
        assert CommitResult.COMMITTED is commit(other, [Output(*ground.output, None, b"committed")])
        read = ground.start(lambda: [record.value for record in other.read(ground.output, 0)])
        assert CommitResult.COMMITTED is log.commit()
        assert read() == [b"open", b"committed"]
        other.close()
        log.close()

    def test_nothing_is_written_outside_a_transaction(self, ground: Ground) -> None:
        """Not before `begin`, and not after the end."""
        log = ground.open()
        ready(log)
        with pytest.raises(LogError):
            log.produce([Output(*ground.output, None, b"early")])
        log.init_transactions()
        commit(log, [Output(*ground.output, None, b"in time")])
        with pytest.raises(LogError):
            log.produce([Output(*ground.output, None, b"late")])
        assert [record.value for record in log.read(ground.output, 0)] == [b"in time"]
        log.close()


def _until(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, otherwise


def _committed_or_raised(log: Log) -> None:
    """A fenced commit raises, or says that it did not commit; either way the worker begins anew."""
    if log.commit() is not CommitResult.COMMITTED:
        raise ProducerFencedError("the commit did not happen")
