"""Tables without their indexes for a while: to fill them first and to sort once is cheaper than to place each row."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from projections.migrate import schema_name

_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
    JOIN pg_namespace n ON n.oid = connamespace
    WHERE nspname = %s AND contype IN ('p', 'u') AND conrelid::regclass::text = ANY (%s) ORDER BY 1, 2
"""
_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid::regclass::text = ANY (%s) ORDER BY 1
"""


@contextmanager
def without_indexes(connection: psycopg.Connection, generation: int, tables: tuple[str, ...]) -> Iterator[None]:
    """Drop the indexes of these tables, unique ones too, and make them again at the end, as they were.

    Nobody else may use the tables meanwhile. If what is done meanwhile fails, they stay without.

    Raises:
        psycopg.Error: a unique index cannot be made again, since rows are there twice; or the database refused.
    """
    schema = schema_name(generation)
    names = [f"{schema}.{table}" for table in tables]
    constraints = connection.execute(_CONSTRAINTS, [schema, names]).fetchall()
    for table, name, _ in constraints:
        connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(_name(table), sql.Identifier(name)))
    indexes = connection.execute(_INDEXES, [names]).fetchall()
    for name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(_name(name)))
    yield
    with connection.transaction():
        # Sorting in memory; the server's default of 64 MB is for a machine of other times.
        connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        for table, name, definition in constraints:
            statement = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(_name(table), sql.Identifier(name))
            connection.execute(statement + sql.SQL(definition))
        for _, definition in indexes:
            connection.execute(definition)


def _name(qualified: str) -> sql.Identifier:
    return sql.Identifier(*qualified.split("."))
