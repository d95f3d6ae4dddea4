"""What operators see of deliveries: how many wait, which do not get through. Nothing of what they tell."""

from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from schemas.errors import ProjectionError

STATES = ("pending", "retrying", "given-up")
_WHICH: LiteralString = """CASE
    WHEN state = 'GIVEN_UP' THEN 'given-up' WHEN attempts > 0 THEN 'retrying' ELSE 'pending' END"""
_OPEN: LiteralString = "state IN ('PENDING', 'GROUPED', 'GIVEN_UP')"
_COUNTS: LiteralString = (
    "SELECT " + _WHICH + " AS which, count(*) AS deliveries, "  # noqa: S608  # all of it stands here
    "extract(epoch FROM clock_timestamp() - min(created_at))::float AS oldest_s "
    "FROM dissemination.delivery WHERE " + _OPEN + " GROUP BY 1"
)
_LIST: LiteralString = (
    "SELECT delivery_id::text, " + _WHICH + " AS which, recipient, agency_id, via, event_kind, "  # noqa: S608  # the same
    "severity, attempts, created_at, due_at, error FROM dissemination.delivery WHERE " + _OPEN + " "
    "AND (%(which)s::text IS NULL OR " + _WHICH + " = %(which)s) ORDER BY created_at, delivery_id LIMIT %(limit)s"
)
_RETRY: LiteralString = """
    UPDATE dissemination.delivery
    SET state = CASE WHEN state = 'GIVEN_UP' THEN 'PENDING' ELSE state END, attempts = 0, due_at = clock_timestamp()
    WHERE state IN ('PENDING', 'GROUPED', 'GIVEN_UP') AND attempts > 0
        AND (%(id)s::uuid IS NULL OR delivery_id = %(id)s::uuid)
"""


def counted(database_url: str) -> dict[str, dict[str, Any]]:
    """Of each of STATES that occurs, how many deliveries there are, and the age of the oldest in seconds.

    Args:
        database_url: of ``ionics_writer``.

    Raises:
        ProjectionError: they cannot be read.
    """
    found = _asked(database_url, _COUNTS, {})
    return {row["which"]: {"deliveries": row["deliveries"], "oldest_s": round(row["oldest_s"], 3)} for row in found}


def listed(database_url: str, which: str | None, limit: int) -> list[dict[str, Any]]:
    """Deliveries that did not get through yet, the oldest first; of one of STATES, or of all. Raises like `counted`."""
    return _asked(database_url, _LIST, {"which": which, "limit": limit})


def retry(database_url: str, delivery_id: str | None) -> int:
    """Let one that failed, or all, be tried at once, with all attempts before it; how many. Raises like `counted`."""
    try:
        with psycopg.connect(database_url) as connection:
            return connection.execute(_RETRY, {"id": delivery_id}).rowcount
    except psycopg.Error as error:
        raise ProjectionError(f"deliveries cannot be changed: {_line(error)}") from error


def _asked(database_url: str, statement: LiteralString, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        with psycopg.connect(database_url, row_factory=dict_row) as connection:
            return connection.execute(statement, parameters).fetchall()
    except psycopg.Error as error:
        raise ProjectionError(f"deliveries cannot be read: {_line(error)}") from error


def _line(error: psycopg.Error) -> str:
    return (str(error).splitlines() or ["no answer"])[0]
