"""Whether a generation is closed as it must be: asked of PostgreSQL's own catalogue, not of our migrations.

A plain view or a function with its owner's rights, and a materialised view, give rows that row-level security hides;
so does a table on which it is not forced. None of them may exist in a generation that readers use.
"""

from typing import LiteralString

import psycopg

from projections.migrate import READER, schema_name
from schemas.errors import ProjectionError

_CHECKS: dict[str, LiteralString] = {
    "has no forced row-level security": """
        SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = %(schema)s AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)
    """,
    "is a materialised view": """
        SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = %(schema)s AND relkind = 'm'
    """,
    "is a foreign table": """
        SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = %(schema)s AND relkind = 'f'
    """,
    "is a view with its owner's rights": """
        SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = %(schema)s AND relkind = 'v'
            AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)
    """,
    "is a function with its owner's rights": """
        SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
        WHERE nspname = %(schema)s AND prosecdef
    """,
    "can be changed by the reader": """
        SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = %(schema)s AND relkind IN ('r', 'p', 'v')
            AND has_table_privilege(%(reader)s, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
    """,
    "is owned by the reader": """
        SELECT relname FROM pg_class c JOIN pg_roles r ON r.oid = relowner WHERE rolname = %(reader)s
    """,
    "lets the reader make objects": """
        SELECT nspname FROM pg_namespace
        WHERE nspname NOT LIKE 'pg\\_temp%%' AND nspname NOT LIKE 'pg\\_toast%%'
            AND has_schema_privilege(%(reader)s, oid, 'CREATE')
    """,
    "lets the reader make temporary tables": """
        SELECT datname FROM pg_database
        WHERE datname = current_database() AND has_database_privilege(%(reader)s, oid, 'TEMP')
    """,
    "goes round row-level security": """
        SELECT rolname FROM pg_roles WHERE rolname = %(reader)s AND (rolbypassrls OR rolsuper)
    """,
}


def check_catalogue(connection: psycopg.Connection, generation: int) -> None:
    """Refuse a generation through which a reader could see or do more than the rule allows.

    Raises:
        ProjectionError: names what is wrong with which object; or the database could not be read.
    """
    check_schema(connection, schema_name(generation), f"generation {generation}")


def check_schema(connection: psycopg.Connection, schema: str, name: str) -> None:
    """The same of any schema, which goes by a name; raises like `check_catalogue`."""
    parameters = {"schema": schema, "reader": READER}
    try:
        for what, statement in _CHECKS.items():
            found = connection.execute(statement, parameters).fetchall()
            if found:
                names = ", ".join(str(name) for (name,) in found)
                raise ProjectionError(f"{name} is not closed: {names} {what}; make it anew")
    except psycopg.Error as error:
        raise ProjectionError(f"the catalogue of {name} could not be read: {error}") from error
