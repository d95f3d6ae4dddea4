"""What was delegated, and as what it was published."""

from typing import Any, LiteralString

import psycopg

from projections.queries.reading import Row, rows


def owner_behind(connection: psycopg.Connection, generation: int, incident_id: str) -> str | None:
    """Whose report it was that an incident was published of, where the viewer is of that agency or of the secretariat.

    Args:
        connection: within `viewing`.
        generation: whose tables.
        incident_id: of what was published: a UUID.
    """
    statement: LiteralString = "SELECT owner FROM {delegation_link} WHERE published_id = %(id)s::uuid"
    found = rows(connection, generation, statement, {"id": incident_id})
    return found[0]["owner"] if found else None


def delegations(
    connection: psycopg.Connection,
    generation: int,
    *,
    incident_id: str | None = None,
    after: tuple[str, str, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Delegated reports that the viewer sees, the newest admitted first, each with its link where there is one.

    The link is for owner and secretariat alone. Its state is None, RESERVED (the publication was begun) or PUBLISHED;
    `changed` says that the owner has amended or withdrawn the report since.

    Args:
        connection: within `viewing`.
        generation: whose tables.
        incident_id: only this report: a UUID.
        after: admitted_at, incident_id and secretariat (or nothing) of the last row of the page before.
        limit: at most so many rows.
    """
    statement: LiteralString = """
        SELECT incident_id::text, agency_id AS owner, revision, withdrawn, delegated, audience, admitted_at,
            l.secretariat, l.published_id::text, l.delegated_revision AS published_revision, l.state,
            coalesce(l.state = 'PUBLISHED' AND l.delegated_revision < revision, false) AS changed
        FROM {incident} LEFT JOIN {delegation_link} l ON l.delegated_id = incident_id
        WHERE (delegated OR l.delegated_id IS NOT NULL)
            AND (%(id)s::uuid IS NULL OR incident_id = %(id)s::uuid)
            AND (%(after_at)s::timestamptz IS NULL OR (admitted_at, incident_id, coalesce(l.secretariat, ''))
                < (%(after_at)s, %(after_id)s::uuid, %(after_name)s::text))
        ORDER BY admitted_at DESC, incident_id DESC, coalesce(l.secretariat, '') DESC LIMIT %(limit)s
    """
    after_at, after_id, after_name = after or (None, None, None)
    parameters: dict[str, Any] = {"id": incident_id, "after_at": after_at, "after_id": after_id}
    return rows(connection, generation, statement, parameters | {"after_name": after_name, "limit": limit})
