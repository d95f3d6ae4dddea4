"""Following a topic by positions that somebody else keeps: the projector in PostgreSQL, a reader in its cursor."""

from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.batch import Batch, sorted_out
from schemas.errors import LogError
from schemas.reading import gather, quiet_logger, reading_config
from schemas.settings import Settings
from stream_processors.runtime.log import Partition

_ANSWER_S = 30.0


class Follower:
    """Committed records of all given partitions, from the given positions on."""

    def __init__(self, settings: Settings, positions: Mapping[Partition, int]) -> None:
        self._consumer = Consumer(reading_config(settings, **{"fetch.wait.max.ms": 100}), logger=quiet_logger())
        self._partitions = sorted(positions)
        self._ends: dict[Partition, int] = {}
        self._consumer.assign([TopicPartition(p.topic, p.number, offset) for p, offset in positions.items()])

    def consume(self, limit: int, wait_s: float) -> Batch:
        """Records in order within each partition; waits for the first, then takes what is there.

        Raises:
            LogError: the topic cannot be read on.
        """
        try:
            messages = gather(self._consumer, limit, wait_s)
        except KafkaException as failed:
            raise LogError(f"the log cannot be read: {failed.args[0].str()}") from failed
        batch, errors = sorted_out(messages)
        for message, error in errors:
            if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # the only name the library gives it
                where = Partition(str(message.topic()), int(message.partition() or 0))
                self._ends[where] = int(message.offset() or 0)
            elif not error.retriable() and error.code() >= 0:
                raise LogError(f"the log cannot be read: {error.str()}")
        return batch

    def at_end(self) -> bool:
        """Whether all committed records so far were consumed; markers of transactions count as consumed.

        Raises:
            LogError: the broker does not answer.
        """
        try:
            ends = [self._consumer.get_watermark_offsets(TopicPartition(*p), _ANSWER_S) for p in self._partitions]
        except KafkaException as error:
            raise LogError(f"the log does not answer: {error.args[0].str()}") from error
        return all(self._ends.get(p, -1) >= high for p, (_, high) in zip(self._partitions, ends, strict=True))

    def close(self) -> None:
        """Drop the connection."""
        self._consumer.close()
