"""A plain loop of confluent-kafka and fastavro, a record at a time, as most consumers are written. Nothing stored."""

import io
from pathlib import Path

import fastavro
from confluent_kafka import Consumer, TopicPartition

from tests.benchmarks.peers import table
from tests.benchmarks.peers.fold import Table, add
from tests.benchmarks.peers.task import Stopwatch, given, now


def main() -> None:
    """Fold the task's topic."""
    task, watch, done = given(), Stopwatch(), 0
    written = fastavro.parse_schema(task.avro_schema())
    wanted = fastavro.parse_schema(task.wanted_schema())
    found: Table = {}
    seen: set[bytes] = set()
    config = {"bootstrap.servers": task.bootstrap, "group.id": task.run, "fetch.queue.backoff.ms": 1}
    consumer = Consumer(config)
    consumer.assign([TopicPartition(task.topic, number, 0) for number in range(task.partitions)])
    while done < task.events:
        asked = now()
        for message in consumer.consume(500, 0.02):
            if message.error() is not None:
                continue
            watch.start(asked)
            done += 1
            key = message.key()
            if key in seen:
                continue
            seen.add(key)
            value = io.BytesIO(message.value())
            value.seek(5)
            add(found, fastavro.schemaless_reader(value, written, wanted))
    watch.stop(task)
    consumer.close()
    table.write(Path(task.table), found)


if __name__ == "__main__":
    main()
