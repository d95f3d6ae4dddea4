"""The `Log` port over the simulated broker, for one worker: what `KafkaLog` promises, with everything that can happen.

Records are sent behind the worker's back, at the latest when it commits. A commit may be retried in silence; like
`KafkaLog`, the log then retires its producer before another transaction begins.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from schemas.errors import ClientHungError, LogError, ProducerFencedError
from schemas.reading import Record
from stream_processors.runtime import CommitResult, Output, Partition
from tests.simulation.broker import Broker
from tests.simulation.groups import Group
from tests.simulation.process import Process


class SimulatedLog:
    """One worker's log.

    Args:
        inputs: input topics, with how many partitions each has.
    """

    def __init__(
        self, broker: Broker, process: Process, group: str, inputs: Mapping[str, int], instance: str = "0"
    ) -> None:
        self.broker, self._process = broker, process
        self._group_name, self._instance = group, instance
        self._id = f"{group}-{instance}"
        held = [Partition(topic, number) for topic, count in inputs.items() for number in range(count)]
        self._group = broker.groups.setdefault(group, Group(held))
        self.member = self._group.join(instance)
        process.on_silence = lambda: self._group.remove(instance, self.member)
        self._owned: frozenset[Partition] = frozenset()
        self._changed, self._awaiting = False, True
        self._next: dict[Partition, int] = {}
        self._ahead, self._limit = list[Record](), 0
        self._epoch: int | None = None
        self._enlisted: set[Partition] | None = None
        self._queues: dict[Partition, list[Output]] = {}
        self._sent = False

    def _poll_group(self) -> None:
        if self._group.numbers.get(self._instance) != self.member:
            if self._instance in self._group.numbers:
                raise LogError(f"{self._id}: another one has the place of this instance")
            self.member = self._group.join(self._instance)
            self._owned, self._changed = frozenset(), True
        owned = self._group.poll(self._instance)
        if owned != self._owned:
            self._owned, self._changed = owned, True

    def _to_be_polled(self) -> bool:
        """Whether a poll of the group would bring something; looking changes nothing."""
        known = self._group.numbers.get(self._instance) == self.member
        return not known or self._group.would_change(self._instance)

    def assigned(self) -> frozenset[Partition] | None:
        """See `Log.assigned`."""
        self._process.call("assigned")
        if self._awaiting:
            self._poll_group()
        if not self._changed:
            return None
        self._changed, self._next = False, {}
        self._process.scheduler.note(f"  holds {sorted(p.number for p in self._owned)}")
        return self._owned

    def resume(self, positions: Mapping[Partition, int]) -> None:
        """See `Log.resume`."""
        self._process.call("resume")
        self._next, self._ahead = dict(positions), []
        self._awaiting = not positions

    def consume(self, limit: int, wait_s: float) -> list[Record]:
        """See `Log.consume`."""
        self._process.call("consume")
        self._limit = limit
        if wait_s and not self._ahead:
            self._process.wait(lambda: self._to_be_polled() or self._holds_more())
        if not self._process.faults.happens("heartbeat late"):
            self._poll_group()
        if self._changed:
            return []
        held, self._ahead = self._ahead[:limit], self._ahead[limit:]
        return held + self._fetched(limit - len(held))

    def _fetched(self, limit: int) -> list[Record]:
        batch: list[Record] = []
        for where in self._process.shuffled(self._fresh()):
            if len(batch) == limit:
                break
            records = list(self._committed(where, self._process.some(limit - len(batch))))
            if records:
                self._next[where] = records[-1].offset + 1
                batch += records
        return batch

    def _fresh(self) -> list[Partition]:
        return [where for where in sorted(self._next) if self.broker.logs[where].holds_more(self._next[where])]

    def _holds_more(self) -> bool:
        return any(self.broker.logs[where].holds_more(start) for where, start in self._next.items())

    def _committed(self, where: Partition, most: int) -> Iterator[Record]:
        log = self.broker.logs[where]
        return islice(log.committed(self._next[where], log.end), most)

    def init_transactions(self) -> None:
        """See `Log.init_transactions`."""
        self._process.call("init_transactions")
        self._retire()
        self._answer("init_transactions")

    def _retire(self) -> None:
        self._queues, self._enlisted = {}, None
        self._epoch = self.broker.fence(self._id)
        self._process.wait(lambda: self.broker.decided(self._id))

    def begin(self) -> None:
        """See `Log.begin`."""
        self._process.call("begin")
        if self._epoch is None or self._enlisted is not None:
            raise LogError("no producer, or a transaction is open")
        self._enlisted, self._sent = set(), False

    @property
    def _producer(self) -> tuple[str, int]:
        if self._epoch is None or self._enlisted is None:
            raise LogError("no transaction is open")
        return self._id, self._epoch

    def produce(self, outputs: Sequence[Output]) -> None:
        """See `Log.produce`."""
        self._process.call("produce")
        _ = self._producer
        for output in outputs:
            self._queues.setdefault(Partition(output.topic, output.partition), []).append(output)
        self._answer("produce")
        while self._queues and not self._process.faults.happens("records under way"):
            self._send_one()

    def _send_one(self) -> None:
        """One record of any partition; those of one partition keep their order."""
        where = self._process.shuffled(sorted(self._queues))[0]
        if where not in self._enlisted_ones:
            self._enlist(where)
        self._process.scheduler.point()
        self.broker.write(*self._producer, self._queues[where].pop(0))
        if not self._queues[where]:
            del self._queues[where]

    @property
    def _enlisted_ones(self) -> set[Partition]:
        if self._enlisted is None:
            raise LogError("no transaction is open")
        return self._enlisted

    def _enlist(self, where: Partition) -> None:
        self._process.wait(lambda: not self.broker.deciding(self._id))
        self._process.scheduler.point()
        self.broker.enlist(*self._producer, where)
        self._enlisted_ones.add(where)
        self._sent = True

    def send_offsets(self, positions: Mapping[Partition, int]) -> None:
        """See `Log.send_offsets`."""
        self._process.call("send_offsets")
        self._process.wait(lambda: not self.broker.deciding(self._id))
        producer = self._producer
        self._hang("before")
        self._sent = True
        self.broker.store(*producer, (self._group_name, self._instance, self.member), positions)
        self._hang("after")
        self._answer("send_offsets")

    def _hang(self, when: str) -> None:
        if self._process.faults.happens("call hangs"):
            raise ClientHungError(f"send_offsets did not return, {when} it was stored")

    def _answer(self, what: str) -> None:
        if self._process.faults.happens("answer lost"):
            raise LogError(f"{what}: no answer")

    def commit(self) -> CommitResult:
        """See `Log.commit`."""
        self._process.call("commit", "stall at commit")
        happens = self._process.faults.happens
        try:
            while self._queues:
                self._send_one()
            producer = self._producer
            if self._sent and happens("reads ahead"):
                self._read_ahead()
            if happens("commit aborted"):
                self.broker.end(*producer, committing=False)
                self._enlisted = None
                return CommitResult.ABORTED
            if happens("commit lost"):
                return CommitResult.UNSURE
            if happens("commit late"):
                self._echo(producer)
                return CommitResult.UNSURE
            if self._sent:
                self._process.scheduler.point()
                self.broker.end(*producer, committing=True)
        except ProducerFencedError as error:
            self._process.scheduler.note(f"  {error}")
            return CommitResult.UNSURE
        self._process.call("commit was done")
        if happens("commit unanswered"):
            return CommitResult.UNSURE
        self._enlisted = None
        if happens("commit retried in silence"):
            self._echo(producer)
            self._doubted()
        return CommitResult.COMMITTED

    def _read_ahead(self) -> None:
        """Read the next batch while the transaction is open, and do what the group wants meanwhile."""
        self._process.scheduler.point()
        self._poll_group()
        if not self._changed:
            self._ahead += self._fetched(self._limit - len(self._ahead))
        self._process.scheduler.note(f"  {len(self._ahead)} records read ahead")
        self._process.scheduler.point()

    def _echo(self, producer: tuple[str, int]) -> None:
        """The request to commit arrives at some later time."""

        def arrive() -> None:
            try:
                self.broker.end(*producer, committing=True)
            except ProducerFencedError as error:
                self._process.scheduler.note(f"late commit refused: {error}")
            else:
                self._process.scheduler.note(f"late commit of {producer[0]} arrived")

        self._process.scheduler.later(self._process.faults.delay_ms(), arrive)

    def _doubted(self) -> None:
        """A commit that may arrive once more must not meet another transaction."""
        self.init_transactions()

    def abort(self) -> None:
        """See `Log.abort`."""
        self._process.call("abort")
        if self._sent:
            self.broker.end(*self._producer, committing=False)
        self._queues, self._enlisted = {}, None

    def committed(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """See `Log.committed`."""
        self._process.call("committed")
        held = list(partitions)
        self._process.wait(lambda: not self.broker.unstable(self._group_name, held))
        self._answer("committed")
        stored = self.broker.positions
        return {where: stored[self._group_name, where] for where in held if (self._group_name, where) in stored}

    def high_watermark(self, partition: Partition) -> int:
        """See `Log.high_watermark`."""
        self._process.call(f"high_watermark {partition.topic}/{partition.number}")
        self._answer("high_watermark")
        return self.broker.logs[partition].end

    def read(self, partition: Partition, start: int) -> Iterator[Record]:
        """See `Log.read`."""
        end, log = self.high_watermark(partition), self.broker.logs[partition]
        if start < end:
            self._process.call(f"read {partition.topic}/{partition.number} from {start} to {end}")
            self._process.wait(lambda: log.stable >= end)
            yield from log.committed(start, end)

    def close(self) -> None:
        """See `Log.close`. A static member keeps its place for a while."""
