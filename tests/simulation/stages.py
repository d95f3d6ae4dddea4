"""The real stages with a fault in them: they fail now and then in mid-batch, and always at a poisoned record."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.reading import Record
from stream_processors.runtime import Log, Partition, Processed, Stage
from tests.simulation.faults import Faults
from tests.simulation.parties import POISON


class PoisonError(Exception):
    """What a record provokes in a stage that its author did not think of."""


class Fragile:
    """A stage that may fail; see `stream_processors.runtime.stage.Stage`.

    Args:
        faults: when it fails without a reason; never, if not given.
    """

    def __init__(self, stage: Stage[Any], faults: Faults | None = None) -> None:
        self.name, self.topic = stage.name, stage.topic
        self.stage, self._faults = stage, faults

    def restore(self, log: Log, stored: Mapping[Partition, int]) -> dict[Partition, int]:
        """See `Stage.restore`."""
        return self.stage.restore(log, stored)

    def process(self, batch: Sequence[Record]) -> Processed[Any]:
        """See `Stage.process`. A failure comes after part of the batch was looked at, and is none of one record."""
        bad = next((n for n, record in enumerate(batch) if dict(record.headers).get("poison") == POISON), None)
        if bad is None and len(batch) > 1 and self._faults and self._faults.happens("stage fails"):
            bad = len(batch) - 1
        if bad is None:
            return self.stage.process(batch)
        if bad:
            self.stage.process(batch[:bad])
        raise PoisonError("fails in the middle of a batch")

    def park(self, record: Record, error: Exception) -> Processed[Any]:
        """See `Stage.park`."""
        return self.stage.park(record, error)

    def apply(self, delta: Any) -> None:
        """See `Stage.apply`."""
        self.stage.apply(delta)
