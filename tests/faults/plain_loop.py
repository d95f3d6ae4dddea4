"""Consume, transform, produce: the loop that one writes by the documentation of confluent-kafka."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from schemas.reading import quiet_logger
from stream_processors.runtime.kafka_log import CoordinatorWatch


@dataclass(frozen=True)
class Habits:
    """How a loop is written.

    Attributes:
        batch: most records in one transaction.
        flush: it waits for the records before it sends the position, as loops do that want to see errors of delivery.
        linger_ms: how long the library gathers records before it sends them; a commit sends them at once.
        guard: it retires the producer when the library's log gives cause; this is what a plain loop lacks.
    """

    batch: int = 100
    flush: bool = False
    linger_ms: int = 500
    guard: bool = False


def plain_loop(
    config: dict[str, str],
    name: str,
    topics: tuple[str, str],
    end: int,
    habits: Habits,
    told: Callable[[set[int]], None],
) -> None:
    """Write for each record its offset, each batch in a transaction with the position after it.

    Args:
        config: properties of both clients.
        name: consumer group and transactional id.
        topics: from where, of one partition, and to where.
        end: offset at which to stop.
        habits: how it is written.
        told: called with the offsets of a transaction of which the library says that it is committed.

    Raises:
        KafkaException: by the documentation, the process is now to be started again.
    """
    source, target = topics
    logger, watch = logging.getLogger(f"librdkafka.{name}"), CoordinatorWatch()
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.addHandler(watch)
    producer = _producer(config, name, habits, logger)
    reading = {"group.id": name, "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    consumer = Consumer({**config, **reading, "isolation.level": "read_committed"}, logger=quiet_logger())
    at = max(0, consumer.committed([TopicPartition(source, 0)], 60)[0].offset)
    consumer.subscribe([source])
    try:
        while at < end:
            messages = consumer.consume(habits.batch, 5)
            if not messages:
                continue
            try:
                producer.begin_transaction()
                for message in messages:
                    producer.produce(target, b"%d" % message.offset(), message.key())
                if habits.flush:
                    producer.flush()
                positions = consumer.position(consumer.assignment())
                producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata())
                producer.commit_transaction()
            except KafkaException as error:
                if not error.args[0].txn_requires_abort():
                    raise
                producer.abort_transaction()
                for position in consumer.committed(consumer.assignment()):
                    consumer.seek(position)
                continue
            at = messages[-1].offset() + 1
            told({message.offset() for message in messages})
            producer.poll(0)
            if habits.guard and watch.doubt:
                watch.doubt = False
                producer = _producer(config, name, habits, logger)
    finally:
        consumer.close()


def _producer(config: dict[str, str], name: str, habits: Habits, logger: logging.Logger) -> Producer:
    producer = Producer({**config, "transactional.id": name, "linger.ms": habits.linger_ms}, logger=logger)
    producer.init_transactions(60)
    return producer
