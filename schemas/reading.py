"""Reading a whole topic up to its end, without a consumer group."""

import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.errors import LogError
from schemas.settings import Settings

_TIMEOUT_S = 30.0


def quiet_logger() -> logging.Logger:
    """A logger that swallows what librdkafka says on standard error: its errors reach callers as exceptions."""
    logger = logging.getLogger("librdkafka.quiet")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    return logger


@dataclass(slots=True, unsafe_hash=True)
class Record:
    """A record of a topic. `timestamp_ms` is the append time where the topic has append times.

    Nobody changes one. It is not frozen, because one is made for every record that is read, and that would take four
    times as long.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def record_of(message: Message) -> Record:
    """The record of a message of confluent-kafka that holds no error."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    if topic is None or partition is None or offset is None:
        raise LogError("a message without a position was read")
    key, value = message.key(), message.value()
    headers = cast("list[tuple[str, bytes]]", message.headers() or ())
    return Record(topic, partition, offset, message.timestamp()[1], key, value, tuple(headers))


def reading_groups(principal: str) -> str:
    """Prefix of the groups under which a principal reads by position; nothing is stored for them."""
    return f"reading.{principal}."


def reading_config(settings: Settings, **extra: object) -> dict[str, object]:
    """Properties of a consumer that reads by position, committed records only, in large fetches."""
    return settings.client_config(
        **{
            "group.id": f"{reading_groups(settings.broker_principal)}{uuid.uuid4()}",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.queue.backoff.ms": 1,
            "fetch.wait.max.ms": 5,
            **extra,
        }
    )


def gather(consumer: Consumer, limit: int, wait_s: float) -> list[Message]:
    """Wait for the first message or event, then take what is there, without waiting for more.

    One `consume` of many waits until it has them all; in parts of 250 it is also the fastest.
    """
    first = consumer.poll(wait_s)
    if first is None:
        return []
    messages = [first]
    while len(messages) < limit and (more := consumer.consume(min(250, limit - len(messages)), 0)):
        messages += more
    return messages


def read_topic(
    settings: Settings, topic: str, start: dict[int, int] | None = None, partitions: list[int] | None = None
) -> Iterator[Record]:
    """Records of a topic, from `start` (partition → offset; else the beginning), up to the end found on the way.

    Raises:
        LogError: the topic is missing, or the broker does not answer.
    """
    consumer = Consumer(reading_config(settings), logger=quiet_logger())
    try:
        if partitions is None:
            found = consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic]
            if found.error is not None:
                raise LogError(f"topic {topic} cannot be read: {found.error.str()}")
            partitions = sorted(found.partitions)
        begin = start or {}
        consumer.assign([TopicPartition(topic, p, begin.get(p, OFFSET_BEGINNING)) for p in partitions])
        unfinished = set(partitions)
        while unfinished:
            messages = gather(consumer, 20_000, _TIMEOUT_S)
            if not messages:
                raise LogError(f"topic {topic}: no answer within {_TIMEOUT_S:.0f} s")
            for message in messages:
                error = message.error()
                if error is None:
                    yield record_of(message)
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # the only name the library gives it
                    unfinished.discard(message.partition())
                else:
                    raise LogError(f"topic {topic}: {error.str()}")
    except KafkaException as error:
        raise LogError(f"topic {topic} cannot be read: {error.args[0].str()}") from error
    finally:
        consumer.close()
