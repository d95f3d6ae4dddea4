"""Consume, transform, produce: the loop that the documentation of transactions tells one to write."""

import logging

from confluent_kafka import Consumer, Message, Producer


def transformed(message: Message) -> bytes:
    """What the loop makes of a record."""
    return b"%d" % (message.offset() or 0)


def plain_loop(
    settings: dict[str, str], name: str, source: str, target: str, batch: int, logger: logging.Logger, **producing: object
) -> int:
    """Take records in batches, each in a transaction with the positions after it, until none come for a while.

    Args:
        settings: where the broker is.
        name: consumer group and transactional id.
        producing: further properties of the producer.

    Returns:
        Number of transactions of which the library said that they are committed.

    Raises:
        KafkaException: of a batch; by the documentation of the library the process is then to be started again.
    """
    committed = 0
    producer = Producer({**settings, "transactional.id": name, **producing}, logger=logger)
    producer.init_transactions()
    reading = {"group.id": name, "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    consumer = Consumer({**settings, **reading, "isolation.level": "read_committed"}, logger=logger)
    consumer.subscribe([source])
    try:
        while messages := consumer.consume(batch, 5):
            producer.begin_transaction()
            for message in messages:
                producer.produce(target, transformed(message), message.key())
            positions = consumer.position(consumer.assignment())
            producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata())
            producer.commit_transaction()
            committed += 1
            print("committed", committed, len(messages))
    finally:
        consumer.close()
    return committed
