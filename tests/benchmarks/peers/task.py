"""What a peer is given and what it gives back, as JSON files. Standard library only: all peers import it."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Task:
    """One run of one peer.

    Attributes:
        bootstrap: address of the broker.
        topic: the input; none but whole records, offsets without holes.
        events: records in all partitions together.
        partitions: number of them.
        run: a name that no other run has, for groups and topics.
        mode: which form of the peer.
        schema: file with the Avro schema of the values.
        projection: file with that schema, without the fields that the fold does not need.
        directory: where the peer may write.
        table: file that the peer writes its table to.
        result: file that the peer writes its `Measured` to.
    """

    bootstrap: str
    topic: str
    events: int
    partitions: int
    run: str
    mode: str
    schema: str
    projection: str
    directory: str
    table: str
    result: str

    def avro_schema(self) -> dict[str, Any]:
        """The schema of the values."""
        found: dict[str, Any] = json.loads(Path(self.schema).read_text(encoding="utf-8"))
        return found

    def wanted_schema(self) -> dict[str, Any]:
        """The projection of that schema."""
        found: dict[str, Any] = json.loads(Path(self.projection).read_text(encoding="utf-8"))
        return found

    def save(self, path: Path) -> None:
        """Write it where the peer will read it."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def given() -> Task:
    """The task that this process was started with."""
    return Task(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Measured:
    """What a peer measured.

    Attributes:
        seconds: from the fetch that brings the first records to the final state, committed where the peer commits.
        cpu_s: of all threads of the process in that time.
        warm_events, warm_seconds: the second half alone, where a peer gives it.
    """

    seconds: float
    cpu_s: float
    warm_events: int = 0
    warm_seconds: float = 0.0


Moment = tuple[float, float]
"""Seconds on the clock, and CPU seconds of this process."""


def now() -> Moment:
    """This moment."""
    return time.perf_counter(), time.process_time()


@dataclass(frozen=True)
class Lap:
    """The time of one process. The clock is the same for all processes of the machine.

    Attributes:
        begun, ended: seconds on the clock.
        cpu_s: of all threads in between.
    """

    begun: float
    ended: float
    cpu_s: float

    def save(self, path: Path) -> None:
        """Write it for another process."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @staticmethod
    def of(path: Path) -> "Lap":
        """What another process wrote."""
        return Lap(**json.loads(path.read_text(encoding="utf-8")))


class Stopwatch:
    """Time of one run; from the fetch that brings the first records to the final state."""

    def __init__(self) -> None:
        self._begun: Moment | None = None

    def start(self, asked: Moment) -> None:
        """Start, unless it runs already, at the moment at which the first records were asked for."""
        if self._begun is None:
            self._begun = asked

    def lap(self) -> Lap:
        """The time up to now."""
        if self._begun is None:
            sys.exit("no record was ever in hand")
        ended = now()
        return Lap(self._begun[0], ended[0], ended[1] - self._begun[1])

    def stop(self, task: Task) -> None:
        """Write what was measured."""
        write_measured(task, [self.lap()])


def write_measured(task: Task, laps: Sequence[Lap]) -> None:
    """Write what was measured: from the first beginning to the last end, the CPU time of all together."""
    seconds = max(lap.ended for lap in laps) - min(lap.begun for lap in laps)
    measured = Measured(seconds, sum(lap.cpu_s for lap in laps))
    Path(task.result).write_text(json.dumps(asdict(measured)), encoding="utf-8")
