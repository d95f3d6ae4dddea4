"""Whether the tables of a generation hold what the enriched incidents say: each current revision, revision and item."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import LiteralString

import polars as pl
import psycopg
from psycopg import sql

from projections.evidence.findings import Finding
from projections.migrate import schema_name
from schemas.errors import ProjectionError

_KEY = ("incident_id", "revision")
_REVISIONS = pl.Schema({"incident_id": pl.String(), "revision": pl.Int32(), "signed_digest": pl.String()})
_ITEMS = pl.Schema({"incident_id": pl.String(), "items": pl.Int64()})


@dataclass(frozen=True)
class Rows:
    """The tables at one moment.

    Attributes:
        positions: partition → the next offset of the enriched topic.
        incidents: `incident_id`, `revision`, `signed_digest` of the current revisions.
        revisions: the same of all revisions.
        items: `incident_id`, and how many `items` it has, where it has any.
    """

    positions: dict[int, int]
    incidents: pl.DataFrame
    revisions: pl.DataFrame
    items: pl.DataFrame


def read_rows(connection: psycopg.Connection, generation: int, topic: str) -> Rows:
    """The tables, read in one REPEATABLE READ transaction.

    Args:
        connection: of ``ionics_writer``, which sees all rows; outside a transaction.
        generation: whose tables.
        topic: whose positions.

    Raises:
        ProjectionError: the database could not be read.
    """
    schema = schema_name(generation)
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute("SET LOCAL row_security = off")
            statement = sql.SQL("SELECT partition, next FROM {} WHERE topic = %s").format(
                sql.Identifier(schema, "positions")
            )
            positions: dict[int, int] = dict(connection.execute(statement, [topic]).fetchall())
            columns: LiteralString = "SELECT incident_id, revision, signed_digest FROM {table}"
            return Rows(
                positions,
                _table(connection, schema, "incident", columns, _REVISIONS),
                _table(connection, schema, "incident_revision", columns, _REVISIONS),
                _table(
                    connection, schema, "item", "SELECT incident_id, count(*) FROM {table} GROUP BY incident_id", _ITEMS
                ),
            )
    except psycopg.Error as error:
        raise ProjectionError(f"generation {generation} could not be read: {error}") from error


def row_findings(rows: Rows, made: pl.DataFrame, generation: int) -> Iterator[Finding]:
    """What is missing from the tables, too much, or of another revision.

    Args:
        rows: the tables.
        made: the enriched incidents before the tables' positions: `incident_id`, `revision`, `signed_digest`, `items`.
        generation: whose tables.
    """
    schema = schema_name(generation)
    said = made.unique(_KEY, keep="first")
    current = said.sort("revision").unique("incident_id", keep="last")
    yield from _current(rows.incidents, current, f"{schema}.incident")
    table = f"{schema}.incident_revision"
    for id_, revision in said.join(rows.revisions, on=_KEY, how="anti").select(_KEY).sort(_KEY).iter_rows():
        yield Finding("MISSING_REVISION", table, f"it lacks revision {revision}", id_, revision)
    for id_, revision in rows.revisions.join(said, on=_KEY, how="anti").select(_KEY).sort(_KEY).iter_rows():
        yield Finding("FOREIGN_REVISION", table, f"it holds revision {revision}, which nobody enriched", id_, revision)
    shown = current.join(rows.incidents, on="incident_id", how="semi").select("incident_id", "revision", "items")
    counted = shown.join(rows.items, on="incident_id", how="left", suffix="_held").with_columns(
        pl.col("items_held").fill_null(0)
    )
    uneven = counted.filter(pl.col("items") != pl.col("items_held")).sort("incident_id")
    for id_, revision, items, held in uneven.iter_rows():
        yield Finding("MISSING_ITEMS", f"{schema}.item", f"it holds {held} items of {items}", id_, revision)
    orphans = rows.items.join(rows.incidents, on="incident_id", how="anti").sort("incident_id")
    for id_, held in orphans.iter_rows():
        yield Finding("FOREIGN_ROW", f"{schema}.item", f"it holds {held} items of an incident that is not there", id_)


def _current(held: pl.DataFrame, current: pl.DataFrame, table: str) -> Iterator[Finding]:
    joined = current.join(held, on="incident_id", how="full", suffix="_held", coalesce=True).sort("incident_id")
    columns = ("incident_id", "revision", "revision_held", "signed_digest", "signed_digest_held")
    for id_, revision, revision_held, digest, digest_held in (
        joined.filter(pl.col("signed_digest").ne_missing(pl.col("signed_digest_held"))).select(columns).iter_rows()
    ):
        if digest_held is None:
            yield Finding("MISSING_ROW", table, f"it lacks the incident, whose revision is {revision}", id_, revision)
        elif digest is None:
            yield Finding("FOREIGN_ROW", table, "it holds an incident that nobody enriched", id_, revision_held)
        else:
            what = f"it holds revision {revision_held} ({digest_held}); the latest is {revision} ({digest})"
            yield Finding("STALE_ROW", table, what, id_, revision)


def _table(
    connection: psycopg.Connection, schema: str, name: str, statement: LiteralString, columns: pl.Schema
) -> pl.DataFrame:
    composed = sql.SQL("COPY (" + statement + ") TO STDOUT (FORMAT csv)").format(table=sql.Identifier(schema, name))
    text = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(composed) as copy:
        for block in copy:
            text.write(block)
    if not text.tell():
        return columns.to_frame()
    text.seek(0)
    return pl.read_csv(text, has_header=False, schema=columns)
