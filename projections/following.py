"""What all kinds of `feed` share: a topic of the generation that is read, decoded, behind a cursor."""

import base64
import binascii
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from schemas.directory import at_generation
from schemas.errors import ContractError, ProjectionError
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings
from schemas.topics import Topic
from stream_processors.runtime.follower import Follower
from stream_processors.runtime.log import Partition

_LOOK_UP_S = 60.0

Event = tuple[dict[str, Any], Callable[[], str]]
"""A decoded record, and what makes the cursor behind it."""


def followed(
    given: Settings,
    kind: str,
    topic_of: Callable[[int], Topic],
    after: str | None,
    *,
    follow: bool,
    stop: Any = None,
) -> Iterator[Event]:
    """Records after a cursor, in the order of each key; see `projections.feed.feed`.

    A cursor is to be made before the next record is asked for.

    Args:
        given: where the deployment is; with no generation, that of the directory is read.
        kind: name of the schema, such as ``enriched``.
        topic_of: the topic of a generation.
        after: cursor of the last record handled; None begins at the beginning.
        follow: whether to wait for new records at the end.
        stop: anything with `is_set()`; ends the iteration.

    Raises:
        ProjectionError: the cursor is damaged or of another generation, or readers have gone over to another one.
        LogError: the log cannot be read.
    """
    settings = at_generation(given)
    topic = topic_of(settings.generation)
    next_ = positions_of(after, topic.name, topic.partitions)
    schemas = KnownSchemas.of(settings)
    follower = Follower(settings, {Partition(topic.name, n): at for n, at in next_.items()})
    look_up = time.monotonic() + _LOOK_UP_S
    try:
        while stop is None or not stop.is_set():
            batch = follower.consume(1_000, 0.2)
            for record in batch:
                next_[record.partition] = record.offset + 1
                try:
                    event = schemas.decoded(record.value, kind)
                except ContractError:
                    continue  # a dead letter of the projector
                yield event, lambda: _cursor(topic.name, next_)
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
