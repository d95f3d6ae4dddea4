"""The reader's side: where the tables of a moment are, and asking for them."""

from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg import sql

from projections.migrate import schema_name

CHANNEL = "ionics_moments"


class Asked(NamedTuple):
    """What is asked for: the tables of a generation as they stood at a moment."""

    generation: int
    moment: datetime


def number_at(connection: psycopg.Connection, asked: Asked) -> int | None:
    """The number under which the tables are read, like a generation; nothing while there are none for these rights.

    Args:
        connection: within `viewing` of the generation, whose snapshot holds for what is read of the tables, too.
        asked: which.
    """
    statement = sql.SQL(
        "SELECT number FROM {} WHERE at = %s AND rights IS NOT DISTINCT FROM (SELECT changed FROM {})"
    ).format(*(sql.Identifier(schema_name(asked.generation), name) for name in ("moment", "rights")))
    found = connection.execute(statement, [asked.moment]).fetchone()
    return None if found is None else int(found[0])


def ask(connection: psycopg.Connection, asked: Asked) -> None:
    """Ask the keeper to make the tables, or not to drop them yet, when the transaction ends. Nothing is written."""
    payload = f"{asked.generation} {asked.moment.isoformat()}"
    connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])


def parsed(payload: str) -> Asked | None:
    """What is asked for; nothing where it is no such thing: whoever reaches the database may send anything."""
    generation, _, moment = payload.partition(" ")
    try:
        found = Asked(int(generation), datetime.fromisoformat(moment))
    except ValueError:
        return None
    return found if found.moment.tzinfo is not None else None
