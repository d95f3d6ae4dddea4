"""A digest of each table of a generation, with the positions that it belongs to.

Two databases that have seen the same set of events have the same digests, whatever the order and the batches: a
rebuild is compared with the live tables by it. No table has serial numbers or write times. Left out is only the stored
value: its frame holds a schema id, which another deployment of the same log may have given otherwise; what it says is
in the columns, and the agency's bytes in the signed digest. What the table of policies says, the classes say too; the
tables of members are of the directory, not of the events.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

from projections.contributions import AGGREGATES
from projections.migrate import schema_name
from schemas.errors import ProjectionError

# What each table is ordered by: its whole key.
_ORDER: Mapping[str, tuple[str, ...]] = {
    "incident": ("incident_id",),
    "incident_revision": ("incident_id", "revision"),
    "item": ("incident_id", "item_no"),
    "link": ("left", "right", "left_revision", "right_revision"),
    "match_key": ("key", "scope"),
    "judgement": ("left", "right"),
    "case": ("case_id",),
    "case_member": ("case_id", "incident_id"),
    "case_link": ("case_id", "left", "right"),
    "alert": ("alert_id",),
    "alert_incident": ("alert_id", "incident_id"),
    "watch": ("watch_id",),
    "thread": ("thread_id",),
    "thread_party": ("thread_id", "name"),
    "thread_response": ("thread_id", "agency_id"),
    "message": ("written",),
    **{name: tuple(keys) for name, keys in AGGREGATES.items()},
}
_OF_INCIDENTS = ("incident", "incident_revision", "item")
_LEFT_OUT = ("value",)


@dataclass(frozen=True)
class Snapshot:
    """The tables at one moment.

    Attributes:
        positions: (topic, partition) → the next offset to read.
        digests: table → SHA-256 over its rows, hexadecimal.
    """

    positions: dict[tuple[str, int], int]
    digests: dict[str, str]


def snapshot(connection: psycopg.Connection, generation: int, *, as_if_never: bool = False) -> Snapshot:
    """Digests and positions, read in one REPEATABLE READ transaction.

    Args:
        connection: of ``ionics_writer``, which sees all rows; outside a transaction.
        generation: whose tables.
        as_if_never: leave out the own rows of withdrawn incidents. Report and withdrawal then give the same digests
            as if the incident had never been reported.

    Raises:
        ProjectionError: the database could not be read.
    """
    schema = schema_name(generation)
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Text must look the same whatever the session's settings.
            connection.execute("SET LOCAL timezone = 'UTC'")
            connection.execute("SET LOCAL datestyle = 'ISO'")
            connection.execute("SET LOCAL row_security = off")
            table = sql.Identifier(schema, "positions")
            rows = connection.execute(sql.SQL("SELECT topic, partition, next FROM {}").format(table)).fetchall()
            digests = {name: _digest(connection, schema, name, as_if_never=as_if_never) for name in _ORDER}
    except psycopg.Error as error:
        raise ProjectionError(f"generation {generation} could not be digested: {error}") from error
    return Snapshot({(topic, partition): following for topic, partition, following in rows}, digests)


def digests(connection: psycopg.Connection, generation: int, *, as_if_never: bool = False) -> dict[str, str]:
    """The digests of `snapshot` alone."""
    return snapshot(connection, generation, as_if_never=as_if_never).digests


def _digest(connection: psycopg.Connection, schema: str, name: str, *, as_if_never: bool) -> str:
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
        "AND column_name <> ALL(%s) ORDER BY column_name",
        [schema, name, list(_LEFT_OUT)],
    )
    names = [column for (column,) in found]
    if not names:
        raise ProjectionError(f"there is no table {schema}.{name}; run the migrations first")
    where: sql.Composable = sql.SQL("")
    if as_if_never and name in _OF_INCIDENTS:
        where = sql.SQL(
            "WHERE NOT EXISTS (SELECT FROM {} w WHERE w.incident_id = t.incident_id AND w.withdrawn)"
        ).format(sql.Identifier(schema, "incident"))
    statement = sql.SQL("COPY (SELECT {columns} FROM {table} t {where} ORDER BY {order}) TO STDOUT").format(
        columns=_list(names),
        table=sql.Identifier(schema, name),
        where=where,
        order=_list(_ORDER[name]),
    )
    # The names belong to it: another set of columns is another table.
    result = hashlib.sha256("\t".join(names).encode() + b"\n")
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            result.update(block)
    return result.hexdigest()


def _list(names: tuple[str, ...] | list[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(name)) for name in names)
