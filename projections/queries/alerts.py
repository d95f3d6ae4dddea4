"""Alerts and watches as the viewer sees them."""

import re
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from projections.queries.incidents import is_uuid
from projections.queries.reading import Row, rows
from schemas.alert import Severity

_HEX = re.compile(r"[0-9a-f]{1,32}")
_ALERTS: LiteralString = """
    SELECT a.alert_id::text, a.revision, a.status, a.kind, a.severity, a.title, a.substance_id, a.substance_class,
        a.substance_text, a.countries, a.region, a.departure, a.destination, a.period, a.reasons, a.tlp, a.raised_at,
        a.act_before, a.policy_classes = '{{0}}' AS community,
        ARRAY(SELECT ai.incident_id::text FROM {alert_incident} ai WHERE ai.alert_id = a.alert_id ORDER BY 1)
            AS incidents
    FROM {alert} a
"""


# An array of its own, so that alerts are looked up by their key and no other is held against row-level security.
_OF_INCIDENT: LiteralString = """
    a.alert_id = ANY (ARRAY(SELECT ai.alert_id FROM {alert_incident} ai WHERE ai.incident_id = %(incident_id)s::uuid))
    AND
"""


def list_alerts(
    connection: psycopg.Connection,
    generation: int,
    *,
    kind: str | None = None,
    severity: Severity | None = None,
    status: str | None = None,
    substance_id: str | None = None,
    substance_class: str | None = None,
    country: str | None = None,
    departure: str | None = None,
    destination: str | None = None,
    incident_id: str | None = None,
    since: str | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Alerts at their current revision, the last raised first.

    Args:
        connection: within `viewing`.
        generation: whose tables.
        kind: code of the list alert_kind.
        severity: at least this one.
        status: RAISED or WITHDRAWN; else both.
        substance_id: only about this substance.
        substance_class: only about this class.
        country: only about this country, or from or to it: alpha-3.
        departure: only from this country.
        destination: only to this country.
        incident_id: only that rest on this incident, or name it: a UUID.
        since: raised at this moment or later, ISO 8601.
        after: raised_at and alert_id of the last row of the page before.
        limit: at most so many rows.

    Returns:
        The alert, its reasons, the incidents that it rests on or, of a special one, those that the viewer may see; and
        whether it is of the community.
    """
    among: LiteralString = _OF_INCIDENT if incident_id else ""
    statement: LiteralString = (
        _ALERTS + "WHERE " + among + "(%(kind)s::text IS NULL OR a.kind = %(kind)s) "  # all of it stands here
        "AND (%(severities)s::text[] IS NULL OR a.severity = ANY (%(severities)s::text[])) "
        "AND (%(status)s::text IS NULL OR a.status = %(status)s) "
        "AND (%(substance_id)s::text IS NULL OR a.substance_id = %(substance_id)s) "
        "AND (%(substance_class)s::text IS NULL OR a.substance_class = %(substance_class)s) "
        "AND (%(country)s::text IS NULL OR %(country)s = ANY (a.countries) "
        "OR %(country)s IN (a.departure, a.destination)) "
        "AND (%(departure)s::text IS NULL OR a.departure = %(departure)s) "
        "AND (%(destination)s::text IS NULL OR a.destination = %(destination)s) "
        "AND (%(from)s::timestamptz IS NULL OR a.raised_at >= %(from)s) "
        "AND (%(after_at)s::timestamptz IS NULL OR (a.raised_at, a.alert_id) < (%(after_at)s, %(after_id)s::uuid)) "
        "ORDER BY a.raised_at DESC, a.alert_id DESC LIMIT %(limit)s"
    )
    after_at, after_id = after or (None, None)
    parameters: dict[str, Any] = {
        "kind": kind,
        "severities": None if severity is None else [str(each) for each in severity.and_graver],
        "status": status,
        "substance_id": substance_id,
        "substance_class": substance_class,
        "country": country,
        "departure": departure,
        "destination": destination,
        "incident_id": incident_id,
        "from": since,
        "after_at": after_at,
        "after_id": after_id,
        "limit": limit,
    }
    return rows(connection, generation, statement, parameters)


def alert_document(connection: psycopg.Connection, generation: int, alert_id: str) -> dict[str, Any] | None:
    """All that is known of an alert, or nothing where the viewer sees none.

    Returns:
        `alert`, with text, documents and author of a special one; `incidents` as they are now, with the revision that
        was `looked_at`, 0 where an author only named it; and `shared`: owner and audience of each policy that must
        allow a viewer, none where it is of the community.
    """
    found = _one(connection, generation, alert_id) if is_uuid(alert_id) else None
    if found is None:
        return None
    return {
        "alert": found,
        "incidents": _incidents(connection, generation, alert_id),
        "shared": _shared(connection, generation, alert_id),
    }


def find_alerts(connection: psycopg.Connection, generation: int, text: str, limit: int = 20) -> list[str]:
    """Ids of alerts that begin with some hexadecimal digits, in order; none where the text is no such beginning."""
    digits = text.strip().lower().replace("-", "")
    if not _HEX.fullmatch(digits):
        return []
    statement: LiteralString = """
        SELECT alert_id::text FROM {alert} WHERE alert_id BETWEEN %(low)s::uuid AND %(high)s::uuid
        ORDER BY 1 LIMIT %(limit)s
    """
    parameters = {"low": digits.ljust(32, "0"), "high": digits.ljust(32, "f"), "limit": limit}
    return [str(row["alert_id"]) for row in rows(connection, generation, statement, parameters)]


def list_watches(
    connection: psycopg.Connection,
    generation: int,
    *,
    agency_id: str | None = None,
    ended: bool = False,
    at: datetime | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Watches that the viewer may see, the last set first.

    Args:
        connection: within `viewing`.
        generation: whose tables.
        agency_id: only those of this agency.
        ended: those that have ended, too.
        at: the moment at which they must not have ended; else now.
        after: at and watch_id of the last row of the page before.
        limit: at most so many rows.
    """
    statement: LiteralString = """
        SELECT watch_id::text, revision, stands AS active, kind, value, reason, audience, until, focal_point_id,
            agency_id, at
        FROM (
            SELECT *, active AND coalesce(until > coalesce(%(now)s::timestamptz, now()), true) AS stands FROM {watch}
        ) AS w
        WHERE (%(ended)s OR stands)
            AND (%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s)
            AND (%(after_at)s::timestamptz IS NULL OR (at, watch_id) < (%(after_at)s, %(after_id)s::uuid))
        ORDER BY at DESC, watch_id DESC LIMIT %(limit)s
    """
    after_at, after_id = after or (None, None)
    parameters: dict[str, Any] = {"agency_id": agency_id, "ended": ended, "now": at, "limit": limit}
    return rows(connection, generation, statement, parameters | {"after_at": after_at, "after_id": after_id})


def _one(connection: psycopg.Connection, generation: int, alert_id: str) -> Row | None:
    statement: LiteralString = (
        "SELECT found.*, b.words AS text, b.documents, b.author_id, b.author_agency FROM ("  # noqa: S608  # the same
        + _ALERTS
        + " WHERE a.alert_id = %(id)s::uuid) AS found JOIN {alert} b ON b.alert_id = %(id)s::uuid"
    )
    found = rows(connection, generation, statement, {"id": alert_id})
    return found[0] if found else None


def _incidents(connection: psycopg.Connection, generation: int, alert_id: str) -> list[Row]:
    """The incidents of an alert as they are now, the first admitted first."""
    statement: LiteralString = """
        SELECT i.incident_id::text, ai.revision AS looked_at, i.revision, i.withdrawn, i.agency_id, i.source_ref,
            i.incident_type, i.occurred_on, i.occurred_precision, i.admitted_at, i.place_country, i.place_name,
            i.departure, i.transit, i.destination, i.action_requested,
            ARRAY(SELECT DISTINCT t.substance_text FROM {item} t WHERE t.incident_id = i.incident_id ORDER BY 1)
                AS substances
        FROM {alert_incident} ai JOIN {incident} i USING (incident_id)
        WHERE ai.alert_id = %(id)s::uuid ORDER BY i.admitted_at, i.incident_id
    """
    return rows(connection, generation, statement, {"id": alert_id})


def _shared(connection: psycopg.Connection, generation: int, alert_id: str) -> list[Row]:
    statement: LiteralString = """
        SELECT p.owner, p.audience FROM {policy} p
        JOIN {alert} a ON p.class = ANY (a.policy_classes) WHERE a.alert_id = %(id)s::uuid AND p.class <> 0
        ORDER BY p.owner, p.audience
    """
    return rows(connection, generation, statement, {"id": alert_id})
