"""The inbox of a focal point: what it was told on the console, each line judged by the views as it is read."""

from typing import Any, LiteralString

import psycopg

from projections.deliveries.kinds import SHOWN
from projections.queries.reading import Row, rows

_KINDS: LiteralString = " ".join(f"WHEN '{name}' THEN {kind.words}" for name, kind in SHOWN.items())
_INBOX: LiteralString = (
    "SELECT delivery_id::text, event_kind AS type, event_id::text, revision, severity, code AS kind, withdrawn, "  # noqa: S608  # all of it stands here
    "escalation, sent_at, seen_at, acknowledged_at, acknowledged_by, words FROM ("
    "SELECT d.*, CASE d.event_kind "
    + _KINDS
    + " END AS words FROM dissemination.delivery d WHERE d.via = 'console') AS told "
    "WHERE words IS NOT NULL AND (NOT %(unread)s OR seen_at IS NULL) "
    "AND (%(id)s::uuid IS NULL OR delivery_id = %(id)s::uuid) "
    "AND (%(after_at)s::timestamptz IS NULL OR (sent_at, delivery_id) > (%(after_at)s, %(after_id)s::uuid)) "
)


def inbox(
    connection: psycopg.Connection,
    generation: int,
    *,
    unread: bool = False,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """What reached the viewer, the newest first; what it may not see any more is not there.

    Args:
        connection: within `viewing`.
        generation: by whose views it is judged.
        unread: only what was not read.
        after: sent_at and delivery_id of a line; then what came after it, the oldest first.
        limit: at most so many.
    """
    order: LiteralString = "ORDER BY sent_at, delivery_id" if after else "ORDER BY sent_at DESC, delivery_id DESC"
    at, id_ = after or (None, None)
    asked: dict[str, Any] = {"unread": unread, "id": None, "after_at": at, "after_id": id_, "limit": limit}
    return rows(connection, generation, _INBOX + order + " LIMIT %(limit)s", asked)


def inbox_line(connection: psycopg.Connection, generation: int, delivery_id: str) -> Row | None:
    """One line of it, or nothing."""
    asked = {"unread": False, "id": delivery_id, "after_at": None, "after_id": None}
    found = rows(connection, generation, _INBOX, asked)
    return found[0] if found else None
