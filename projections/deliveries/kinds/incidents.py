"""An incident as its recipient sees it: while the revision may be seen, what the current one says."""

from collections.abc import Callable
from typing import LiteralString

import psycopg

from projections.deliveries.kinds.showing import Showing
from projections.queries import incident
from projections.queries.reading import asked
from stream_processors.disseminate.ports import Shown

_SHOWN: LiteralString = """
    SELECT i.incident_id::text, i.revision, i.event_type, i.agency_id, i.incident_type, i.period, i.place_country,
        i.place_name, i.departure, i.transit, i.destination, i.transport_mode, i.action_requested, i.tlp,
        ARRAY(
            SELECT jsonb_build_object('substance_text', t.substance_text, 'substance_id', t.substance_id,
                'substance_class', t.substance_class, 'amount_text', t.amount_text, 'unit_text', t.unit_text)
            FROM {item} t WHERE t.incident_id = i.incident_id ORDER BY t.item_no LIMIT 20
        ) AS items
    FROM {incident_revision} r JOIN {incident} i ON i.incident_id = r.incident_id
    WHERE r.incident_id = %(id)s::uuid AND r.revision = %(revision)s
"""
_WORDS: LiteralString = """(
    SELECT concat_ws(' ', i.agency_id, i.source_ref, coalesce(i.place_name, i.place_country))
    FROM {incident_revision} r JOIN {incident} i ON i.incident_id = r.incident_id
    WHERE r.incident_id = d.event_id AND r.revision = d.revision
)"""


def show_incident(
    connection: psycopg.Connection, generation: int, incident_id: str, revision: int
) -> Callable[[], Shown | None]:
    """The incident, if that revision of it may be seen; both it and its items are those of now."""
    found = asked(connection, generation, _SHOWN, {"id": incident_id, "revision": revision})
    return lambda: next((Shown(str(row["tlp"]), row) for row in found()), None)


def sees_incident(connection: psycopg.Connection, generation: int, incident_id: str) -> bool:
    """Whether the viewer sees an incident."""
    return incident(connection, generation, incident_id) is not None


INCIDENT = Showing(show_incident, sees_incident, _WORDS)
