"""The worker: runs any stage, a batch at a time, outputs and input positions in one transaction."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Generic

from schemas.batch import Batch
from schemas.errors import ClientHungError, LogError
from schemas.reading import Record
from stream_processors.runtime.log import CommitResult, Log, Partition
from stream_processors.runtime.stage import Delta, Processed, Stage

_logger = logging.getLogger(__name__)


class Worker(Generic[Delta]):
    """Runs a stage until it is told to stop.

    Args:
        log: the log; the worker closes it.
        stage: the stage.
        batch: most records in one transaction.
        on_batch: called after each committed batch with its size.
    """

    def __init__(
        self, log: Log, stage: Stage[Delta], batch: int = 20_000, on_batch: Callable[[int], None] | None = None
    ) -> None:
        self._log, self._stage, self._limit = log, stage, batch
        self._on_batch = on_batch
        self._held: frozenset[Partition] = frozenset()
        self._generation = 0

    def run(self, stop: threading.Event) -> None:
        """Process until `stop` is set; the batch in hand is finished.

        Raises:
            LogError: the log failed in a way that going through assignment again does not mend.
        """
        try:
            while not stop.is_set():
                self.step(0.2)
        finally:
            self._log.close()

    def step(self, wait_s: float) -> int:
        """One batch at most; the number of records processed."""
        self._follow_group()
        batch = self._log.consume(self._limit, wait_s)
        if batch:
            self._handle(batch)
        return len(batch)

    def _follow_group(self) -> None:
        """Take over the partitions held, if they are others than before."""
        changed = self._log.assigned()
        if changed is not None:
            self._held = changed
            self._take_over()

    def _take_over(self) -> None:
        """The order matters: all that was under way is decided before the outputs are read.

        Fencing decides what this worker left open. Asking for stored positions waits for what other workers did: one
        that was stopped after it had stored positions, and lost its partitions meanwhile, may still commit.
        """
        self._generation += 1
        self._log.init_transactions()
        held = sorted(self._held)
        stored = self._log.committed(held) if held else {}
        self._log.resume(self._stage.restore(self._log, {where: stored.get(where, 0) for where in held}))

    def _handle(self, batch: Sequence[Record]) -> None:
        try:
            done = self._stage.process(batch)
        except LogError:
            raise  # the log does not answer: no record's fault, and nothing may be parked for it
        except Exception as error:  # whatever a record provokes, it is found by halving and parked
            if len(batch) > 1:
                self._handle_halves(batch)
                return
            _logger.exception("%s: record parked at %s/%s/%s", self._stage.name, *_position(batch[0]))
            done = self._stage.park(batch[0], error)
        self._commit(batch, done)

    def _handle_halves(self, batch: Sequence[Record]) -> None:
        """The second half only if nothing was taken over since: it is consumed again then, maybe by another worker.

        Partitions can move during the commit of the first half, since the log does then what the group wants.
        """
        middle, before = len(batch) // 2, self._generation
        self._handle(batch[:middle])
        self._follow_group()
        if before == self._generation:
            self._handle(batch[middle:])

    def _commit(self, batch: Sequence[Record], done: Processed[Delta]) -> None:
        positions = {Partition(*where): offset for where, offset in Batch.of(batch).positions().items()}
        try:
            self._log.begin()
            self._log.produce(done.outputs)
            self._log.send_offsets(positions)
            result = self._log.commit()
        except ClientHungError:
            raise
        except LogError as error:  # fencing is one of them
            _logger.warning("%s: transaction given up: %s", self._stage.name, error)
            result = CommitResult.UNSURE
        if result is CommitResult.COMMITTED:
            self._stage.apply(done.delta)
            if self._on_batch:
                self._on_batch(len(batch))
            return
        _logger.warning("%s: batch of %d %s; state is restored", self._stage.name, len(batch), result.value)
        self._take_over()


def _position(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset
