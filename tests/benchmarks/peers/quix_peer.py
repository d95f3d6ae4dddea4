"""The fold as a sink of Quix Streams: it hands over batches between its checkpoints. Runs in an environment of its own.

State in the sink is lost in a crash, and events since the last checkpoint come again: at least once.
"""

import io
from pathlib import Path

import fastavro
from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch

from tests.benchmarks.peers import table
from tests.benchmarks.peers.fold import Table, add
from tests.benchmarks.peers.task import Stopwatch, Task, given, now


class FoldSink(BatchingSink):
    """Folds each batch; stops the application at the last event."""

    def __init__(self, task: Task, watch: Stopwatch) -> None:
        super().__init__()
        self._watch = watch
        self._written = fastavro.parse_schema(task.avro_schema())
        self._wanted = fastavro.parse_schema(task.wanted_schema())
        self._seen: set[bytes] = set()
        self.sums: Table = {}

    def add(self, *values, **named) -> None:  # noqa: ANN002, ANN003  # passed on as they come
        """Take one event in."""
        self._watch.start(now())
        super().add(*values, **named)

    def write(self, batch: SinkBatch) -> None:
        """Fold one batch."""
        for item in batch:
            if item.key in self._seen:
                continue
            self._seen.add(item.key)
            value = io.BytesIO(item.value)
            value.seek(5)
            add(self.sums, fastavro.schemaless_reader(value, self._written, self._wanted))


def main() -> None:
    """Fold the task's topic."""
    task, watch, done = given(), Stopwatch(), 0

    def processed(*_position: object) -> None:
        nonlocal done
        done += 1
        if done == task.events:
            app.stop()  # commits once more, which flushes the sink

    app = Application(
        broker_address=task.bootstrap,
        consumer_group=task.run,
        auto_offset_reset="earliest",
        commit_every=20_000,
        consumer_extra_config={"fetch.queue.backoff.ms": 1},
        state_dir=Path(task.directory) / "state",
        on_message_processed=processed,
        loglevel="WARNING",
    )
    sink = FoldSink(task, watch)
    topic = app.topic(task.topic, key_deserializer="bytes", value_deserializer="bytes")
    app.dataframe(topic).sink(sink)
    app.run()
    watch.stop(task)
    table.write(Path(task.table), sink.sums)


if __name__ == "__main__":
    main()
