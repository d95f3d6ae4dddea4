"""The smallest stage with a state: it numbers the records of its input."""

from collections.abc import Sequence

from schemas.reading import Record
from stream_processors.runtime import Log, Output, Partition, Processed


class Counting:
    """Writes for each record its number and its offset, to the partitions of the output in turn; its state is a count.

    Args:
        topic: the input, of one partition.
        outputs: where to.
    """

    name = "counting"

    def __init__(self, topic: str, outputs: Sequence[Partition]) -> None:
        self.topic = topic
        self._outputs = outputs
        self._count = 0

    def restore(self, log: Log, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """See `Stage.restore`."""
        self._count = sum(1 for output in self._outputs for _ in log.read(output, 0))
        stored = log.committed(partitions)
        return {partition: stored.get(partition, 0) for partition in partitions}

    def process(self, batch: Sequence[Record]) -> Processed[int]:
        """See `Stage.process`."""
        outputs = [
            Output(*self._outputs[number % len(self._outputs)], None, b"%d %d" % (number, record.offset))
            for number, record in enumerate(batch, self._count + 1)
        ]
        return Processed(outputs, self._count + len(batch))

    def park(self, record: Record, error: Exception) -> Processed[int]:
        """No record is beyond counting."""
        raise AssertionError(record) from error

    def apply(self, delta: int) -> None:
        """See `Stage.apply`."""
        self._count = delta
