"""SQL for tables whose rows come as frames: columns go over as arrays of text, and are cast where they arrive."""

from collections.abc import Sequence

import polars as pl
from psycopg import sql

_OF_COLUMN = {
    **dict.fromkeys(("left", "right", "case_id", "incident_id", "canonical_id", "alert_id", "watch_id"), "uuid"),
    **dict.fromkeys(("reasons", "changes", "documents"), "jsonb"),
    **dict.fromkeys(("keys", "policy_classes"), "bigint[]"),
    **dict.fromkeys(("countries", "audience"), "text[]"),
    "rests_on": "uuid[]",
    "body": "bytea",
}
_OF_DTYPE: dict[pl.DataType, str] = {
    pl.Int32(): "integer",
    pl.Int64(): "bigint",
    pl.Boolean(): "boolean",
    pl.String(): "text",
    pl.Datetime("ms", "UTC"): "timestamptz",
}


def insert(table: sql.Identifier, columns: pl.Schema) -> sql.Composed:
    """Insert rows; the parameters are an array of text for each column."""
    types = [_OF_COLUMN.get(name) or _OF_DTYPE[dtype] for name, dtype in columns.items()]
    cast = [sql.SQL("n.{}::{}").format(sql.Identifier(c), sql.SQL(t)) for c, t in zip(columns, types, strict=True)]
    return sql.SQL("INSERT INTO {} AS held ({}) SELECT {} FROM unnest({}) AS n ({})").format(
        table,
        names(columns),
        sql.SQL(", ").join(cast),
        sql.SQL(", ").join([sql.SQL("%s::text[]")] * len(columns)),
        names(columns),
    )


def upsert(table: sql.Identifier, columns: pl.Schema, key: Sequence[str], by: Sequence[str]) -> sql.Composed:
    """Insert rows, or replace those of the same key that come before them in the order of ``by``."""
    rest = [name for name in columns if name not in key]
    new = [sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in rest]
    return sql.SQL("{} ON CONFLICT ({}) DO UPDATE SET {} WHERE ({}) < ({})").format(
        insert(table, columns),
        names(key),
        sql.SQL(", ").join(new),
        _qualified("held", by),
        _qualified("EXCLUDED", by),
    )


def names(columns: Sequence[str] | pl.Schema) -> sql.Composed:
    """The names of columns, quoted."""
    return sql.SQL(", ").join(sql.Identifier(name) for name in columns)


def _qualified(table: str, columns: Sequence[str]) -> sql.Composed:
    prefix = sql.SQL("EXCLUDED") if table == "EXCLUDED" else sql.Identifier(table)
    return sql.SQL(", ").join(sql.SQL("{}.{}").format(prefix, sql.Identifier(name)) for name in columns)
