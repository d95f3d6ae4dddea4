"""Submissions over Kafka: the agency's own connection to `ionics.submissions`."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException, Producer

from schemas.codec import frame
from schemas.errors import LogError, TopologyError
from schemas.identity import PARTITIONS, partition_of
from schemas.keys import ALGORITHM
from schemas.topics import SUBMISSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from producers.outbox import Queued
    from schemas.known_schemas import KnownSchemas
    from schemas.settings import Settings

_FEW = 100
_SOON_S = 0.001
_LATER_S = 0.01
_SETTLING_S = 1.0
_QUIET = logging.Logger("librdkafka.delivery", logging.CRITICAL + 1)  # noqa: LOG001  # outside the tree: no handler

PRODUCER_SETTINGS: dict[str, object] = {
    "enable.idempotence": True,
    "acks": "all",
    "max.in.flight.requests.per.connection": 5,
    # No message gives up alone, letting later ones of its incident pass: delivery gives up for all of them at once.
    "message.timeout.ms": 0,
    "enable.gapless.guarantee": True,
    # An acknowledgement is seen by the queue growing shorter; a call for each would cost more than the sending. After a
    # fault each is asked for.
    "delivery.report.only.error": True,
    "linger.ms": 0,
    "compression.type": "lz4",
    "socket.connection.setup.timeout.ms": 3_000,
    "reconnect.backoff.max.ms": 1_000,
}


class Fates:
    """What became of the reports of one batch, as far as the library said.

    Attributes:
        refused: position of a report → why it is not in the log.
    """

    def __init__(self, rows: Sequence[Queued]) -> None:
        self._rows = rows
        self._taken: list[int] = []
        self.refused: dict[int, str] = {}

    def tell(self, position: int, error: KafkaError | None, _message: object) -> None:
        """Take in what the library says of one report."""
        if error is None:
            self._taken.append(position)
        else:
            self.refused[position] = error.str()

    def all(self) -> list[int]:
        """Positions in the log where nothing went wrong."""
        return [row.position for row in self._rows]

    def sure(self) -> list[int]:
        """Positions in the log where something went wrong.

        What was not refused was not therefore taken: when the library raises what it calls fatal, the word on a single
        report may be lost. So only those count of which it was said that they are in the log; where that was not asked
        for, none, and all are sent again.
        """
        return self._taken


class KafkaSender:
    """The sender of one agency (`producers.transport.Sender`).

    Args:
        client: makes the library's producer of its settings.
        clock: seconds, which only ever grow.
    """

    batch = 2_000
    fates: type[Fates] = Fates

    def __init__(
        self,
        settings: Settings,
        agency_id: str,
        schemas: KnownSchemas,
        client: Callable[[dict[str, Any]], Producer] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._client, self._clock = client or partial(Producer, logger=_QUIET), clock
        self._schemas = schemas
        self._source = f"/agencies/{agency_id}".encode()
        self._producer: Producer | None = None
        self._checked = self._each_told = False

    def connect(self, limit_s: float) -> bool:
        """Reach the broker within `limit_s`; False where the connection stands already.

        Raises:
            LogError: it does not answer.
            TopologyError: the topic has another number of partitions than incidents are spread over.
        """
        if self._checked:
            return False
        try:
            if self._producer is None:
                reports = {"delivery.report.only.error": not self._each_told}
                config = self._settings.client_config(**PRODUCER_SETTINGS | reports)
                self._producer = self._client(config)
            topic = self._producer.list_topics(SUBMISSIONS.name, timeout=limit_s).topics[SUBMISSIONS.name]
        except KafkaException as error:
            raise LogError(
                f"no answer from Kafka at {self._settings.bootstrap}: {error.args[0].str()}; "
                "reports stay in the outbox until it answers"
            ) from error
        if topic.error is not None:
            raise TopologyError(f"topic {SUBMISSIONS.name}: {topic.error.str()}; check the address and the rights")
        if len(topic.partitions) != PARTITIONS:
            raise TopologyError(
                f"topic {SUBMISSIONS.name} has {len(topic.partitions)} partitions, not {PARTITIONS}: nothing is "
                "delivered, because incidents would be refused in the wrong one; an operator must repair the topic"
            )
        self._checked = True
        return True

    def send(self, rows: Sequence[Queued], patience: Callable[[], float]) -> tuple[list[int], LogError | None]:
        """Positions acknowledged, and what went wrong with the others.

        Raises:
            UnknownSchemaError: the deployment does not know the schema of a report.
            LogError: not connected.
        """
        producer = self._producer
        if producer is None:
            raise LogError("not connected")
        ids = {fingerprint: self._schemas.id_of(fingerprint) for fingerprint in {row.fingerprint for row in rows}}
        frames = {fingerprint: frame(id_) for fingerprint, id_ in ids.items()}
        fates, fault = self.fates(rows), ""
        try:
            for row in rows:
                key = row.incident_id.encode()
                producer.produce(
                    SUBMISSIONS.name,
                    frames[row.fingerprint] + row.body,
                    key,
                    partition_of(key),
                    on_delivery=partial(fates.tell, row.position),
                    headers=self._headers(row),
                )
            fault = self._awaited(producer, fates, patience)
        except (KafkaException, BufferError) as error:
            producer.purge(in_queue=True, in_flight=True)
            self.close()
            self._each_told = True
            return [], LogError(f"topic {SUBMISSIONS.name}: {error}")
        if not fault:
            return fates.all(), None
        # What is still in a queue must not be sent after this, or it would pass what has failed.
        producer.purge(in_queue=True, in_flight=True)
        self._settle(producer)
        self.close()
        self._each_told = True
        taken = fates.sure()
        unsure = len(rows) - len(taken)
        return taken, LogError(f"topic {SUBMISSIONS.name}: {unsure} reports were not acknowledged: {fault}")

    def _awaited(self, producer: Producer, fates: Fates, patience: Callable[[], float]) -> str:
        """Wait until the fate of all messages is known or one has failed; what is wrong, else nothing."""
        left, progress = len(producer), self._clock()
        slice_s = _SOON_S if left < _FEW else _LATER_S
        while len(producer) and not fates.refused:
            producer.poll(slice_s)
            now = self._clock()
            if len(producer) < left:
                left, progress = len(producer), now
            elif now - progress > patience():
                return "no acknowledgement in time"
        return next(iter(fates.refused.values()), "")

    def _settle(self, producer: Producer) -> None:
        """Wait a moment for the fate of messages, after what was left of them was purged.

        To purge what a broker has got but not acknowledged breaks the promise that there is no gap, which the library
        calls fatal and raises here, between the reports of single messages. This producer is not used again.
        """
        deadline = self._clock() + _SETTLING_S
        while len(producer) and self._clock() < deadline:
            with suppress(KafkaException):
                producer.poll(_SOON_S)

    def _headers(self, row: Queued) -> list[tuple[str, Any]]:
        return [
            ("ionics-sig", row.signature),
            ("ionics-kid", row.key_id),
            ("ionics-alg", ALGORITHM),
            ("ce_specversion", "1.0"),
            ("ce_id", row.event_id),
            ("ce_source", self._source),
            ("ce_type", f"ionics.incident.{row.event_type}"),
            ("ce_time", row.reported_at),
            ("content-type", "application/avro"),
        ]

    def close(self) -> None:
        """Let go of the connection."""
        self._producer, self._checked = None, False
