"""An incident as its recipient sees it: while the revision may be seen, what the current one says."""

from typing import Any, LiteralString

import psycopg

from projections.deliveries.kinds.showing import Showing
from projections.queries import incident, items
from projections.queries.reading import rows
from stream_processors.disseminate.ports import Shown

_SAID = (
    *("incident_id", "revision", "event_type", "agency_id", "incident_type", "period", "place_country", "place_name"),
    *("departure", "transit", "destination", "transport_mode", "action_requested", "tlp"),
)
_ITEM = ("substance_text", "substance_id", "substance_class", "amount_text", "unit_text")
_MOST_ITEMS = 20
_REVISION: LiteralString = """
    SELECT revision FROM {incident_revision} WHERE incident_id = %(id)s::uuid AND revision = %(revision)s
"""
_WORDS: LiteralString = """(
    SELECT concat_ws(' ', i.agency_id, i.source_ref, coalesce(i.place_name, i.place_country))
    FROM {incident_revision} r JOIN {incident} i ON i.incident_id = r.incident_id
    WHERE r.incident_id = d.event_id AND r.revision = d.revision
)"""


def show_incident(connection: psycopg.Connection, generation: int, incident_id: str, revision: int) -> Shown | None:
    """The incident, if that revision of it may be seen; both it and its items are those of now."""
    named = {"id": incident_id, "revision": revision}
    found = incident(connection, generation, incident_id)
    if found is None or not rows(connection, generation, _REVISION, named):
        return None
    said: dict[str, Any] = {name: found[name] for name in _SAID}
    listed = items(connection, generation, incident_id)[:_MOST_ITEMS]
    said["items"] = [{name: item[name] for name in _ITEM} for item in listed]
    return Shown(str(found["tlp"]), said)


def sees_incident(connection: psycopg.Connection, generation: int, incident_id: str) -> bool:
    """Whether the viewer sees an incident."""
    return incident(connection, generation, incident_id) is not None


INCIDENT = Showing(show_incident, sees_incident, _WORDS)
