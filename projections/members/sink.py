"""The tables of members in PostgreSQL, as their projector writes them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import psycopg
from psycopg import sql

from projections.members.tables import enter, keep_position, write_links, write_members
from projections.migrate import schema_name
from schemas.delegation import DelegationLink
from schemas.directory import Members, MembersSource
from schemas.errors import ProjectionError
from schemas.reading import Record, read_topic
from schemas.settings import Settings
from schemas.topics import ACCESS, DIRECTORY, DIRECTORY_CLOSED

TopicReader = Callable[[str, int], Iterable[Record]]
"""Reads a topic of one partition from an offset to its end."""
Opening = tuple[str, str, date]
"""Incident, agency that opened it, day."""

_FURTHER = "another projector of members has come further; this one begins anew"


class PostgresMembers:
    """The tables of one generation; see `MembersSink`."""

    def __init__(self, connection: psycopg.Connection, generation: int, deployment: str) -> None:
        self._connection, self._generation, self._deployment = connection, generation, deployment

    def opened_up_to(self) -> int:
        """See `MembersSink.opened_up_to`."""
        table = sql.Identifier(schema_name(self._generation), "positions")
        statement = sql.SQL("SELECT next FROM {} WHERE topic = %s").format(table)
        found = self._connection.execute(statement, [ACCESS.name]).fetchone()
        return 0 if found is None else int(found[0])

    def write(self, members: Members) -> None:
        """See `MembersSink.write`."""
        if not write_members(self._connection, self._generation, members, positions_of(members)):
            raise ProjectionError(_FURTHER)

    def write_links(self, links: Iterable[DelegationLink], following: int) -> None:
        """See `MembersSink.write_links`."""
        if not write_links(self._connection, self._generation, self._deployment, links, following):
            raise ProjectionError(_FURTHER)

    def keep_opened(self, openings: Sequence[Opening], following: int) -> None:
        """See `MembersSink.keep_opened`."""
        table = sql.Identifier(schema_name(self._generation), "opened")
        statement = sql.SQL("INSERT INTO {} VALUES (%s, %s, %s) ON CONFLICT DO NOTHING").format(table)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            enter(self._connection, self._generation)
            if not keep_position(self._connection, self._generation, ACCESS.name, following):
                raise ProjectionError(_FURTHER)
            cursor.executemany(statement, openings)


def positions_of(members: Members) -> dict[str, int]:
    """The next offset of each topic of the directory."""
    return {DIRECTORY.name: members.directory.next_offset, DIRECTORY_CLOSED.name: members.next_offset}


def reading(settings: Settings) -> TopicReader:
    """Reads topics of a deployment."""
    return lambda topic, start: read_topic(settings, topic, {0: start})


def project_members(settings: Settings) -> None:
    """Bring the members of the read store up to the directory of now, once; no-op where they have come further.

    Raises:
        ProjectionError: the database cannot be written.
        LogError: the directory cannot be read.
    """
    source = MembersSource(settings.require("deployment"))
    source.read_on(reading(settings))
    try:
        with psycopg.connect(settings.require("database_url"), autocommit=True) as connection:
            write_members(connection, settings.generation, source.members, positions_of(source.members))
    except psycopg.Error as error:
        raise ProjectionError(f"the read store: {str(error).splitlines()[0]}") from error
