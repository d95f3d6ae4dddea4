"""What the API passes on for an agency, unchanged: its signed submissions one way, its receipts the other."""

import threading
import time
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from producers.kafka_sender import PRODUCER_SETTINGS
from schemas.codec import frame
from schemas.errors import LogError
from schemas.identity import partition_of
from schemas.known_schemas import KnownSchemas
from schemas.reading import quiet_logger, reading_config
from schemas.settings import Settings
from schemas.topics import SUBMISSIONS, receipts

_ANSWER_S = 5.0
_GIVE_UP_MS = 8_000
_LATER_S = 12.0


class Page(NamedTuple):
    """Framed receipts, the offset after them, and whether more follow now."""

    values: list[bytes]
    next: int
    more: bool


class Relay:
    """The API's own connection to `ionics.submissions` and the receipts. Safe for several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._schemas = KnownSchemas.of(settings)
        self._producer: Producer | None = None
        self._making = threading.Lock()

    def append(self, incident_id: str, fingerprint: str, body: bytes, headers: list[tuple[str, str | bytes]]) -> None:
        """Append a submission and wait until the broker has it.

        Args:
            incident_id: the key; admission refuses it where it is not that of the body.
            fingerprint: SHA-256 of the writer schema, whose id goes before the body.
            body: the signed Avro body.
            headers: of the record.

        Raises:
            UnknownSchemaError: the deployment does not know the schema.
            LogError: the broker did not acknowledge it; it may have it all the same, and a second one is a duplicate.
        """
        value = frame(self._schemas.id_of(fingerprint)) + body
        key = incident_id.encode()
        settled, faults = threading.Event(), list[str]()

        def delivered(error: KafkaError | None, _: object) -> None:
            if error is not None:
                faults.append(error.str())
            settled.set()

        try:
            producer = self._connected()
            producer.produce(
                SUBMISSIONS.name, value, key, partition_of(key), on_delivery=delivered, headers=list(headers)
            )
            deadline = time.monotonic() + _LATER_S
            while not settled.is_set() and time.monotonic() < deadline:
                producer.poll(0.02)
        except (KafkaException, BufferError) as error:
            self._producer = None
            raise LogError(f"topic {SUBMISSIONS.name}: {error}") from error
        if faults or not settled.is_set():
            self._producer = None  # whatever is wrong with it, the next one begins anew
            raise LogError(f"topic {SUBMISSIONS.name}: {faults[0] if faults else 'no acknowledgement in time'}")

    def end(self, agency_id: str) -> int:
        """Offset of the next receipt of an agency.

        Raises:
            LogError: its topic cannot be read.
        """
        topic, consumer = receipts(agency_id).name, self._consumer()
        try:
            return int(consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=_ANSWER_S)[1])
        except KafkaException as error:
            raise LogError(f"topic {topic} cannot be read: {error.args[0].str()}") from error
        finally:
            consumer.close()

    def receipts(self, agency_id: str, offset: int, limit: int) -> Page:
        """Receipts of an agency from an offset on, as many as are there.

        Raises:
            LogError: their topic cannot be read.
        """
        topic, consumer = receipts(agency_id).name, self._consumer()
        values = list[bytes]()
        try:
            consumer.assign([TopicPartition(topic, 0, offset)])
            while len(values) < limit:
                message = consumer.poll(_ANSWER_S)
                if message is None:
                    raise LogError(f"topic {topic}: no answer within {_ANSWER_S:.0f} s")
                error, position = message.error(), message.offset()
                if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its only name
                    return Page(values, offset, more=False)
                if error is not None or position is None:
                    raise LogError(f"topic {topic} cannot be read: {error}")
                values.append(message.value() or b"")
                offset = position + 1
        except KafkaException as error:
            raise LogError(f"topic {topic} cannot be read: {error.args[0].str()}") from error
        finally:
            consumer.close()
        return Page(values, offset, more=True)

    def _connected(self) -> Producer:
        with self._making:
            if self._producer is None:
                own = {
                    "enable.gapless.guarantee": False,
                    "delivery.report.only.error": False,
                    "message.timeout.ms": _GIVE_UP_MS,
                }
                config = self._settings.client_config(**{**PRODUCER_SETTINGS, **own})
                self._producer = Producer(config, logger=quiet_logger())
            return self._producer

    def _consumer(self) -> Consumer:
        return Consumer(reading_config(self._settings), logger=quiet_logger())
