"""This project's worker: the shipped `Worker` on the shipped `KafkaLog` runs the fold, in one process or in several.

Modes: how many. Several share the partitions as the workers of a stage do, and begin when each has its share; the
table is the sum of theirs. All stop when all records are committed.
"""

import io
import multiprocessing
import time
from pathlib import Path
from typing import Any

import polars as pl
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas.batch import Batch
from schemas.settings import Settings
from stream_processors.runtime import KafkaLog, Partition, Worker
from stream_processors.runtime.collecting import collect_seldom
from tests.benchmarks.peers import table
from tests.benchmarks.peers.columns import MEASURES, lines
from tests.benchmarks.peers.fold_stage import FoldStage
from tests.benchmarks.peers.packing import KEYS
from tests.benchmarks.peers.task import Lap, Stopwatch, Task, given, now, write_measured

_SPAWN = multiprocessing.get_context("spawn")
_PATIENCE_S = 60.0


class _WatchedLog(KafkaLog):
    """Starts the watch at the fetch that brings the first records."""

    def __init__(self, settings: Settings, task: Task, instance: int, watch: Stopwatch) -> None:
        super().__init__(settings, task.run, task.topic, str(instance))
        self._started = watch
        self._first: frozenset[Partition] | None = None

    def await_shares(self, partitions: int, workers: int, ready: Any) -> None:
        """Wait until each worker holds so many partitions. Who has its share serves the group until all have."""
        deadline, counted = time.monotonic() + _PATIENCE_S, False
        while ready.value < workers:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{partitions} partitions were not assigned within {_PATIENCE_S:.0f} s")
            changed = super().assigned()
            self._first = self._first if changed is None else changed
            if not counted and self._first is not None and len(self._first) == partitions:
                counted = True
                with ready.get_lock():
                    ready.value += 1
            time.sleep(0.005)  # nothing tells when the group is done

    def assigned(self) -> frozenset[Partition] | None:
        first, self._first = self._first, None
        return super().assigned() if first is None else first

    def consume(self, limit: int, wait_s: float) -> Batch:
        asked = now()
        found = super().consume(limit, wait_s)
        if found:
            self._started.start(asked)
        return found


def _fold(task: Task, state: str, instance: int, ready: Any, done: Any) -> tuple[Lap, pl.DataFrame]:
    """One worker until all are done: its time, and its table. Numbers of ready workers and done records are shared."""
    collect_seldom()
    watch = Stopwatch()
    log = _WatchedLog(Settings(Path(task.directory), bootstrap=task.bootstrap), task, instance, watch)
    stage = FoldStage(task.topic, state, task.avro_schema())

    def count(events: int) -> None:
        with done.get_lock():
            done.value += events

    worker, workers = Worker(log, stage, on_batch=count), int(task.mode or 1)
    try:
        log.await_shares(task.partitions // workers, workers, ready)
        while done.value < task.events:
            worker.step(0.02)
        rows = stage.table()
        return watch.lap(), rows
    finally:
        log.close()


def _fold_beside(task: Task, state: str, instance: int, ready: Any, done: Any, place: Path) -> None:
    """The same in a process of its own, which leaves what it found in a file."""
    lap, rows = _fold(task, state, instance, ready, done)
    rows.write_ipc(place)
    lap.save(place.with_suffix(".json"))


def main() -> None:
    """Fold the task's topic."""
    task = given()
    workers = int(task.mode or 1)
    state = f"{task.run}-state"
    admin = AdminClient({"bootstrap.servers": task.bootstrap})
    admin.create_topics([NewTopic(state, task.partitions, 1)])[state].result(30)
    ready, done = _SPAWN.Value("q", 0), _SPAWN.Value("q", 0)
    places = [Path(task.directory) / f"{instance}.ipc" for instance in range(1, workers)]
    others = [
        _SPAWN.Process(target=_fold_beside, args=(task, state, instance, ready, done, place))
        for instance, place in enumerate(places, 1)
    ]
    for other in others:
        other.start()
    lap, rows = _fold(task, state, 0, ready, done)
    for other in others:
        other.join(_PATIENCE_S)
    laps = [lap, *(Lap.of(place.with_suffix(".json")) for place in places)]
    write_measured(task, laps)
    tables = [rows, *(pl.read_ipc(io.BytesIO(place.read_bytes())) for place in places)]
    table.write_rows(Path(task.table), lines(pl.concat(tables).group_by(KEYS).agg(pl.col(MEASURES).sum())))


if __name__ == "__main__":
    main()
