"""The streams as one focal point may see them: each event is judged when it leaves, by the views' row-level security.

An event is held back until the views have it, so that a revision which a later one has narrowed meanwhile is not given;
what may not be seen is passed over in silence.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

import psycopg
from psycopg import sql

from projections.feed import AlertFeedEvent, CaseFeedEvent, FeedEvent
from projections.following import positions_of
from projections.migrate import schema_name
from projections.viewing import viewing
from schemas.errors import ProjectionError
from schemas.settings import Settings
from schemas.topics import Topic, alerts, cases, enriched
from stream_processors.match import match_group
from stream_processors.runtime import KafkaTopic
from stream_processors.runtime.lag import committed

_PATIENCE_S = 30.0
_PAUSE_S = 0.02

E = TypeVar("E")


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
    topic = enriched(generation)
    read_revision = sql.SQL("SELECT FROM {} WHERE incident_id = %s::uuid AND revision = %s").format(
        sql.Identifier(schema_name(generation), "incident_revision")
    )

    def judged(event: FeedEvent) -> list[FeedEvent] | None:
        with viewing(connection, generation, focal_point_id):
            if not _projected(connection, generation, topic, positions_of(event.cursor, topic.name, topic.partitions)):
                return None
            key = [event.incident.incident_id, event.incident.revision]
            return [] if connection.execute(read_revision, key).fetchone() is None else [event]

    return _given(events, judged, focal_point_id, pause)


def cases_seen_by(
    events: Iterable[CaseFeedEvent],
    connection: psycopg.Connection,
    settings: Settings,
    focal_point_id: str,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[CaseFeedEvent]:
    """The cases that the focal point may see: of a class of policy, and with members, that it may see now.

    A change that names an incident which it may not see any more is left out of the event.

    Args:
        events: of `feed` with the kind ``case``, in order.
        connection: of ``ionics_reader``, outside a transaction.
        settings: where the deployment is, with the generation of stream and views.
        focal_point_id: who looks.
        pause: waits so many seconds for the projector.

    Raises:
        ProjectionError: the views do not follow the stream, or nobody of this name may look.
        LogError: the broker does not answer.
    """
    generation = settings.generation
    schema = schema_name(generation)
    read_class = sql.SQL("SELECT FROM {} WHERE class = %s").format(sql.Identifier(schema, "policy"))
    read_incidents = sql.SQL("SELECT incident_id::text FROM {} WHERE incident_id = ANY (%s::uuid[])").format(
        sql.Identifier(schema, "incident")
    )
    matched = _Matched(settings)

    def judged(event: CaseFeedEvent) -> list[CaseFeedEvent] | None:
        case = event.case
        with viewing(connection, generation, focal_point_id):
            if not _projected(connection, generation, enriched(generation), matched.before(event)):
                return None
            if connection.execute(read_class, [case.policy_class]).fetchone() is None:
                return []
            found = connection.execute(read_incidents, [sorted(case.incidents)]).fetchall()
        seen = {incident_id for (incident_id,) in found}
        if not seen.issuperset({case.case_id, *(member.incident_id for member in case.members)}):
            return []
        changes = tuple(change for change in case.changes if seen.issuperset(change.incidents))
        return [replace(event, case=replace(case, changes=changes))]

    return _given(events, judged, focal_point_id, pause)


def alerts_seen_by(
    events: Iterable[AlertFeedEvent],
    connection: psycopg.Connection,
    generation: int,
    focal_point_id: str,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[AlertFeedEvent]:
    """The alerts that the focal point may see, at the moment when each is given.

    All policies of the revision and of the current one must allow it, and so must each incident that the alert rests
    on, as it is now. Of a special alert the incidents that it may not see are left out.

    Args:
        events: of `feed` with the kind ``alert``, in order.
        connection: of ``ionics_reader``, outside a transaction.
        generation: whose stream and views.
        focal_point_id: who looks.
        pause: waits so many seconds for the projector.

    Raises:
        ProjectionError: the views do not follow the stream, or nobody of this name may look.
    """
    schema, topic, incidents = schema_name(generation), alerts(generation), enriched(generation)
    read_classes = sql.SQL("SELECT class FROM {} WHERE class = ANY (%s)").format(sql.Identifier(schema, "policy"))
    read_current = sql.SQL("SELECT FROM {} WHERE alert_id = %s::uuid").format(sql.Identifier(schema, "alert"))
    read_incidents = sql.SQL("SELECT incident_id::text FROM {} WHERE incident_id = ANY (%s::uuid[])").format(
        sql.Identifier(schema, "incident")
    )

    def judged(event: AlertFeedEvent) -> list[AlertFeedEvent] | None:
        alert = event.alert
        # The stage's inputs begin with what is enriched.
        inputs = dict(enumerate(alert.positions[: incidents.partitions]))
        with viewing(connection, generation, focal_point_id):
            if not (
                _projected(connection, generation, topic, positions_of(event.cursor, topic.name, topic.partitions))
                and _projected(connection, generation, incidents, inputs)
            ):
                return None
            allowed = {class_ for (class_,) in connection.execute(read_classes, [sorted(alert.classes)])}
            current = connection.execute(read_current, [alert.alert_id]).fetchone()
            named = sorted({each.incident_id for each in alert.incidents})
            seen = {incident_id for (incident_id,) in connection.execute(read_incidents, [named])}
        if current is None or not allowed.issuperset(alert.classes) or not seen.issuperset(alert.rests_on):
            return []
        told = tuple(each for each in alert.incidents if each.incident_id in seen)
        return [replace(event, alert=replace(alert, incidents=told))]

    return _given(events, judged, focal_point_id, pause)


def _given(
    events: Iterable[E], judged: Callable[[E], list[E] | None], focal_point_id: str, pause: Callable[[float], None]
) -> Iterator[E]:
    """What is given of each event; it is judged again while there is no answer."""
    for event in events:
        waited = 0.0
        while (given := judged(event)) is None:
            if waited > _PATIENCE_S:
                raise ProjectionError(
                    f"the views do not follow the stream, or {focal_point_id} may not look; see `ionics status`"
                )
            pause(_PAUSE_S)
            waited += _PAUSE_S
        yield from given


def _projected(connection: psycopg.Connection, generation: int, topic: Topic, needed: Mapping[int, int]) -> bool:
    """Whether the views have come as far as these positions of a topic."""
    read = sql.SQL("SELECT partition, next FROM {} WHERE topic = %s").format(
        sql.Identifier(schema_name(generation), "positions")
    )
    projected: dict[int, int] = dict(connection.execute(read, [topic.name]).fetchall())
    return all(projected.get(number, 0) >= following for number, following in needed.items())


class _Matched:
    """How far the matcher had read what is enriched when a case was written, or farther."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._topic = settings, cases(settings.generation)
        self._cases = KafkaTopic(settings, self._topic.name)
        self._end, self._positions = 0, dict[int, int]()

    def before(self, event: CaseFeedEvent) -> Mapping[int, int]:
        """Positions that no incident of the event lies behind."""
        if positions_of(event.cursor, self._topic.name, 1)[0] > self._end:
            # In this order: whatever cases stand there follow from what the matcher has committed by now.
            self._end = self._cases.end()
            generation = self._settings.generation
            self._positions = committed(self._settings, match_group(generation), enriched(generation))
        return self._positions
