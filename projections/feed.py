"""Reading the stream: enriched incidents straight from Kafka, typed, resumable by a stored cursor.

This transport is for principals that may see all, and for the one-tenant stack.
"""

import base64
import binascii
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.directory import at_generation
from schemas.errors import ContractError, ProjectionError
from schemas.incident import Incident
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings, load_settings
from schemas.topics import enriched
from stream_processors.runtime.follower import Follower
from stream_processors.runtime.log import Partition

_LOOK_UP_S = 60.0


@dataclass(frozen=True)
class FeedFilter:
    """Which events to give; a field left out admits all."""

    substance_id: str | None = None
    country: str | None = None
    agency_id: str | None = None
    incident_type: str | None = None

    def admits(self, incident: Mapping[str, Any], enrichment: Mapping[str, Any]) -> bool:
        """Whether an event is wanted; `country` is that of the place or of any leg."""
        countries = {enrichment["place_country"], *(leg["country"] for leg in enrichment["legs"])}
        substances = {item["substance_id"] for item in enrichment["substances"]}
        return (
            (self.substance_id is None or self.substance_id in substances)
            and (self.country is None or self.country in countries)
            and self.agency_id in (None, incident["agency_id"])
            and self.incident_type in (None, incident["incident_type"])
        )


@dataclass(frozen=True)
class FeedEvent:
    """One revision of an incident, as reported and as enriched.

    Attributes:
        cursor: store it after handling the event; a reader that starts from it gets what follows, without a gap.
    """

    cursor: str
    incident: Incident
    admission: dict[str, Any]
    enrichment: dict[str, Any]


def feed(
    settings: Settings | None = None,
    after: str | None = None,
    filter: FeedFilter | None = None,  # noqa: A002  # the name that readers expect
    *,
    follow: bool = True,
    stop: Any = None,
) -> Iterator[FeedEvent]:
    """Events after a cursor, in the order of each incident; waits for new ones unless `follow` is False.

    An event is given at least once: a reader that dies between handling and storing the cursor gets it again, with
    the same `event_id`.

    Args:
        settings: where the deployment is; else `load_settings()`.
        after: cursor of the last event handled; None begins at the beginning.
        filter: which events to give; others are passed over.
        follow: whether to wait for new events at the end.
        stop: anything with `is_set()`, such as a `threading.Event`; ends the iteration.

    Raises:
        ProjectionError: the cursor is damaged or of another generation, or readers have gone over to another one.
        LogError: the log cannot be read.
    """
    given = settings or load_settings()
    settings = at_generation(given)
    topic = enriched(settings.generation)
    next_ = positions_of(after, topic.name, topic.partitions)
    wanted = filter or FeedFilter()
    schemas = KnownSchemas.of(settings)
    follower = Follower(settings, {Partition(topic.name, n): at for n, at in next_.items()})
    look_up = time.monotonic() + _LOOK_UP_S
    try:
        while stop is None or not stop.is_set():
            batch = follower.consume(1_000, 0.2)
            for record in batch:
                next_[record.partition] = record.offset + 1
                try:
                    event = schemas.decoded(record.value, "enriched")
                except ContractError:
                    continue  # a dead letter of the projector
                incident, admission = event["admitted"]["incident"], event["admitted"]["admission"]
                if wanted.admits(incident, event["enrichment"]):
                    cursor = _cursor(topic.name, next_)
                    yield FeedEvent(cursor, Incident.model_validate(incident), admission, event["enrichment"])
            if not batch and time.monotonic() > look_up:
                _check_generation(given, settings.generation)
                look_up = time.monotonic() + _LOOK_UP_S
            if not batch and not follow and follower.at_end():
                return
    finally:
        follower.close()


def _cursor(topic: str, positions: Mapping[int, int]) -> str:
    vector = [positions[number] for number in sorted(positions)]
    return base64.urlsafe_b64encode(orjson.dumps([topic, vector])).decode().rstrip("=")


def _check_generation(given: Settings, reading: int) -> None:
    now = at_generation(given).generation
    if now != reading:
        raise ProjectionError(f"readers have gone over from generation {reading} to {now}: begin without a cursor")


def positions_of(cursor: str | None, topic: str, partitions: int) -> dict[int, int]:
    """The next offset of each partition after a cursor; zeros where there is none.

    Raises:
        ProjectionError: the cursor is damaged or of another generation.
    """
    if cursor is None:
        return dict.fromkeys(range(partitions), 0)
    try:
        name, vector = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if name != topic or len(vector) != partitions:
            raise ProjectionError(f"the cursor is of {name}, not of {topic}: start without one")
        return {number: int(at) for number, at in enumerate(vector)}
    except (ValueError, TypeError, binascii.Error) as error:
        raise ProjectionError("the cursor is damaged: copy it whole, or start without one") from error
