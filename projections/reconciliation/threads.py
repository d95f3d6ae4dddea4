"""Whether the tables of a generation hold the threads that the messages in the log come to, and no others."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
import psycopg
from psycopg import sql

from projections.evidence.findings import Finding
from projections.matching import RecordReader
from projections.migrate import schema_name
from projections.replay.source import Source, rows_of
from schemas.errors import DecodeError, ProjectionError
from schemas.known_schemas import KnownSchemas
from schemas.requests import Posted, Threads
from schemas.requests.fold import appended
from schemas.requests.message import stated
from schemas.topics import MESSAGES

_Said = tuple[str, list[str], list[int]]
"""State, parties, and the offsets of the messages that count, in order."""


@dataclass(frozen=True)
class HeldThreads:
    """The tables at one moment.

    Attributes:
        position: the next offset of the topic.
        threads: by id.
    """

    position: int
    threads: dict[str, _Said]


def read_threads(connection: psycopg.Connection, generation: int) -> HeldThreads:
    """The tables, read in one REPEATABLE READ transaction.

    Args:
        connection: of ``ionics_writer``, which sees all rows; outside a transaction.
        generation: whose tables.

    Raises:
        ProjectionError: the database could not be read.
    """
    names = ("positions", "thread", "message")
    tables = {name: sql.Identifier(schema_name(generation), name) for name in names}
    position = sql.SQL("SELECT next FROM {positions} WHERE topic = %s").format(**tables)
    threads = sql.SQL(
        "SELECT thread_id::text, state, parties, ARRAY(SELECT m.written FROM {message} m "
        "WHERE m.thread_id = t.thread_id AND m.number IS NOT NULL ORDER BY m.number) FROM {thread} t"
    ).format(**tables)
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute("SET LOCAL row_security = off")
            found = connection.execute(position, [MESSAGES.name]).fetchone()
            rows = connection.execute(threads).fetchall()
    except psycopg.Error as error:
        raise ProjectionError(f"generation {generation} could not be read: {error}") from error
    return HeldThreads(0 if found is None else found[0], {id_: (state, *more) for id_, state, *more in rows})


def thread_findings(source: Source, held: HeldThreads, generation: int) -> tuple[list[Finding], int]:
    """Threads that are missing from the tables, too much or otherwise than the log says; and how much waits.

    What was said in them is in no finding.

    Args:
        source: the log.
        held: the tables, read before.
        generation: whose they are.

    Raises:
        LogError: the log cannot be read.
    """
    reader, threads = RecordReader(KnownSchemas(source.dictionary)), Threads()
    found, waiting = list[Finding](), 0
    for batch in source.batches(MESSAGES.name, source.spans(MESSAGES.name)):
        projected = batch.filter(pl.col("offset") < held.position)
        waiting += batch.height - projected.height
        for record in rows_of(projected, MESSAGES.name):
            try:
                threads.take(Posted(stated(reader(record)), appended(record), record.offset))
            except DecodeError as error:
                where = f"{record.topic}/{record.partition}/{record.offset}"
                found.append(Finding("UNREADABLE", where, str(error)))
    expected: dict[str, _Said] = {
        id_: (thread.state.value, sorted(thread.parties), [posted.offset for posted in thread.posted])
        for id_, thread in threads.threads.items()
    }
    found += _differences(expected, held.threads, f"{schema_name(generation)}.thread")
    return found, waiting


def _differences(expected: dict[str, _Said], held: dict[str, _Said], table: str) -> Iterator[Finding]:
    for id_ in sorted({*expected, *held}):
        if id_ not in held:
            yield Finding("MISSING_THREAD", table, f"it lacks {id_}")
        elif id_ not in expected:
            yield Finding("FOREIGN_THREAD", table, f"it holds, and no message says, {id_}")
        elif expected[id_] != held[id_]:
            yield Finding("STALE_THREAD", table, f"it does not hold {id_} as its messages make it")
