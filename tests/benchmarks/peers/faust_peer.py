"""The fold as an agent of Faust with plain dicts, which are lost in a crash. Runs in an environment of its own."""

import io
import os
from pathlib import Path

import fastavro
import faust

from tests.benchmarks.peers import table
from tests.benchmarks.peers.fold import Table, add
from tests.benchmarks.peers.task import Stopwatch, given, now

task = given()
app = faust.App(
    task.run,
    broker=f"kafka://{task.bootstrap}",
    store="memory://",
    datadir=task.directory,
    web_enabled=False,
    topic_allow_declare=False,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    broker_commit_every=10_000,
    stream_buffer_maxsize=4_096,
    stream_wait_empty=False,
)
incidents = app.topic(task.topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


@app.agent(incidents)
async def fold(stream: faust.StreamT) -> None:
    """Fold the task's topic."""
    watch, done = Stopwatch(), 0
    written = fastavro.parse_schema(task.avro_schema())
    wanted = fastavro.parse_schema(task.wanted_schema())
    sums: Table = {}
    seen: set[bytes] = set()
    async for key, value in stream.items():
        watch.start(now())
        done += 1
        if key not in seen:
            seen.add(key)
            body = io.BytesIO(value)
            body.seek(5)
            add(sums, fastavro.schemaless_reader(body, written, wanted))
        if done == task.events:
            watch.stop(task)
            table.write(Path(task.table), sums)
            os._exit(0)  # Faust takes seconds to stop, and nothing is left to do


if __name__ == "__main__":
    faust.Worker(app, loglevel="WARNING", override_logging=False, redirect_stdouts=False).execute_from_commandline()
