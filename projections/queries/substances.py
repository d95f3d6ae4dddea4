"""Substances: which there are, under what names they were reported, and when each was first seen."""

from typing import LiteralString

import psycopg

from projections.queries.reading import Row, rows

_LAST_CHARACTER = "\U0010ffff"


def first_seen(connection: psycopg.Connection, generation: int, substance_id: str) -> Row | None:
    """The earliest incident of a substance by when it happened, and the one that was admitted first.

    Returns:
        substance_id, period_first and incident_id of the first to happen; first_admitted_at (of its current revision)
        and first_admitted_id. Nothing if no incident has the substance.
    """
    statement: LiteralString = """
        SELECT %(id)s::text AS substance_id, happened.period_first, happened.incident_id::text,
            admitted.admitted_at AS first_admitted_at, admitted.incident_id::text AS first_admitted_id
        FROM (
            SELECT period_first, incident_id FROM {item}
            WHERE substance_id = %(id)s AND NOT withdrawn ORDER BY period_first, incident_id LIMIT 1
        ) AS happened, (
            SELECT admitted_at, incident_id FROM {item}
            WHERE substance_id = %(id)s AND NOT withdrawn ORDER BY admitted_at, incident_id LIMIT 1
        ) AS admitted
    """
    found = rows(connection, generation, statement, {"id": substance_id})
    return found[0] if found else None


def substances(connection: psycopg.Connection, generation: int, text: str = "", limit: int = 100) -> list[Row]:
    """Substances whose id begins with the text, or that were reported under a name that does, whatever the case.

    Returns:
        substance_id, substance_class and the measures, most incidents first.
    """
    statement: LiteralString = """
        SELECT substance_id, substance_class, {sums}
        FROM {substance_timeline}
        WHERE substance_id >= %(text)s AND substance_id < %(end)s OR substance_id IN (
            SELECT substance_id FROM {item}
            WHERE lower(substance_text) >= lower(%(text)s) AND lower(substance_text) < lower(%(text)s) || %(last)s
            AND NOT withdrawn
        )
        GROUP BY substance_id, substance_class
        ORDER BY sum(incidents) DESC, substance_id, substance_class LIMIT %(limit)s
    """
    parameters = {"text": text, "end": text + _LAST_CHARACTER, "last": _LAST_CHARACTER, "limit": limit}
    return rows(connection, generation, statement, parameters)
