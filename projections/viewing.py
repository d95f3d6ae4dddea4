"""One request of one viewer: a transaction in which row-level security knows who asks."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
from psycopg import sql

from projections.migrate import schema_name
from schemas.errors import ProjectionError

Views = Callable[[], AbstractContextManager[psycopg.Connection]]
"""What one person sees of the read store, one `viewing` each time."""


@contextmanager
def viewing(connection: psycopg.Connection, generation: int, focal_point_id: str) -> Iterator[psycopg.Connection]:
    """A read-only snapshot as a focal point sees it; the functions of `projections.queries` work within it.

    Args:
        connection: of ``ionics_reader``, outside a transaction.
        generation: whose tables.
        focal_point_id: who asks; an unknown or suspended one sees nothing.

    Raises:
        ProjectionError: the database could not be read.
    """
    table = sql.Identifier(schema_name(generation), "policy")
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Before the snapshot is taken: no rebuilt tables are put in place in between (projections.rebuild).
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(table))
            look_as(connection, focal_point_id)
            yield connection
    except psycopg.Error as error:
        raise ProjectionError(f"the read store could not be read: {error}") from error


def look_as(connection: psycopg.Connection, focal_point_id: str) -> None:
    """Go on as another focal point, within `viewing`: what is asked from here on is what that one sees."""
    connection.execute("SELECT set_config('ionics.viewer', %s, true)", [focal_point_id])
