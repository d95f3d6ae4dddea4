"""Single incidents: the current revision, every revision, the items."""

import re
from collections.abc import Collection
from typing import LiteralString
from uuid import UUID

import psycopg

from projections.queries.reading import Row, rows

# Events under a key that was compromised before they were admitted are in doubt, whatever admission found.
INCIDENT_COLUMNS: LiteralString = """
    incident_id::text, revision, event_type, withdrawn, reason, source_ref, source_system, agency_id,
    reporting_country, incident_type, occurred_on, occurred_precision, period, period_first, period_last, reported_at,
    admitted_at, tlp, handling, audience, policy_class = 0 AS community, place_country, place_country_how, place_id,
    place_name, place_how, latitude_udeg, longitude_udeg, departure, transit, destination, routing_direction,
    transport_mode, action_requested, operation_id, content_digest, signed_digest,
    doubts || ARRAY(
        SELECT 'KEY_IN_DOUBT' FROM {key_doubt} k WHERE k.key_id = incident.key_id AND k.since <= admitted_at
    ) AS doubts, reference_version, enrichment_error
"""
_HEX = re.compile(r"[0-9a-f]{1,32}")
_LAST_CHARACTER = "\U0010ffff"
_LEAST_HEX = 4


def incident(connection: psycopg.Connection, generation: int, incident_id: str) -> Row | None:
    """The current revision of an incident without its items, or nothing."""
    statement: LiteralString = "SELECT " + INCIDENT_COLUMNS + "FROM {incident} WHERE incident_id = %(id)s::uuid"
    found = rows(connection, generation, statement, {"id": incident_id}) if is_uuid(incident_id) else []
    return found[0] if found else None


def owners_of(connection: psycopg.Connection, generation: int, incident_ids: Collection[str]) -> dict[str, str]:
    """Those of some incidents that the viewer sees, each with the agency that reported it."""
    statement: LiteralString = """
        SELECT incident_id::text, agency_id FROM {incident} WHERE incident_id = ANY (%(ids)s::uuid[])
    """
    found = rows(connection, generation, statement, {"ids": sorted(incident_ids)})
    return {row["incident_id"]: row["agency_id"] for row in found}


def find_incidents(connection: psycopg.Connection, generation: int, text: str, limit: int = 20) -> list[Row]:
    """Incidents whose reference begins with the text, or whose id does (at least four hexadecimal digits).

    Exact references come first, then by reference and id.
    """
    digits = text.strip().lower().replace("-", "")
    by_id = len(digits) >= _LEAST_HEX and _HEX.fullmatch(digits) is not None
    statement: LiteralString = (
        "SELECT " + INCIDENT_COLUMNS + "FROM {incident} "
        "WHERE source_ref >= %(text)s AND source_ref < %(end)s OR incident_id BETWEEN %(low)s::uuid AND %(high)s::uuid "
        "ORDER BY source_ref <> %(text)s, source_ref, incident_id LIMIT %(limit)s"
    )
    parameters = {
        "text": _storable(text),
        "end": _storable(text) + _LAST_CHARACTER,
        "low": digits.ljust(32, "0") if by_id else None,
        "high": digits.ljust(32, "f") if by_id else None,
        "limit": limit,
    }
    return rows(connection, generation, statement, parameters)


def revisions(connection: psycopg.Connection, generation: int, incident_id: str) -> list[Row]:
    """Every revision that was seen, superseded ones too, in order."""
    if not is_uuid(incident_id):
        return []
    statement: LiteralString = """
        SELECT incident_id::text, revision, event_type, admitted_at, reason, signed_digest, superseded
        FROM {incident_revision} WHERE incident_id = %(id)s::uuid ORDER BY revision
    """
    return rows(connection, generation, statement, {"id": incident_id})


def items(connection: psycopg.Connection, generation: int, incident_id: str) -> list[Row]:
    """The items of the current revision, in order."""
    if not is_uuid(incident_id):
        return []
    statement: LiteralString = """
        SELECT item_no, substance_text, substance_id, substance_class, subclass, effect_group, active_substance_id,
            substance_how, substance_confidence, candidates, schedules, schedule_listed, form, purity_pct, amount, unit,
            mass_ug, mass_counted, plausibility, amount_text, unit_text
        FROM {item} WHERE incident_id = %(id)s::uuid ORDER BY item_no
    """
    return rows(connection, generation, statement, {"id": incident_id})


def opened_by(connection: psycopg.Connection, generation: int, incident_id: str) -> list[Row]:
    """Which agencies opened an incident on which days; rows for its owner alone."""
    if not is_uuid(incident_id):
        return []
    statement: LiteralString = """
        SELECT agency_id, day FROM {opened} WHERE incident_id = %(id)s::uuid ORDER BY day, agency_id
    """
    return rows(connection, generation, statement, {"id": incident_id})


def is_uuid(text: str) -> bool:
    """Whether a text is one that PostgreSQL takes for an id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _storable(text: str) -> str:
    return text.replace("\x00", "\ufffd")
