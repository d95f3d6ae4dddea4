"""How every question is put: a composed statement, named parameters, rows fit for JSON."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from projections.migrate import schema_name
from schemas.errors import ProjectionError

Row = dict[str, Any]

_TABLES = (
    "incident",
    "incident_revision",
    "item",
    "route_flow",
    "place_heat",
    "substance_timeline",
    "agency_activity",
    "milestone",
    "key_doubt",
    "opened",
    "agency",
    "policy",
    "delegation_link",
    "link",
    "match_key",
    "judgement",
    "case",
    "case_member",
    "case_link",
    "alert",
    "alert_incident",
    "watch",
    "focal_point",
    "group_member",
    "thread",
    "thread_party",
    "thread_response",
    "message",
)
_PERIOD = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2]))?")

# {within} in a statement: a year counts where all of it lies within the bounds.
_WITHIN: LiteralString = (
    "(%(since)s::text IS NULL OR rpad(period, 7, '-01') >= rpad(%(since)s, 7, '-01')) AND "
    "(%(until)s::text IS NULL OR rpad(period, 7, '-12') <= rpad(%(until)s, 7, '-12'))"
)
# {sums} in a statement.
_SUMS: LiteralString = (
    "sum(incidents)::bigint AS incidents, sum(reported)::bigint AS reported, "
    "sum(items)::bigint AS items, sum(mass_ug) AS mass_ug, sum(items_without_mass)::bigint AS items_without_mass"
)


def rows(
    connection: psycopg.Connection, generation: int, statement: LiteralString, parameters: Mapping[str, Any]
) -> list[Row]:
    """The rows that the viewer sees of a statement, in which ``{incident}`` and so on stand for its tables.

    ``{sums}`` stands for the measures added up, ``{within}`` for the period between the parameters since and until.

    Raises:
        ProjectionError: the database could not be read, or a period is neither a month nor a year.
    """
    return asked(connection, generation, statement, parameters)()


def asked(
    connection: psycopg.Connection, generation: int, statement: LiteralString, parameters: Mapping[str, Any]
) -> Callable[[], list[Row]]:
    """The same question, put now; what is given back waits for its rows. Within a pipeline many are put at once."""
    for name in ("since", "until"):
        period = parameters.get(name)
        if period is not None and not _PERIOD.fullmatch(period):
            raise ProjectionError(f"{name}={period} is not a period; write a month or a year, such as 2016-03 or 2016")
    cursor = connection.cursor(row_factory=dict_row)

    def found() -> list[Row]:
        with _reading(generation), cursor:
            return [{name: _plain(value) for name, value in row.items()} for row in cursor.fetchall()]

    with _reading(generation):
        cursor.execute(_composed(generation, statement), parameters)
    return found


@contextmanager
def _reading(generation: int) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise ProjectionError(f"generation {generation} could not be read: {error}") from error


@lru_cache(maxsize=256)
def _composed(generation: int, statement: LiteralString) -> sql.Composed:
    tables = {name: sql.Identifier(schema_name(generation), name) for name in _TABLES}
    return sql.SQL(statement).format(**tables, sums=sql.SQL(_SUMS), within=sql.SQL(_WITHIN))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, Decimal) else value
