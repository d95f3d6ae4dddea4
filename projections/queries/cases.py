"""Cases as the viewer sees them: incidents that are linked, and which of them are one seizure."""

from typing import Any, LiteralString

import psycopg

from projections.queries.incidents import is_uuid
from projections.queries.links import LINKS, told
from projections.queries.reading import Row, rows

_ID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

# A case is there for whoever sees two of its members, of which the first gives it its name.
_CASES: LiteralString = """
    SELECT c.case_id::text, c.policy_class = 0 AS community, c.changed_at,
        count(*)::bigint AS incidents, count(DISTINCT m.canonical_id)::bigint AS seizures,
        array_agg(DISTINCT i.agency_id ORDER BY i.agency_id) AS agencies,
        min(i.period_first) AS first, max(i.period_last) AS last
    FROM {case} c JOIN {case_member} m USING (case_id) JOIN {incident} i ON i.incident_id = m.incident_id
    WHERE NOT c.closed AND (%(id)s::uuid IS NULL OR c.case_id = %(id)s::uuid)
    GROUP BY c.case_id HAVING count(*) > 1 AND bool_or(m.incident_id = c.case_id)
"""


def list_cases(
    connection: psycopg.Connection,
    generation: int,
    *,
    agency_id: str | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Cases, the last changed first.

    Args:
        connection: within `viewing`.
        generation: whose tables.
        agency_id: only with an incident that this agency reported.
        after: changed_at and case_id of the last row of the page before.
        limit: at most so many rows.

    Returns:
        case_id, changed_at, how many incidents and seizures, agencies, and the days from the first to the last.
    """
    statement: LiteralString = (
        "SELECT * FROM (" + _CASES + ") AS found WHERE "  # noqa: S608  # all of it stands here
        "(%(agency_id)s::text IS NULL OR %(agency_id)s = ANY (agencies)) "
        "AND (%(after_at)s::timestamptz IS NULL OR (changed_at, case_id) < (%(after_at)s, %(after_id)s::text)) "
        "ORDER BY changed_at DESC, case_id DESC LIMIT %(limit)s"
    )
    after_at, after_id = after or (None, None)
    parameters: dict[str, Any] = {
        "id": None,
        "agency_id": agency_id,
        "after_at": after_at,
        "after_id": after_id,
        "limit": limit,
    }
    return rows(connection, generation, statement, parameters)


def case(connection: psycopg.Connection, generation: int, case_id: str) -> Row | None:
    """One case as `list_cases` gives it, or nothing."""
    found = rows(connection, generation, _CASES, {"id": case_id}) if is_uuid(case_id) else []
    return found[0] if found else None


def case_of(connection: psycopg.Connection, generation: int, incident_id: str) -> str | None:
    """The id of the case that an incident belongs to, or nothing."""
    statement: LiteralString = """
        SELECT m.case_id::text FROM {case_member} m WHERE m.incident_id = %(id)s::uuid ORDER BY m.case_id LIMIT 1
    """
    found = rows(connection, generation, statement, {"id": incident_id})
    return str(found[0]["case_id"]) if found else None


def members_of(connection: psycopg.Connection, generation: int, case_id: str) -> list[str]:
    """The incidents of a case, the first admitted first; none where the viewer sees no such case."""
    statement: LiteralString = """
        SELECT m.incident_id::text FROM {case_member} m JOIN {incident} i USING (incident_id)
        WHERE m.case_id = %(id)s::uuid ORDER BY m.admitted_at, m.incident_id
    """
    if case(connection, generation, case_id) is None:
        return []
    return [str(row["incident_id"]) for row in rows(connection, generation, statement, {"id": case_id})]


def _members(connection: psycopg.Connection, generation: int, case_id: str) -> list[Row]:
    """The incidents of a case by seizure, the first admitted first; `canonical` is the one that stands for it."""
    statement: LiteralString = """
        SELECT i.incident_id::text, f.incident_id::text AS canonical_id, m.canonical_id = m.incident_id AS canonical,
            i.revision, i.agency_id, i.source_ref, i.incident_type, i.occurred_on, i.occurred_precision, i.period_first,
            i.period_last, i.admitted_at, i.withdrawn, i.place_country, i.place_name, i.departure, i.transit,
            i.destination, i.action_requested
        FROM {case_member} m JOIN {incident} i USING (incident_id)
        LEFT JOIN {case_member} f ON f.case_id = m.case_id AND f.incident_id = m.canonical_id
        WHERE m.case_id = %(id)s::uuid
        ORDER BY f.admitted_at, m.canonical_id, m.canonical_id <> m.incident_id, m.admitted_at, m.incident_id
    """
    return rows(connection, generation, statement, {"id": case_id})


def _substances(connection: psycopg.Connection, generation: int, case_id: str) -> list[Row]:
    """What was seized in a case, each seizure through the incident that stands for it; the greatest mass first."""
    statement: LiteralString = """
        SELECT coalesce(t.substance_id, t.substance_text) AS substance, count(*)::bigint AS items,
            coalesce(sum(t.mass_ug) FILTER (WHERE t.mass_counted), 0) AS mass_ug,
            count(*) FILTER (WHERE NOT t.mass_counted)::bigint AS items_without_mass
        FROM {case_member} m JOIN {item} t USING (incident_id)
        WHERE m.case_id = %(id)s::uuid AND m.canonical_id = m.incident_id AND NOT t.withdrawn
        GROUP BY 1 ORDER BY 3 DESC, 1
    """
    return rows(connection, generation, statement, {"id": case_id})


def _links(connection: psycopg.Connection, generation: int, case_id: str) -> list[Row]:
    """Current links with a member of a case, as `list_links` gives them, rejected ones too.

    `within` says that both are members; of the others only those that count are here, which may go across classes of
    policy: such a link is in no case, and is seen by whoever may see both.
    """
    statement: LiteralString = (
        "WITH member AS (SELECT incident_id FROM {case_member} WHERE case_id = %(id)s::uuid), found AS ("  # noqa: S608  # the same
        + LINKS
        + ' WHERE l."left" = ANY (ARRAY(SELECT incident_id FROM member)) '
        'OR l."right" = ANY (ARRAY(SELECT incident_id FROM member))) '
        "SELECT * FROM (SELECT found.*, "
        '"left"::uuid IN (SELECT incident_id FROM member) AND "right"::uuid IN (SELECT incident_id FROM member) '
        "AS within FROM found) AS each WHERE counts OR within AND verdict <> 'NONE' "
        'ORDER BY NOT within, -duplicate_ppm, -related_mbit, "left", "right"'
    )
    return told(rows(connection, generation, statement, {"id": case_id}))


def _changes(connection: psycopg.Connection, generation: int, case_id: str) -> list[Row]:
    """What was different in the last version of a case, as far as it is about incidents that the viewer sees."""
    statement: LiteralString = """
        SELECT change->>'what' AS what, change->>'subject' AS subject, change->'reasons' AS reasons
        FROM {case} c, jsonb_array_elements(c.changes) WITH ORDINALITY AS each (change, number)
        WHERE c.case_id = %(id)s::uuid AND NOT EXISTS (
            SELECT FROM unnest(string_to_array(change->>'subject', '|')) AS s (id) WHERE NOT EXISTS (
                SELECT FROM {incident} i WHERE i.incident_id = CASE WHEN s.id ~ %(form)s THEN s.id::uuid END
            )
        ) ORDER BY number
    """
    return told(rows(connection, generation, statement, {"id": case_id, "form": _ID}))


def case_document(connection: psycopg.Connection, generation: int, case_id: str) -> dict[str, Any] | None:
    """All that is known of a case, or nothing where the viewer sees none.

    Returns:
        `case`, `members`, `substances`; `links` within it that count or that people judged; `across`, those that count
        with other incidents; and the last `changes`.
    """
    found = case(connection, generation, case_id)
    if found is None:
        return None
    every = _links(connection, generation, case_id)
    return {
        "case": found,
        "members": _members(connection, generation, case_id),
        "substances": _substances(connection, generation, case_id),
        "links": [row for row in every if row["within"]],
        "across": [row for row in every if not row["within"]],
        "changes": _changes(connection, generation, case_id),
    }
