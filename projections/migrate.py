"""The schema of a generation in PostgreSQL: numbered SQL files, each applied once and in order.

The files name no schema: each is executed with the generation's schema as the only one in the search path.
"""

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import psycopg
from psycopg import sql

from schemas.errors import ProjectionError

READER = "ionics_reader"

# Any fixed number: two processes that migrate at the same time take turns.
_LOCK = 4_711_001


def schema_name(generation: int) -> str:
    """The schema of a generation, such as ``g1``.

    Raises:
        ProjectionError: generations are numbered from 1.
    """
    if generation < 1:
        raise ProjectionError(f"generation {generation} cannot be: generations are numbered from 1")
    return f"g{generation}"


def migrate(database_url: str, generation: int) -> None:
    """Make the schema of a generation, or bring it up to date. Idempotent; all or nothing.

    Args:
        database_url: of ``ionics_writer``.
        generation: from 1.

    Raises:
        ProjectionError: the database refused, or a file that was applied before has changed since.
    """
    migrate_schema(database_url, schema_name(generation), files("projections") / "migrations")


def migrate_schema(database_url: str, name: str, folder: Traversable) -> None:
    """Make a schema of a folder of numbered SQL files, or bring it up to date. Idempotent; all or nothing.

    Raises:
        ProjectionError: the database refused, or a file that was applied before has changed since.
    """
    try:
        with psycopg.connect(database_url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            _enter(connection, sql.Identifier(name))
            applied: dict[str, str] = dict(connection.execute("SELECT name, sha256 FROM migration").fetchall())
            for file, text in _migrations(folder):
                _apply(connection, file, text, applied)
    except psycopg.Error as error:
        raise ProjectionError(f"schema {name} could not be made: {error}") from error


def drop(database_url: str, generation: int) -> None:
    """Delete a generation with all its rows. No-op if there is none.

    Raises:
        ProjectionError: the database refused.
    """
    schema = sql.Identifier(schema_name(generation))
    try:
        with psycopg.connect(database_url) as connection:
            connection.execute("SET LOCAL client_min_messages = warning")
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
    except psycopg.Error as error:
        raise ProjectionError(f"schema g{generation} could not be deleted: {error}") from error


def _enter(connection: psycopg.Connection, schema: sql.Identifier) -> None:
    connection.execute("SET LOCAL client_min_messages = warning")
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, sql.Identifier(READER)))
    connection.execute(sql.SQL("SET LOCAL search_path = {}").format(schema))
    connection.execute("CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL)")


def _apply(connection: psycopg.Connection, name: str, text: str, applied: dict[str, str]) -> None:
    digest = hashlib.sha256(text.encode()).hexdigest()
    if name not in applied:
        connection.execute(text.encode())
        connection.execute("INSERT INTO migration (name, sha256) VALUES (%s, %s)", [name, digest])
    elif applied[name] != digest:
        raise ProjectionError(f"migration {name} was applied with other content; make a new generation")


def _migrations(folder: Traversable) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".sql"):
            yield path.name, path.read_text("utf-8")
