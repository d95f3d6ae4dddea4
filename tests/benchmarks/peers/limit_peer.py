"""The limits: what the client library and the decoder do when nothing is done with the records.

Modes: `consume` with the fetch settings of this project, `consume-defaults` with those of the library, `decode` of the
values into columns when all of them lie in memory.
"""

from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from schemas.columnar import ColumnarDecoder
from schemas.reading import gather, reading_config
from schemas.settings import Settings
from tests.benchmarks.peers.generating import SCHEMA_ID
from tests.benchmarks.peers.task import Stopwatch, Task, given, now

_BATCH = 20_000


def _consumer(task: Task) -> Consumer:
    settings = Settings(Path(task.directory), bootstrap=task.bootstrap)
    defaults = {"bootstrap.servers": task.bootstrap, "group.id": task.run, "enable.auto.commit": False}
    tuned = reading_config(settings, **{"enable.partition.eof": False})
    consumer = Consumer(defaults if task.mode == "consume-defaults" else tuned)
    consumer.assign([TopicPartition(task.topic, number, 0) for number in range(task.partitions)])
    return consumer


def _consume(task: Task, watch: Stopwatch | None) -> list[list[bytes]]:
    """All values in batches; with a watch they are only counted."""
    consumer, done, kept = _consumer(task), 0, []
    while done < task.events:
        asked = now()
        messages = [message for message in gather(consumer, _BATCH, 0.02) if message.error() is None]
        done += len(messages)
        if messages and watch is not None:
            watch.start(asked)
        elif messages:
            kept.append([message.value() or b"" for message in messages])
    if watch is not None:
        watch.stop(task)
    consumer.close()
    return kept


def main() -> None:
    """Read, or read and decode, the task's topic."""
    task, watch = given(), Stopwatch()
    if task.mode != "decode":
        _consume(task, watch)
        return
    decoder = ColumnarDecoder(task.avro_schema())
    batches = _consume(task, None)
    watch.start(now())
    rows = sum(decoder.decode(SCHEMA_ID, values).columns.height for values in batches)
    watch.stop(task)
    if rows != task.events:
        raise ValueError(f"{rows} of {task.events} values decoded")


if __name__ == "__main__":
    main()
