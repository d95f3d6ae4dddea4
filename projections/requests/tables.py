"""The tables ``thread``, ``thread_party``, ``thread_response`` and ``message``: each thread folded from its messages.

A thread is folded anew whenever a message of it comes, from all that were seen of it in the order of the topic; so the
tables are a function of the set of messages, whatever batches they came in.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from projections.migrate import schema_name
from schemas.reading import Record
from schemas.requests import Posted, Thread, Threads, message_of
from schemas.requests.fold import appended
from schemas.requests.message import stated

Content = Mapping[str, Any]
_OF_THREADS = ("thread", "thread_party", "thread_response")
_WIDTHS = {"thread": 15, "thread_party": 4, "thread_response": 5}


class RequestTables:
    """Threads of one schema."""

    def __init__(self, schema: str) -> None:
        tables = {name: sql.Identifier(schema, name) for name in (*_OF_THREADS, "message")}
        self._insert_message = sql.SQL(
            "INSERT INTO {message} (written, thread_id, at, kind, focal_point_id, agency_id, body) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
        ).format(**tables)
        self._read = sql.SQL(
            "SELECT body, at, written FROM {message} WHERE thread_id = ANY(%s::uuid[]) ORDER BY written"
        ).format(**tables)
        self._delete = [
            sql.SQL("DELETE FROM {} WHERE thread_id = ANY(%s::uuid[])").format(tables[name]) for name in _OF_THREADS
        ]
        self._insert = {
            name: sql.SQL("INSERT INTO {} VALUES ({})").format(
                tables[name], sql.SQL(", ").join([sql.Placeholder()] * width)
            )
            for name, width in _WIDTHS.items()
        }
        self._number = sql.SQL("UPDATE {message} SET number = %s WHERE written = %s").format(**tables)
        self._unnumber = sql.SQL(
            "UPDATE {message} SET number = NULL WHERE thread_id = ANY(%s::uuid[]) AND number IS NOT NULL"
        ).format(**tables)

    def store(self, connection: psycopg.Connection, records: Sequence[tuple[Record, Content]]) -> None:
        """Store records of `ionics.messages` with their contents within a transaction; repeated ones change nothing."""
        if not records:
            return
        rows = []
        for record, content in records:
            message = stated(content)
            who = (message.focal_point_id, message.agency_id)
            at = appended(record)
            rows.append((record.offset, message.thread_id, at, message.kind.value, *who, message.body()))
        ids = sorted({row[1] for row in rows})
        with connection.cursor() as cursor:
            cursor.executemany(self._insert_message, rows)
            found = [Posted(message_of(body), at, offset) for body, at, offset in cursor.execute(self._read, [ids])]
            threads = Threads()
            for posted in found:
                threads.take(posted)
            self._replace(cursor, ids, threads.threads.values())

    def _replace(self, cursor: psycopg.Cursor, ids: list[str], threads: Iterable[Thread]) -> None:
        for statement in (*self._delete, self._unnumber):
            cursor.execute(statement, [ids])
        rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _OF_THREADS}
        numbers = []
        for thread in threads:
            id_ = thread.thread_id
            rows["thread"].append(_row(thread))
            rows["thread_party"] += [(id_, p.name, p.side, p.since) for p in thread.parties.values()]
            rows["thread_response"] += [
                (id_, r.agency_id, r.since, r.outcome.value, r.answered_at) for r in thread.responses.values()
            ]
            numbers += [(number, posted.offset) for number, posted in enumerate(thread.posted, 1)]
        for name, found in rows.items():
            cursor.executemany(self._insert[name], found)
        cursor.executemany(self._number, numbers)


def _row(thread: Thread) -> tuple[Any, ...]:
    request = thread.request
    return (
        thread.thread_id,
        request.incident_id,
        request.subject,
        request.agency_id,
        thread.asked_at,
        thread.priority.value,
        thread.due_at,
        thread.state.value,
        thread.answered_at,
        thread.posted[-1].at,
        len(thread.posted),
        sorted(thread.parties),
        sorted(thread.awaited),
        thread.escalates_at,
        thread.escalates_to,
    )


def forget_escalations(connection: psycopg.Connection, live: int, number: int) -> None:
    """In tables of a moment let coordinators see no thread that has not escalated to them in the live ones by now.

    What was not answered at that moment may have been answered since, in time, or may be yet.

    Args:
        connection: of ``ionics_writer``.
        live: the generation.
        number: of the tables of the moment.
    """
    then, now = (sql.Identifier(schema_name(each), "thread") for each in (number, live))
    statement = sql.SQL(
        "UPDATE {then} t SET escalates_to = ARRAY(SELECT unnest(t.escalates_to) INTERSECT SELECT unnest(n.escalates_to)"
        " FROM {now} n WHERE n.thread_id = t.thread_id AND n.escalates_at <= now() ORDER BY 1) "
        "WHERE escalates_to <> '{{}}'"
    )
    connection.execute(statement.format(then=then, now=now))
