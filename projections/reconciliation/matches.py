"""Whether the tables of a generation hold what the log says beside the incidents, and nothing else.

That are links, judgements, cases, alerts and watches.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import psycopg
from psycopg import sql

from projections.alerting import rows as alert_rows
from projections.copying import REPLACEMENT
from projections.evidence.findings import Finding
from projections.matching import Arrivals, RecordReader, arrivals
from projections.matching import rows as match_rows
from projections.migrate import schema_name
from projections.projector import matched
from projections.replay.source import Source, rows_of
from schemas.errors import DecodeError, ProjectionError
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import MESSAGES, alerts, cases

# What of each table is compared, by its key. The rest lies in forms that PostgreSQL changes; it comes of one record
# with what is compared.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "link": match_rows.LINK_KEY,
    "match_key": ("key", "scope"),
    "judgement": ("left", "right"),
    "case": ("case_id",),
    "case_member": ("case_id", "incident_id"),
    "case_link": ("case_id", "left", "right"),
    "alert": ("alert_id",),
    "alert_incident": ("alert_id", "incident_id"),
    "watch": ("watch_id",),
}
_ARRAYS = ("keys", "countries", "audience", "rests_on", "policy_classes")
_NOT_COMPARED = ("reasons", "changes", "documents", "body", *_ARRAYS)
_COLUMNS: Mapping[str, pl.Schema] = {
    name: pl.Schema({column: dtype for column, dtype in schema.items() if column not in _NOT_COMPARED})
    for name, schema in (
        ("link", match_rows.LINK),
        ("match_key", match_rows.MATCH_KEY),
        ("judgement", match_rows.JUDGEMENT),
        ("case", match_rows.CASE),
        ("case_member", match_rows.CASE_MEMBER),
        ("case_link", match_rows.CASE_LINK),
        ("alert", alert_rows.ALERT),
        ("alert_incident", alert_rows.ALERT_INCIDENT),
        ("watch", alert_rows.WATCH),
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
    found, said, waiting = list[Finding](), Arrivals(), 0
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
            said.alerts.extend(more.alerts)
            said.watches.extend(more.watches)
    found += _versions(said, cases(generation).name)
    found += _revisions(said, alerts(generation).name)
    for name, expected in _expected(said).items():
        found += _differences(expected, held.tables[name], name, f"{schema_name(generation)}.{name}")
    return found, Counter({f"rows: {name}": rows.height for name, rows in held.tables.items()}), waiting


def _topics(generation: int) -> list[str]:
    return [topic.name for topic in matched(generation) if topic != MESSAGES]  # threads have a reconciliation of theirs


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
    latest, standing = list(match_rows.latest(said.cases).values()), list(alert_rows.current(said.alerts).values())
    return {
        "alert": alert_rows.alert_rows(standing),
        "alert_incident": alert_rows.alert_incident_rows(standing),
        "watch": alert_rows.watch_rows(said.watches),
        "link": match_rows.link_rows(said.links),
        "match_key": match_rows.key_rows(said.links),
        "judgement": match_rows.judgement_rows(said.judgements),
        "case": match_rows.case_rows(latest),
        "case_member": match_rows.member_rows(latest),
        "case_link": match_rows.case_link_rows(latest),
    }


def _versions(said: Arrivals, topic: str) -> Iterator[Finding]:
    """Each case has its versions without a gap, each once."""
    for case_id, versions in _gaps((event["case_id"], event["version"]) for event in said.cases):
        yield Finding("CASE_VERSION", topic, f"it has versions {versions}", case_id)


def _revisions(said: Arrivals, topic: str) -> Iterator[Finding]:
    """Each alert has its revisions without a gap, each once."""
    for alert_id, revisions in _gaps((alert["alert_id"], alert["revision"]) for alert in said.alerts):
        yield Finding("ALERT_REVISION", topic, f"alert {alert_id} has revisions {revisions}")


def _gaps(numbered: Iterable[tuple[str, int]]) -> Iterator[tuple[str, str]]:
    """Ids of which the numbers are not 1, 2, … each once, with these numbers in short."""
    found: dict[str, list[int]] = {}
    for id_, number in numbered:
        found.setdefault(id_, []).append(number)
    for id_, numbers in sorted(found.items()):
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield id_, _short(sorted(numbers))


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
            wanted.join(held, on=columns, how="anti", nulls_equal=True).join(held, on=key, how="semi"),
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
