"""Requests for information, as their parties see them; what is overdue is told by the clock that is passed in."""

import re
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg

from projections.queries.reading import Row, rows
from schemas.requests import Posted, Thread, Threads, message_of, steps

ALL, MINE, ASKED, OPEN, OVERDUE = "all", "mine", "asked", "open", "overdue"
WHICH = (ALL, MINE, ASKED, OPEN, OVERDUE)
_BEGINNING = re.compile(r"[0-9a-f-]{4,36}")

# The incident is told only to whom may see it. `to_answer` is the viewer's own: as a party, or as a coordinator to whom
# it has escalated; nobody answers what its own agency asked, unless asked by name.
_THREADS: LiteralString = """
    SELECT t.thread_id::text, i.incident_id::text, t.subject, t.agency_id AS asked_by, t.asked_at, t.priority, t.due_at,
        t.state, t.awaited, t.state = 'OPEN' AND t.due_at <= %(now)s AS overdue, t.answered_at, t.changed_at,
        t.messages, t.agency_id = me.agency_id AS asked,
        me.name = ANY (t.awaited) OR t.agency_id <> me.agency_id AND t.awaited && me.names
            OR t.state = 'OPEN' AND t.escalates_at <= %(now)s AND me.coordinates AND me.agency_id = ANY (t.escalates_to)
            AS to_answer
    FROM {thread} t LEFT JOIN {incident} i ON i.incident_id = t.incident_id CROSS JOIN (
        SELECT f.agency_id, f.coordinates, 'focal-point:' || f.focal_point_id AS name,
            ARRAY['agency:' || f.agency_id] || ARRAY(SELECT 'group:' || g.group_id FROM {group_member} g) AS names
        FROM {focal_point} f JOIN {agency} a ON a.agency_id = f.agency_id
    ) me
"""


def list_requests(
    connection: psycopg.Connection,
    generation: int,
    *,
    now: datetime,
    which: str = ALL,
    incident_id: str | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Threads that the viewer is a party of, the last asked first.

    Args:
        connection: within `viewing`.
        generation: whose tables.
        now: what is past then is overdue.
        which: ALL; MINE, which the viewer is to answer; ASKED, by its agency; OPEN; OVERDUE.
        incident_id: only about this incident: a UUID.
        after: asked_at and thread_id of the last row of the page before.
        limit: at most so many rows.
    """
    statement: LiteralString = (
        "SELECT * FROM ("  # noqa: S608  # all of it stands here
        + _THREADS
        + """) AS each WHERE (%(which)s = 'all' OR %(which)s = 'mine' AND to_answer OR %(which)s = 'asked' AND asked
            OR %(which)s = 'open' AND state = 'OPEN' OR %(which)s = 'overdue' AND overdue)
        AND (%(incident)s::text IS NULL OR incident_id = %(incident)s)
        AND (%(after_at)s::timestamptz IS NULL OR (asked_at, thread_id) < (%(after_at)s, %(after_id)s::text))
        ORDER BY asked_at DESC, thread_id DESC LIMIT %(limit)s"""
    )
    after_at, after_id = after or (None, None)
    parameters: dict[str, Any] = {"now": now, "which": which, "incident": incident_id, "limit": limit}
    return rows(connection, generation, statement, parameters | {"after_at": after_at, "after_id": after_id})


def find_requests(connection: psycopg.Connection, generation: int, text: str, limit: int = 20) -> list[str]:
    """Ids of threads that the viewer is a party of, and that begin so (at least four characters)."""
    if not _BEGINNING.fullmatch(text):
        return []
    statement: LiteralString = """
        SELECT thread_id::text FROM {thread} WHERE starts_with(thread_id::text, %(text)s)
        ORDER BY thread_id LIMIT %(limit)s
    """
    return [row["thread_id"] for row in rows(connection, generation, statement, {"text": text, "limit": limit})]


def thread_of(connection: psycopg.Connection, generation: int, thread_id: str) -> Thread | None:
    """A thread as its messages make it, or nothing where the viewer is no party of one."""
    statement: LiteralString = """
        SELECT body, at, written FROM {message} WHERE thread_id = %(id)s::uuid ORDER BY written
    """
    threads = Threads()
    for row in rows(connection, generation, statement, {"id": thread_id}):
        threads.take(Posted(message_of(bytes(row["body"])), datetime.fromisoformat(row["at"]), row["written"]))
    return threads.threads.get(thread_id)


def request_document(
    connection: psycopg.Connection, generation: int, thread_id: str, *, now: datetime
) -> dict[str, Any] | None:
    """All of a thread, or nothing where the viewer is no party of one.

    Returns:
        `request`, as `list_requests` gives it; `parties`; `messages`, in order; and `due`, what is to be reminded of
        while it is open, the steps whose moment has `passed` and those to come.
    """
    statement: LiteralString = _THREADS + "WHERE t.thread_id = %(id)s::uuid"
    found = rows(connection, generation, statement, {"id": thread_id, "now": now})
    thread = thread_of(connection, generation, thread_id) if found else None
    if thread is None:
        return None
    sees_incident = found[0]["incident_id"] is not None
    awaited = thread.awaited
    return {
        "request": found[0],
        "parties": [
            {"name": party.name, "side": party.side, "since": _time(party.since), "awaited": party.name in awaited}
            for party in thread.parties.values()
        ],
        "messages": [_message(number, each, sees_incident) for number, each in enumerate(thread.posted, 1)],
        "due": [
            {"step": notice.step.value, "at": _time(notice.at), "passed": notice.at <= now} for notice in steps(thread)
        ],
    }


def response_times(connection: psycopg.Connection, generation: int, *, now: datetime) -> list[Row]:
    """How each agency answers, by the threads that the viewer is a party of and no others.

    An agency counts where it was asked or forwarded to by name, or has replied. Times are seconds from when it was
    asked to its first answer; `late` are answers after the deadline.
    """
    statement: LiteralString = """
        SELECT agency_id, count(*) AS asked, count(*) FILTER (WHERE outcome = 'ANSWERED') AS answered,
            count(*) FILTER (WHERE outcome = 'DECLINED') AS declined,
            count(*) FILTER (WHERE outcome = 'FORWARDED') AS forwarded,
            count(*) FILTER (WHERE r.answered_at > due_at) AS late,
            count(*) FILTER (
                WHERE outcome = 'OPEN' AND due_at <= %(now)s AND 'agency:' || agency_id = ANY (awaited)
            ) AS overdue,
            extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY took))::bigint AS median_s,
            extract(epoch FROM percentile_disc(0.9) WITHIN GROUP (ORDER BY took))::bigint AS p90_s
        FROM (
            SELECT r.agency_id, r.outcome, r.answered_at, r.answered_at - r.since AS took, t.due_at, t.awaited
            FROM {thread_response} r JOIN {thread} t USING (thread_id)
        ) r GROUP BY agency_id ORDER BY agency_id
    """
    return rows(connection, generation, statement, {"now": now})


def _message(number: int, posted: Posted, sees_incident: bool) -> dict[str, Any]:  # named where it is made
    message = posted.message
    amendment = message.amendment if sees_incident else None
    return {
        "number": number,
        "message_id": message.message_id,
        "at": _time(posted.at),
        "kind": message.kind.value,
        "focal_point_id": message.focal_point_id,
        "agency_id": message.agency_id,
        "party": message.party,
        "to": [each.name for each in message.to],
        "text": message.text,
        "documents": [each.model_dump() for each in message.documents],
        "amendment": None if amendment is None else amendment.model_dump(),
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
