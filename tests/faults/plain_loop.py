"""Consume, transform, produce: the loop that one writes by the documentation of confluent-kafka."""

import logging
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition


def plain_loop(
    config: dict[str, str],
    name: str,
    topics: tuple[str, str],
    end: int,
    *,
    batch: int,
    flush: bool,
    told: Callable[[set[int]], None],
    logger: logging.Logger,
) -> None:
    """Write for each record its offset, each batch in a transaction with the position after it.

    Args:
        config: properties of both clients.
        name: consumer group and transactional id.
        topics: from where, of one partition, and to where.
        end: offset at which to stop.
        batch: most records in one transaction.
        flush: wait for the records before the position is sent, as loops do that want to see errors of delivery. Else
            the records wait in the library until the commit, longer than the position needs.
        told: called with the offsets of a transaction of which the library says that it is committed.
        logger: takes what the library says beside its exceptions.

    Raises:
        KafkaException: by the documentation, the process is now to be started again.
    """
    source, target = topics
    producer = Producer({**config, "transactional.id": name, "linger.ms": 500}, logger=logger)
    producer.init_transactions(60)
    reading = {"group.id": name, "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    consumer = Consumer({**config, **reading, "isolation.level": "read_committed"}, logger=logger)
    at = max(0, consumer.committed([TopicPartition(source, 0)], 60)[0].offset)
    consumer.subscribe([source])
    try:
        while at < end:
            messages = consumer.consume(batch, 5)
            if not messages:
                continue
            try:
                producer.begin_transaction()
                for message in messages:
                    producer.produce(target, b"%d" % message.offset(), message.key())
                if flush:
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
    finally:
        consumer.close()
