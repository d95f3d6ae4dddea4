"""Lists of incidents, page by page: the newest admitted first."""

from typing import Any, LiteralString

import psycopg

from projections.queries.incidents import INCIDENT_COLUMNS
from projections.queries.reading import Row, rows


def list_incidents(
    connection: psycopg.Connection,
    generation: int,
    *,
    agency_id: str | None = None,
    country: str | None = None,
    incident_type: str | None = None,
    substance_id: str | None = None,
    reference: str | None = None,
    since: str | None = None,
    until: str | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Current revisions that the viewer sees, withdrawn ones too.

    Args:
        connection: within `viewing`.
        generation: whose tables.
        agency_id: only what this agency reported.
        country: only where it happened, or where a route departs or ends: alpha-3.
        incident_type: code of the list.
        substance_id: only with an item of this substance.
        reference: only where the agency's own reference begins so.
        since: first period, such as 2016-03 or 2016.
        until: last period.
        after: admitted_at and incident_id of the last row of the page before.
        limit: at most so many rows.
    """
    statement: LiteralString = (
        "SELECT " + INCIDENT_COLUMNS + "FROM {incident} WHERE "  # noqa: S608  # all of it stands here
        "(%(agency_id)s::text IS NULL OR agency_id = %(agency_id)s) "
        "AND (%(country)s::text IS NULL OR %(country)s IN (place_country, departure, destination)) "
        "AND (%(incident_type)s::text IS NULL OR incident_type = %(incident_type)s) "
        "AND (%(reference)s::text IS NULL OR starts_with(source_ref, %(reference)s)) "
        "AND (%(substance_id)s::text IS NULL OR incident_id IN "
        "(SELECT t.incident_id FROM {item} t WHERE t.substance_id = %(substance_id)s)) AND {within} "
        "AND (%(after_at)s::timestamptz IS NULL OR (admitted_at, incident_id) < (%(after_at)s, %(after_id)s::uuid)) "
        "ORDER BY admitted_at DESC, incident_id DESC LIMIT %(limit)s"
    )
    after_at, after_id = after or (None, None)
    parameters: dict[str, Any] = {
        "agency_id": agency_id,
        "country": country,
        "incident_type": incident_type,
        "substance_id": substance_id,
        "reference": reference,
        "since": since,
        "until": until,
        "after_at": after_at,
        "after_id": after_id,
        "limit": limit,
    }
    return rows(connection, generation, statement, parameters)


def list_items(
    connection: psycopg.Connection,
    generation: int,
    *,
    substance_id: str | None = None,
    substance_class: str | None = None,
    since: str | None = None,
    until: str | None = None,
    after: tuple[str, str, int] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Items of the current revisions that the viewer sees, but of withdrawn ones, the newest admitted first.

    Args:
        connection: within `viewing`.
        generation: whose tables.
        substance_id: only of this substance.
        substance_class: only of this class.
        since: first period, such as 2016-03 or 2016.
        until: last period.
        after: admitted_at, incident_id and item_no of the last row of the page before.
        limit: at most so many rows.
    """
    statement: LiteralString = """
        SELECT incident_id::text, item_no, admitted_at, period, substance_text, substance_id, substance_class, subclass,
            effect_group, substance_how, substance_confidence, candidates, schedules, form, purity_pct, amount, unit,
            mass_ug, mass_counted, plausibility, amount_text, unit_text
        FROM {item} WHERE NOT withdrawn AND (%(substance_id)s::text IS NULL OR substance_id = %(substance_id)s)
        AND (%(substance_class)s::text IS NULL OR substance_class = %(substance_class)s) AND {within}
        AND (%(after_at)s::timestamptz IS NULL
            OR (admitted_at, incident_id, item_no) < (%(after_at)s, %(after_id)s::uuid, %(after_no)s::integer))
        ORDER BY admitted_at DESC, incident_id DESC, item_no DESC LIMIT %(limit)s
    """
    after_at, after_id, after_no = after or (None, None, None)
    parameters: dict[str, Any] = {
        "substance_id": substance_id,
        "substance_class": substance_class,
        "since": since,
        "until": until,
        "after_at": after_at,
        "after_id": after_id,
        "after_no": after_no,
        "limit": limit,
    }
    return rows(connection, generation, statement, parameters)


def stored_value(connection: psycopg.Connection, generation: int, incident_id: str) -> bytes | None:
    """The enriched Avro value of the current revision, with its frame, or nothing."""
    found = rows(
        connection, generation, "SELECT value FROM {incident} WHERE incident_id = %(id)s::uuid", {"id": incident_id}
    )
    return bytes(found[0]["value"]) if found else None
