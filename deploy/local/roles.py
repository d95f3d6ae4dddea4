"""The database and its roles.

``ionics_owner`` cannot log in and owns the database. ``ionics_writer`` acts for it, makes the schemas of generations
and is not held by row security. ``ionics_reader`` owns nothing, and can read only what is granted to it: it gets no
default privileges, so that a table without a policy is closed, not open.
"""

import psycopg
from psycopg import sql

DATABASE = "ionics"
SUPERUSER = "postgres"
OWNER = "ionics_owner"
WRITER = "ionics_writer"
READER = "ionics_reader"

_ATTRIBUTES = {
    OWNER: "NOLOGIN",
    WRITER: "LOGIN BYPASSRLS",
    READER: "LOGIN NOBYPASSRLS",
}


def ensure_roles(connection: psycopg.Connection, *, writer_password: str, reader_password: str) -> None:
    """Make database and roles if they are missing, and set attributes, rights and passwords. Idempotent.

    Args:
        connection: of the superuser, in autocommit mode (a database is made outside transactions).
        writer_password: for ``ionics_writer``.
        reader_password: for ``ionics_reader``.
    """
    passwords = {WRITER: writer_password, READER: reader_password}
    present = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    for role, attributes in _ATTRIBUTES.items():
        verb = "ALTER" if role in present else "CREATE"
        fixed = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
        statement = f"{verb} ROLE {role} {attributes} {fixed}"
        connection.execute(sql.SQL(statement) + _password(passwords.get(role)))
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    # TEMP and CONNECT are PostgreSQL's gifts to everybody.
    connection.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
    connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {READER}")
    connection.execute(f"GRANT {OWNER} TO {WRITER}")


def _password(password: str | None) -> sql.Composable:
    if password is None:
        return sql.SQL("")
    return sql.SQL(" PASSWORD ") + sql.Literal(password)
