"""How far readers of the log have come, told by records and not by offsets.

Transactions leave markers at the end of a partition, which are no records: a reader that has read everything may stand
below the end. So the next record itself is looked for; where there is none, the reader is fresh.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.errors import LogError
from schemas.reading import quiet_logger, reading_config
from schemas.settings import Settings
from schemas.topics import Topic

_ANSWER_S = 10.0
_FIRST_ANSWER_S = 3.0
_SMALL_FETCH = 16_384


@dataclass(frozen=True)
class Lag:
    """What a reader has not read yet.

    Attributes:
        at_most: records, counted by offsets, so markers of transactions are counted too; 0 where it is fresh.
        oldest_ms: append time of the oldest record not read; None where it is fresh.
    """

    at_most: int
    oldest_ms: int | None

    @property
    def fresh(self) -> bool:
        """Whether everything was read."""
        return self.oldest_ms is None


def require_broker(settings: Settings) -> int:
    """The number of brokers, asked with little patience, before questions that wait longer.

    Raises:
        LogError: none answers.
    """
    consumer = _consumer(settings)
    try:
        return len(consumer.list_topics(timeout=_FIRST_ANSWER_S).brokers)
    except KafkaException as error:
        raise LogError(f"Kafka at {settings.bootstrap} does not answer: {error.args[0].str()}") from error
    finally:
        consumer.close()


def committed(settings: Settings, group: str, topic: Topic) -> dict[int, int]:
    """Committed offset by partition; 0 where the group has committed none.

    Raises:
        LogError: the broker does not answer.
    """
    consumer = _consumer(settings, group)
    try:
        found = consumer.committed([TopicPartition(topic.name, n) for n in range(topic.partitions)], _ANSWER_S)
        return {each.partition: max(0, each.offset) for each in found}
    except KafkaException as error:
        raise LogError(f"group {group}: {error.args[0].str()}") from error
    finally:
        consumer.close()


def records_of(settings: Settings, topic: Topic) -> int:
    """Records of a topic whose writers use no transactions of their own, by offsets; else at most so many.

    Raises:
        LogError: the broker does not answer.
    """
    consumer = _consumer(settings)
    try:
        ends = [
            consumer.get_watermark_offsets(TopicPartition(topic.name, n), _ANSWER_S) for n in range(topic.partitions)
        ]
        return sum(high - low for low, high in ends)
    except KafkaException as error:
        raise LogError(f"topic {topic.name}: {error.args[0].str()}") from error
    finally:
        consumer.close()


def lag(settings: Settings, topic: Topic, next_: Mapping[int, int]) -> Lag:
    """What a reader at these offsets has not read; reads one record of each partition.

    Raises:
        LogError: the broker does not answer.
    """
    consumer = _consumer(settings)
    try:
        unread: dict[int, int] = {}
        for number in range(topic.partitions):
            low, high = consumer.get_watermark_offsets(TopicPartition(topic.name, number), _ANSWER_S)
            if high > max(low, next_.get(number, 0)):
                unread[number] = high
        if not unread:
            return Lag(0, None)
        consumer.assign([TopicPartition(topic.name, n, next_.get(n, 0)) for n in unread])
        return _first_records(consumer, topic, unread)
    except KafkaException as error:
        raise LogError(f"topic {topic.name}: {error.args[0].str()}") from error
    finally:
        consumer.close()


def _first_records(consumer: Consumer, topic: Topic, ends: dict[int, int]) -> Lag:
    unsure = set(ends)
    count, times = 0, list[int]()
    while unsure:
        message = consumer.poll(_ANSWER_S)
        if message is None:
            raise LogError(f"topic {topic.name}: no answer within {_ANSWER_S:.0f} s")
        error, number = message.error(), message.partition()
        if number not in unsure:
            continue
        if error is None:
            count += max(1, ends[number] - (message.offset() or 0))
            times.append(message.timestamp()[1])
            consumer.pause([TopicPartition(topic.name, number)])
        elif error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  # the only name the library gives it
            raise LogError(f"topic {topic.name}: {error.str()}")
        unsure.discard(number)
    return Lag(count, min(times, default=None))


def _consumer(settings: Settings, group: str | None = None) -> Consumer:
    extra: dict[str, object] = {"fetch.message.max.bytes": _SMALL_FETCH, "queued.min.messages": 1}
    if group is not None:
        extra["group.id"] = group
    return Consumer(reading_config(settings, **extra), logger=quiet_logger())
