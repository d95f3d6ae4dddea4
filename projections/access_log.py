"""The access log: who reads what. A record is in the log before what was asked for leaves."""

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import KafkaException, Producer

from schemas.codec import codec, frame
from schemas.dictionary import read_dictionary
from schemas.errors import AccessLogError, LogError
from schemas.identity import canonical_json
from schemas.reading import quiet_logger
from schemas.settings import Settings
from schemas.topics import ACCESS

_PATIENCE_S = 5.0


@dataclass(frozen=True)
class AccessEntry:
    """One request for reading; see ``schemas/avro/access.avsc``.

    Attributes:
        channel: code of the list access_channel.
        action: code of the list access_action.
        query: what was asked; written as canonical JSON without what was left out.
        incident_ids: for details and exports, the incidents given.
        positions: for lists, the positions of the views, as topic/partition → next offset.
    """

    focal_point_id: str
    agency_id: str
    channel: str
    action: str
    query: Mapping[str, Any]
    incident_ids: Sequence[str] = ()
    positions: Mapping[str, int] | None = None
    purpose: str | None = None


class AccessLog:
    """Writes records and waits for the broker; one for a process, usable from many threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: Producer | None = None
        self._frame = b""
        self._opening = threading.Lock()

    def record(self, entry: AccessEntry) -> None:
        """Return when the log has the record.

        Raises:
            AccessLogError: it has not within five seconds; nothing may be shown.
        """
        done = threading.Event()
        faults: list[str] = []

        def delivered(error: object, _: object) -> None:
            if error is not None:
                faults.append(str(error))
            done.set()

        try:
            producer = self._ready()
            producer.produce(
                ACCESS.name,
                key=entry.focal_point_id,
                value=self._frame + codec("access").encode(_fields(entry)),
                partition=0,
                on_delivery=delivered,
            )
            left = _PATIENCE_S
            while not done.is_set() and left > 0:
                producer.poll(0.05)
                left -= 0.05
        except (LogError, KafkaException, BufferError) as error:
            raise AccessLogError(f"the access log cannot be written, so nothing is shown: {error}") from error
        if faults or not done.is_set():
            reason = faults[0] if faults else f"no acknowledgement within {_PATIENCE_S:.0f} s"
            raise AccessLogError(f"the access log cannot be written, so nothing is shown: {reason}")

    def close(self) -> None:
        """Send what is in hand."""
        if self._producer is not None:
            self._producer.flush(_PATIENCE_S)

    def _ready(self) -> Producer:
        with self._opening:
            if self._producer is None:
                self._frame = frame(read_dictionary(self._settings).id_of("access"))
                config = self._settings.client_config(
                    **{"enable.idempotence": True, "linger.ms": 2, "message.timeout.ms": int(_PATIENCE_S * 1000)}
                )
                self._producer = Producer(config, logger=quiet_logger())
            return self._producer


def _fields(entry: AccessEntry) -> dict[str, Any]:
    return {
        "request_id": str(uuid.uuid4()),
        "at": datetime.now(UTC),
        "channel": entry.channel,
        "action": entry.action,
        "focal_point_id": entry.focal_point_id,
        "agency_id": entry.agency_id,
        "purpose": entry.purpose,
        "query": canonical_json(_given(entry.query)).decode(),
        "incident_ids": list(entry.incident_ids),
        "positions": None if entry.positions is None else canonical_json(dict(entry.positions)).decode(),
    }


def _given(value: Any) -> Any:
    """A query without what was left out, however deep."""
    if isinstance(value, Mapping):
        return {name: _given(each) for name, each in value.items() if each is not None}
    return value
