"""From records to what is kept of them: the deliveries that they make, in one transaction of the store."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from schemas.acknowledgement import acknowledgement_of
from schemas.directory import Subscription
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from stream_processors.disseminate.events import URGENT, AskThreads, Event, Kind, Known
from stream_processors.disseminate.ports import CONSOLE, Delivery, DeliveryStore, Position
from stream_processors.disseminate.standing import Standing

DAY_MS = 86_400_000
"""What was known so long before readers went over to a generation is history in it, and told to nobody."""
_MINUTE_S = 60


class Matching:
    """Keeps what has to be told.

    Args:
        schemas: decode what is read.
        directory: gives the directory up to its end.
        threads: answers questions about requests for information.
        store: where deliveries are kept.
    """

    def __init__(
        self,
        schemas: KnownSchemas,
        directory: Callable[[], Standing],
        threads: AskThreads,
        store: DeliveryStore,
    ) -> None:
        self._schemas, self._directory, self._threads, self._store = schemas, directory, threads, store

    def keep_events(self, kind: Kind, records: Sequence[Record]) -> int:
        """Keep what records of a kind have to be told as; how many deliveries.

        Raises:
            ContractError: one of them cannot be read; nothing is kept.
            LogError: the directory, or what is asked of others, cannot be read.
            ProjectionError: the store did not take it.
        """
        standing = self._directory()
        made = [
            (each, Position(record.topic, record.partition, record.offset + 1, *standing.read_up_to))
            for record in records
            if (event := self._event(kind, record, standing)) is not None
            for each in deliveries_of(event, standing)
        ]
        if made:
            self._store.add(made)
        return len(made)

    def _event(self, kind: Kind, record: Record, standing: Standing) -> Event | None:
        value = self._schemas.decoded(record.value, kind.schema)
        event = kind.read(value, record, Known(standing.members, self._threads))
        since_ms = standing.members.directory.generation_since_ms
        return None if event is None or (since_ms and event.at_ms < since_ms - DAY_MS) else event

    def keep_acknowledgements(self, records: Sequence[Record]) -> None:
        """Keep what people said of something, one after another.

        Raises:
            ContractError: one cannot be read.
            ProjectionError: the store did not take it.
        """
        for record in records:
            said = acknowledgement_of(self._schemas.decoded(record.value, "acknowledgement"))
            at = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)  # the log's clock, as events have it
            self._store.acknowledge(said.model_copy(update={"at": at}))


def deliveries_of(event: Event, standing: Standing) -> list[Delivery]:
    """What an event has to be told as."""
    return [delivery_of(event, each) for each in standing.index.met(event)]


def delivery_of(event: Event, subscription: Subscription) -> Delivery:
    """The delivery of an event to whoever subscribed."""
    urgent = event.severity in URGENT and not event.withdrawn
    minutes = subscription.acknowledge_minutes if urgent else None
    return Delivery(
        subscription_id=subscription.subscription_id,
        recipient=subscription.focal_point_id,
        agency_id=subscription.agency_id,
        via=CONSOLE if subscription.channel == CONSOLE else subscription.subscription_id,
        event_kind=event.kind,
        event_id=event.event_id,
        revision=event.revision,
        digest=event.digest,
        event_at=datetime.fromtimestamp(event.at_ms / 1000, UTC),
        severity=event.severity,
        code=event.code,
        withdrawn=event.withdrawn,
        acknowledge_s=None if minutes is None else minutes * _MINUTE_S,
    )
