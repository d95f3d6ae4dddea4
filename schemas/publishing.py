"""Publishing a few records and waiting for the broker's acknowledgement of each."""

from collections.abc import Sequence

from confluent_kafka import KafkaException, Producer

from schemas.errors import LogError
from schemas.reading import quiet_logger
from schemas.settings import Settings


def publish(
    settings: Settings,
    topic: str,
    records: Sequence[tuple[bytes | None, bytes | None]],
    partition: int = 0,
    headers: Sequence[tuple[str, bytes]] = (),
) -> list[int]:
    """Append records (key, value), each with the headers, to one partition, in order; their offsets.

    Raises:
        LogError: the broker did not acknowledge all of them.
    """
    faults: list[str] = []
    offsets: list[int] = []

    def delivered(error: object, message: object) -> None:
        if error is not None:
            faults.append(str(error))
        else:
            offsets.append(message.offset())  # type: ignore[attr-defined]  # confluent-kafka has no types

    try:
        producer = Producer(
            settings.client_config(**{"enable.idempotence": True, "linger.ms": 0}), logger=quiet_logger()
        )
        for key, value in records:
            producer.produce(
                topic, key=key, value=value, partition=partition, headers=list(headers), on_delivery=delivered
            )
        unsent = producer.flush(30)
    except KafkaException as error:
        raise LogError(f"topic {topic} cannot be written: {error.args[0].str()}") from error
    if faults or unsent or len(offsets) < len(records):
        raise LogError(f"topic {topic}: {faults[0] if faults else 'no acknowledgement within 30 s'}")
    return offsets
