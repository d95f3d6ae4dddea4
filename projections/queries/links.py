"""Links between current incidents, as the viewer sees both: those that count, and those that wait for a person."""

from collections.abc import Collection
from typing import Any, LiteralString

import psycopg

from projections.queries.reading import Row, rows
from projections.reasons import sentences
from schemas.judgement import Pair

# A link counts only while both revisions that it names are the current ones; then it is as people say, and else as the
# model says while one of its keys is open in all scopes that concern it (architecture.md, "Matching").
# OFFSET keeps the planner to looking up each link's incidents and keys, once: under row-level security it takes reading
# all incidents for the cheaper way to the first few links.
LINKS: LiteralString = """
    SELECT l."left"::text, l.left_revision, a.agency_id AS left_agency, a.source_ref AS left_ref,
        l."right"::text, l.right_revision, b.agency_id AS right_agency, b.source_ref AS right_ref,
        l.left_class <> l.right_class AS across, l.left_class = 0 AND l.right_class = 0 AS community,
        CASE WHEN j.verdict = 'SAME' THEN 'DUPLICATE'
            WHEN j.verdict = 'RELATED' AND l.kind IN ('NONE', 'DUPLICATE') THEN 'RELATED' ELSE l.kind END AS kind,
        l.outcome, l.possible_duplicate, l.duplicate_mbit, l.duplicate_ppm, l.related_mbit, l.urgent, l.model,
        l.reasons, coalesce(j.verdict, 'NONE') AS verdict, j.agency_id AS judged_by, j.reason AS judgement, j.judged_at,
        o.open AS key_open,
        CASE coalesce(j.verdict, 'NONE') WHEN 'SAME' THEN true WHEN 'RELATED' THEN true WHEN 'DIFFERENT' THEN false
            ELSE l.outcome = 'LINKED' AND o.open END AS counts,
        coalesce(j.verdict, 'NONE') = 'NONE' AND o.open AND (l.outcome = 'REVIEW' OR l.possible_duplicate) AS to_review
    FROM {link} l
    CROSS JOIN LATERAL (
        SELECT i.agency_id, i.source_ref FROM {incident} i
        WHERE i.incident_id = l."left" AND i.revision = l.left_revision AND NOT i.withdrawn OFFSET 0
    ) a
    CROSS JOIN LATERAL (
        SELECT i.agency_id, i.source_ref FROM {incident} i
        WHERE i.incident_id = l."right" AND i.revision = l.right_revision AND NOT i.withdrawn OFFSET 0
    ) b
    LEFT JOIN {judgement} j ON j."left" = l."left" AND j."right" = l."right"
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM unnest(l.keys) AS k (key) WHERE NOT EXISTS (
                SELECT FROM {match_key} m
                WHERE m.key = k.key AND m.closed AND m.scope IN (0, l.left_class, l.right_class)
            )
        ) AS open OFFSET 0
    ) o
"""
REVIEW, COUNTING, ALL = "review", "counting", "all"


def list_links(
    connection: psycopg.Connection,
    generation: int,
    *,
    which: str = COUNTING,
    incident_id: str | None = None,
    kind: str | None = None,
    after: tuple[bool, int, str, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Links, urgent ones first, then the more probable to be one seizure.

    Args:
        connection: within `viewing`.
        generation: whose tables.
        which: COUNTING, or REVIEW for those that a person should look at: nobody judged, a key is open, and the model
            is in doubt; or ALL between current revisions, rejected ones too.
        incident_id: only with this incident: a UUID.
        kind: only of this kind; what people said is taken for it.
        after: urgent, duplicate_ppm, left and right of the last row of the page before.
        limit: at most so many rows.

    Returns:
        Both incidents, kind, outcome and weights, the judgement where there is one, whether it counts, is to be
        reviewed and goes across classes of policy; `reasons` field by field, and in words.
    """
    statement: LiteralString = (
        "SELECT * FROM (" + LINKS + " WHERE "  # noqa: S608  # all of it stands here
        "(%(which)s <> 'review' OR l.outcome = 'REVIEW' OR l.possible_duplicate) "
        'AND (%(id)s::uuid IS NULL OR l."left" = %(id)s::uuid OR l."right" = %(id)s::uuid) '
        "AND (%(after_urgent)s::boolean IS NULL "
        "OR (l.urgent, l.duplicate_ppm) <= (%(after_urgent)s::boolean, %(after_ppm)s::integer))) AS found WHERE "
        "(%(which)s = 'all' OR (%(which)s = 'counting' AND counts) OR (%(which)s = 'review' AND to_review)) "
        "AND (%(kind)s::text IS NULL OR kind = %(kind)s) "
        "AND (%(after_urgent)s::boolean IS NULL "
        "OR (urgent, duplicate_ppm) < (%(after_urgent)s::boolean, %(after_ppm)s::integer) "
        'OR ("left", "right") > (%(after_left)s::text, %(after_right)s::text)) '
        'ORDER BY urgent DESC, duplicate_ppm DESC, "left", "right" LIMIT %(limit)s'
    )
    urgent, ppm, left, right = after or (None, None, None, None)
    parameters: dict[str, Any] = {"which": which, "id": incident_id, "kind": kind, "limit": limit}
    parameters |= {"after_urgent": urgent, "after_ppm": ppm, "after_left": left, "after_right": right}
    return told(rows(connection, generation, statement, parameters))


def pairs_across(
    connection: psycopg.Connection, generation: int, some: Collection[str], others: Collection[str], *, limit: int
) -> list[Pair]:
    """The pairs of one of some incidents and one of others that were ever linked or judged, in order.

    Whether they count is not asked: a link that does not count now may again, when a key opens.
    """
    statement: LiteralString = """
        SELECT "left"::text, "right"::text FROM (
            SELECT "left", "right" FROM {link} UNION SELECT "left", "right" FROM {judgement}
        ) AS pair
        WHERE "left" = ANY (%(some)s::uuid[]) AND "right" = ANY (%(others)s::uuid[])
            OR "left" = ANY (%(others)s::uuid[]) AND "right" = ANY (%(some)s::uuid[])
        ORDER BY 1, 2 LIMIT %(limit)s
    """
    parameters = {"some": sorted(some), "others": sorted(others), "limit": limit}
    return [(str(row["left"]), str(row["right"])) for row in rows(connection, generation, statement, parameters)]


def told(found: list[Row]) -> list[Row]:
    """The rows with what their `reasons` say in words, the weightiest first."""
    return [{**row, "words": sentences(row["reasons"])} for row in found]


def closed_keys(connection: psycopg.Connection, generation: int, limit: int = 100) -> list[Row]:
    """Blocking keys that support no link, for too many incidents carry them; those that most carry first.

    Returns:
        kind, text, incidents (when it was closed or counted last), and whether the community's incidents are counted.
    """
    statement: LiteralString = """
        SELECT kind, text, incidents, scope = 0 AS community FROM {match_key} WHERE closed
        ORDER BY incidents DESC, kind, text, scope LIMIT %(limit)s
    """
    return rows(connection, generation, statement, {"limit": limit})
