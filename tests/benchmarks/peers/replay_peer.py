"""This project's bulk replay: the whole topic in batches through columns, nothing stored but the result."""

from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from schemas.batch import Batch
from schemas.columnar import ColumnarDecoder
from schemas.errors import DecodeError
from schemas.reading import gather, reading_config
from schemas.settings import Settings
from tests.benchmarks.peers import table
from tests.benchmarks.peers.columns import WANTED, Sums, aggregate, first_seen, lines
from tests.benchmarks.peers.generating import SCHEMA_ID
from tests.benchmarks.peers.packing import Packing
from tests.benchmarks.peers.task import Stopwatch, given, now


def main() -> None:
    """Fold the task's topic."""
    task = given()
    watch, packing, sums, seen, done = Stopwatch(), Packing(), Sums(), set[bytes](), 0
    decoder = ColumnarDecoder(task.avro_schema(), WANTED)
    settings = Settings(Path(task.directory), bootstrap=task.bootstrap)
    consumer = Consumer(reading_config(settings, **{"enable.partition.eof": False}))
    consumer.assign([TopicPartition(task.topic, number, 0) for number in range(task.partitions)])
    while done < task.events:
        asked = now()
        batch = Batch.of_messages([message for message in gather(consumer, 20_000, 0.02) if message.error() is None])
        if not batch:
            continue
        watch.start(asked)
        done += len(batch)
        fresh = first_seen(batch.keys, seen)
        seen.update(fresh)
        decoded = decoder.decode(SCHEMA_ID, list(map(batch.values.__getitem__, fresh.values())))
        if decoded.faults:
            raise DecodeError(f"{len(decoded.faults)} values of {task.topic} do not decode")
        sums.add(aggregate(packing, decoded.columns))
    rows = packing.unpacked(sums.rows())
    watch.stop(task)
    consumer.close()
    table.write_rows(Path(task.table), lines(rows))


if __name__ == "__main__":
    main()
