"""Reading by positions kept elsewhere: the projector's source, and admission's directory and dictionary."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from schemas.errors import LogError
from schemas.reading import Record
from stream_processors.runtime import Partition
from tests.simulation.broker import Broker, PartitionLog
from tests.simulation.process import Process


class SimulatedSource:
    """Committed records from given positions on; see `projections.projector.Source`."""

    def __init__(self, broker: Broker, process: Process, positions: Mapping[Partition, int]) -> None:
        self._broker, self._process, self._next = broker, process, dict(positions)

    def consume(self, limit: int, wait_s: float) -> list[Record]:  # noqa: ARG002  # it waits until something comes
        """See `Source.consume`."""
        self._process.call("consume")
        self._process.wait(lambda: any(self._log(p).holds_more(start) for p, start in self._next.items()))
        if self._process.faults.happens("no answer"):
            raise LogError("the log cannot be read")
        batch: list[Record] = []
        for where in self._process.shuffled(self._fresh()):
            if len(batch) < limit:
                some = self._process.some(limit - len(batch))
                batch += islice(self._log(where).committed(self._next[where], self._log(where).end), some)
        for record in batch:
            self._next[Partition(record.topic, record.partition)] = record.offset + 1
        return batch

    def _fresh(self) -> list[Partition]:
        return [where for where, start in sorted(self._next.items()) if self._log(where).holds_more(start)]

    def _log(self, where: Partition) -> PartitionLog:
        return self._broker.logs[where]

    def close(self) -> None:
        """See `Source.close`."""


class SimulatedTopic:
    """A topic of one partition; see `stream_processors.admit.directory_reader.OneTopic`.

    Args:
        on_look: called each time before its end is told, when others may write to it.
    """

    def __init__(self, broker: Broker, process: Process, name: str, on_look: Callable[[], None]) -> None:
        self._log, self._process, self._on_look = broker.logs[Partition(name, 0)], process, on_look

    def end(self) -> int:
        """See `OneTopic.end`."""
        self._process.call("look at the directory")
        self._on_look()
        if self._process.faults.happens("no answer"):
            raise LogError("the directory cannot be read")
        return self._log.end

    def read(self, start: int) -> Iterator[Record]:
        """See `OneTopic.read`."""
        self._process.scheduler.point()
        yield from self._log.committed(start, self._log.end)
