"""The stream as one focal point may see it: each event is judged when it leaves, by the views' row-level security.

An event is held back until the views have it, so that a revision which a later one has narrowed meanwhile is not given;
what may not be seen is passed over in silence.
"""

import time
from collections.abc import Callable, Iterable, Iterator

import psycopg
from psycopg import sql

from projections.feed import FeedEvent, positions_of
from projections.migrate import schema_name
from projections.viewing import viewing
from schemas.errors import ProjectionError
from schemas.topics import enriched

_PATIENCE_S = 30.0
_PAUSE_S = 0.02


def seen_by(
    events: Iterable[FeedEvent],
    connection: psycopg.Connection,
    generation: int,
    focal_point_id: str,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[FeedEvent]:
    """The events that the focal point may see, at the moment when each is given.

    Args:
        events: of `feed`, in order.
        connection: of ``ionics_reader``, outside a transaction.
        generation: whose stream and views.
        focal_point_id: who looks.
        pause: waits so many seconds for the projector.

    Raises:
        ProjectionError: the views do not follow the stream, or nobody of this name may look.
    """
    for event in events:
        waited = 0.0
        while (visible := _visible(event, connection, generation, focal_point_id)) is None:
            if waited > _PATIENCE_S:
                raise ProjectionError(
                    f"the views do not follow the stream, or {focal_point_id} may not look; see `ionics status`"
                )
            pause(_PAUSE_S)
            waited += _PAUSE_S
        if visible:
            yield event


def _visible(event: FeedEvent, connection: psycopg.Connection, generation: int, focal_point_id: str) -> bool | None:
    """Whether the event may be seen; None while the views have not come as far as it."""
    topic = enriched(generation)
    schema = schema_name(generation)
    read_positions = sql.SQL("SELECT partition, next FROM {} WHERE topic = %s").format(
        sql.Identifier(schema, "positions")
    )
    read_revision = sql.SQL("SELECT FROM {} WHERE incident_id = %s::uuid AND revision = %s").format(
        sql.Identifier(schema, "incident_revision")
    )
    with viewing(connection, generation, focal_point_id):
        projected: dict[int, int] = dict(connection.execute(read_positions, [topic.name]).fetchall())
        needed = positions_of(event.cursor, topic.name, topic.partitions)
        if any(projected.get(number, 0) < following for number, following in needed.items()):
            return None
        key = [event.incident.incident_id, event.incident.revision]
        return connection.execute(read_revision, key).fetchone() is not None
