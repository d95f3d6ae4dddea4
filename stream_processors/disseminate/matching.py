"""From a record to what is kept of it: the deliveries that it makes, in one transaction of the store."""

from collections.abc import Callable
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

    def keep_event(self, kind: Kind, record: Record) -> int:
        """Keep what a record of a kind has to be told as; how many deliveries.

        Raises:
            ContractError: the record cannot be read.
            LogError: the directory, or what is asked of others, cannot be read.
            ProjectionError: the store did not take it.
        """
        standing = self._directory()
        value = self._schemas.decoded(record.value, kind.schema)
        event = kind.read(value, record, Known(standing.members, self._threads))
        if event is None:
            return 0
        directory = standing.members.directory
        if directory.generation_since_ms and event.at_ms < directory.generation_since_ms - DAY_MS:
            return 0
        made = deliveries_of(event, standing)
        if made:
            following = directory.next_offset, standing.members.next_offset
            self._store.add(made, Position(record.topic, record.partition, record.offset + 1, *following))
        return len(made)

    def keep_acknowledgement(self, record: Record) -> None:
        """Keep what somebody said of something.

        Raises:
            ContractError: the record cannot be read.
            ProjectionError: the store did not take it.
        """
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
