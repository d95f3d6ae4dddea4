"""What a stage is: pure functions over batches, and the history that its state is a fold of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from schemas.reading import Record
from stream_processors.runtime.log import Log, Output, Partition

Delta = TypeVar("Delta")


@dataclass(frozen=True)
class Processed(Generic[Delta]):
    """What a batch gives: records to write, and what the state gains once they are known to be committed."""

    outputs: list[Output]
    delta: Delta


class Stage(Protocol[Delta]):
    """A stage. `process` and `park` change nothing and do not depend on where batches are cut."""

    name: str
    topic: str

    def restore(self, log: Log, stored: Mapping[Partition, int]) -> dict[Partition, int]:
        """Make the state of the input partitions held anew from the outputs; the position of each to go on from.

        Args:
            log: where to read them.
            stored: each partition with its stored position, 0 where there is none. What the workers that held them
                before had under way is decided, so the outputs are all that there will be of it.
        """

    def process(self, batch: Sequence[Record]) -> Processed[Delta]:
        """What a batch gives.

        Raises:
            Exception: the batch holds a record that the stage cannot handle; the worker finds it by halving.
        """

    def park(self, record: Record, error: Exception) -> Processed[Delta]:
        """What is written instead for the one record that `process` cannot handle."""

    def apply(self, delta: Delta) -> None:
        """Take the delta of a committed batch into the state."""
