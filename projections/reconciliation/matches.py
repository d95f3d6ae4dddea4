"""Whether the tables of a generation hold the links, judgements and cases that the log says, and no others."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import psycopg
from psycopg import sql

from projections.copying import REPLACEMENT
from projections.evidence.findings import Finding
from projections.matching import Arrivals, RecordReader, arrivals
from projections.matching import rows as matched
from projections.migrate import schema_name
from projections.replay.source import Source, rows_of
from schemas.errors import DecodeError, ProjectionError
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import JUDGEMENTS, cases, links

# What of each table is compared, by its key. The rest lies in forms that PostgreSQL changes; it comes of one record
# with what is compared.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "link": matched.LINK_KEY,
    "match_key": ("key", "scope"),
    "judgement": ("left", "right"),
    "case": ("case_id",),
    "case_member": ("case_id", "incident_id"),
    "case_link": ("case_id", "left", "right"),
}
_COLUMNS: Mapping[str, pl.Schema] = {
    name: pl.Schema(
        {column: dtype for column, dtype in schema.items() if column not in ("reasons", "changes", "keys", "body")}
    )
    for name, schema in (
        ("link", matched.LINK),
        ("match_key", matched.MATCH_KEY),
        ("judgement", matched.JUDGEMENT),
        ("case", matched.CASE),
        ("case_member", matched.CASE_MEMBER),
        ("case_link", matched.CASE_LINK),
    )
}


@dataclass(frozen=True)
class Matches:
    """The tables at one moment.

    Attributes:
        positions: topic → its next offset; each has one partition.
        tables: table → the columns that are compared.
    """

    positions: dict[str, int]
    tables: dict[str, pl.DataFrame]


def read_matches(connection: psycopg.Connection, generation: int) -> Matches:
    """The tables, read in one REPEATABLE READ transaction.

    Args:
        connection: of ``ionics_writer``, which sees all rows; outside a transaction.
        generation: whose tables.

    Raises:
        ProjectionError: the database could not be read.
    """
    schema = schema_name(generation)
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute("SET LOCAL row_security = off")
            statement = sql.SQL("SELECT topic, next FROM {} WHERE topic = ANY(%s)").format(
                sql.Identifier(schema, "positions")
            )
            found = connection.execute(statement, [_topics(generation)]).fetchall()
            return Matches(dict(found), {name: _table(connection, schema, name) for name in _KEYS})
    except psycopg.Error as error:
        raise ProjectionError(f"generation {generation} could not be read: {error}") from error


def match_findings(source: Source, held: Matches, generation: int) -> tuple[list[Finding], Counter[str], int]:
    """What is missing from the tables, too much or not the latest; how many rows there are; and how much waits.

    Args:
        source: the log.
        held: the tables, read before.
        generation: whose topics.

    Raises:
        LogError: the log cannot be read.
    """
    reader = RecordReader(KnownSchemas(source.dictionary))
    found, said, waiting = list[Finding](), Arrivals([], [], [], []), 0
    for topic in _topics(generation):
        for batch in source.batches(topic, source.spans(topic)):
            projected = batch.filter(pl.col("offset") < held.positions.get(topic, 0))
            waiting += batch.height - projected.height
            readable, faults = _readable(rows_of(projected, topic), reader)
            found += faults
            more = arrivals(readable, reader)
            said.links.extend(more.links)
            said.judgements.extend(more.judgements)
            said.cases.extend(more.cases)
    found += _versions(said, cases(generation).name)
    for name, expected in _expected(said).items():
        found += _differences(expected, held.tables[name], name, f"{schema_name(generation)}.{name}")
    return found, Counter({f"rows: {name}": rows.height for name, rows in held.tables.items()}), waiting


def _topics(generation: int) -> list[str]:
    return [links(generation).name, JUDGEMENTS.name, cases(generation).name]


def _readable(records: Sequence[Record], reader: RecordReader) -> tuple[list[Record], list[Finding]]:
    good, faults = list[Record](), list[Finding]()
    for record in records:
        try:
            reader(record)
        except DecodeError as error:
            where = f"{record.topic}/{record.partition}/{record.offset}"
            faults.append(Finding("UNREADABLE", where, str(error)))
        else:
            good.append(record)
    return good, faults


def _expected(said: Arrivals) -> dict[str, pl.DataFrame]:
    latest = list(matched.latest(said.cases).values())
    return {
        "link": matched.link_rows(said.links),
        "match_key": matched.key_rows(said.links),
        "judgement": matched.judgement_rows(said.judgements),
        "case": matched.case_rows(latest),
        "case_member": matched.member_rows(latest),
        "case_link": matched.case_link_rows(latest),
    }


def _versions(said: Arrivals, topic: str) -> Iterator[Finding]:
    """Each case has its versions without a gap, each once."""
    found: dict[str, list[int]] = {}
    for event in said.cases:
        found.setdefault(event["case_id"], []).append(event["version"])
    for case_id, versions in sorted(found.items()):
        if sorted(versions) != list(range(1, len(versions) + 1)):
            yield Finding("CASE_VERSION", topic, f"it has versions {_short(sorted(versions))}", case_id)


def _differences(expected: pl.DataFrame, held: pl.DataFrame, name: str, table: str) -> Iterator[Finding]:
    columns, key = list(_COLUMNS[name]), list(_KEYS[name])
    wanted = expected.select(columns).with_columns(
        pl.col(column).str.replace_all("\x00", REPLACEMENT, literal=True)
        for column, dtype in _COLUMNS[name].items()
        if dtype == pl.String
    )
    for code, what, rows in (
        ("MISSING_MATCH", "it lacks", wanted.join(held, on=key, how="anti")),
        ("FOREIGN_MATCH", "it holds, and no record says,", held.join(wanted, on=key, how="anti")),
        (
            "STALE_MATCH",
            "it does not hold the latest of",
            wanted.join(held, on=columns, how="anti").join(held, on=key, how="semi"),
        ),
    ):
        for row in rows.select(key).sort(key).iter_rows():
            yield Finding(code, table, f"{what} {' '.join(map(str, row))}")


def _table(connection: psycopg.Connection, schema: str, name: str) -> pl.DataFrame:
    columns = sql.SQL(", ").join(
        sql.SQL("{}::text" if dtype == pl.String() else "{}").format(sql.Identifier(column))
        for column, dtype in _COLUMNS[name].items()
    )
    found = connection.execute(sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(schema, name))).fetchall()
    return pl.DataFrame(found, schema=_COLUMNS[name], orient="row")


def _short(versions: list[int]) -> str:
    return ", ".join(map(str, versions[:20])) + (" …" if len(versions) > 20 else "")
