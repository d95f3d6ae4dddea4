"""The projector of members: directory, access log and links of delegated reports into the tables of a generation."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any

import psycopg
from psycopg import sql

from projections.members.source import MembersSource
from projections.members.tables import enter, keep_position, write_links, write_members
from projections.migrate import schema_name
from schemas.codec import FRAME_BYTES, codec
from schemas.delegation import DelegationLink, DelegationLinks
from schemas.directory import Members
from schemas.errors import DecodeError, ProjectionError
from schemas.reading import Record
from schemas.settings import Settings
from schemas.topics import ACCESS, DELEGATIONS, DIRECTORY, DIRECTORY_CLOSED
from stream_processors.runtime.follower import Follower
from stream_processors.runtime.log import Partition

_OPENING = ("DETAIL", "EXPORT")
_DIRECTORY = (DIRECTORY.name, DIRECTORY_CLOSED.name)


class MembersProjector:
    """Keeps the tables of members up to date.

    Args:
        on_batch: called after each committed batch with its size.
    """

    def __init__(self, settings: Settings, on_batch: Callable[[int], None] | None = None) -> None:
        self._settings, self._on_batch = settings, on_batch
        self._source = MembersSource(settings.require("deployment"))
        self._links: dict[tuple[str, str], DelegationLink] | None = None
        self._link_records: list[Record] = []

    def run(self, stop: threading.Event) -> None:
        """Project until `stop` is set.

        Raises:
            ProjectionError: the database cannot be written.
            LogError: the log cannot be read.
        """
        try:
            with psycopg.connect(self._settings.require("database_url"), autocommit=True) as connection:
                self._source.read_on(self._settings)
                self._write(connection, 0)
                members = self._source.members
                start = {
                    Partition(DIRECTORY.name, 0): members.directory.next_offset,
                    Partition(DIRECTORY_CLOSED.name, 0): members.next_offset,
                    Partition(ACCESS.name, 0): self._position(connection, ACCESS.name),
                    Partition(DELEGATIONS.name, 0): 0,
                }
                follower = Follower(self._settings, start)
                try:
                    while not stop.is_set():
                        self._step(connection, follower)
                finally:
                    follower.close()
        except psycopg.Error as error:
            raise ProjectionError(f"the read store: {str(error).splitlines()[0]}") from error

    def _step(self, connection: psycopg.Connection, follower: Follower) -> None:
        batch = follower.consume(10_000, 0.2)
        if not batch:
            return
        before = self._source.members
        self._source.take([record for record in batch if record.topic in _DIRECTORY])
        if self._source.members != before:
            self._write(connection, len(batch))
        self._link_records += [record for record in batch if record.topic == DELEGATIONS.name]
        self._write_links(connection)
        opened = [record for record in batch if record.topic == ACCESS.name]
        if opened:
            self._keep_opened(connection, opened)

    def _write(self, connection: psycopg.Connection, size: int) -> None:
        members = self._source.members
        if not write_members(connection, self._settings.generation, members, _positions(members)):
            raise ProjectionError("another projector of members has come further; this one begins anew")
        if self._on_batch:
            self._on_batch(size)

    def _write_links(self, connection: psycopg.Connection) -> None:
        """All of them anew, for a key may come to be known after what it signed; they are few."""
        directory = self._source.members.directory
        links = DelegationLinks(directory).fold(self._link_records).links
        if links != self._links:
            write_links(connection, self._settings.generation, directory.deployment, links.values())
            self._links = links

    def _keep_opened(self, connection: psycopg.Connection, records: Sequence[Record]) -> None:
        rows = sorted({row for record in records for row in _openings(record)})
        generation = self._settings.generation
        table = sql.Identifier(schema_name(generation), "opened")
        statement = sql.SQL("INSERT INTO {} VALUES (%s, %s, %s) ON CONFLICT DO NOTHING").format(table)
        with connection.transaction(), connection.cursor() as cursor:
            enter(connection, generation)
            cursor.executemany(statement, rows)
            keep_position(connection, generation, ACCESS.name, records[-1].offset + 1)
        if self._on_batch:
            self._on_batch(len(records))

    def _position(self, connection: psycopg.Connection, topic: str) -> int:
        table = sql.Identifier(schema_name(self._settings.generation), "positions")
        found = connection.execute(sql.SQL("SELECT next FROM {} WHERE topic = %s").format(table), [topic]).fetchone()
        return 0 if found is None else int(found[0])


def project_members(settings: Settings) -> None:
    """Bring the members of the read store up to the directory of now, once.

    Raises:
        ProjectionError: the database cannot be written.
        LogError: the directory cannot be read.
    """
    source = MembersSource(settings.require("deployment"))
    source.read_on(settings)
    try:
        with psycopg.connect(settings.require("database_url"), autocommit=True) as connection:
            write_members(connection, settings.generation, source.members, _positions(source.members))
    except psycopg.Error as error:
        raise ProjectionError(f"the read store: {str(error).splitlines()[0]}") from error


def _positions(members: Members) -> dict[str, int]:
    return {DIRECTORY.name: members.directory.next_offset, DIRECTORY_CLOSED.name: members.next_offset}


def _openings(record: Record) -> list[tuple[Any, ...]]:
    """Incident, agency and day (UTC) of what a record of the access log says was opened."""
    try:
        entry = codec("access").decode((record.value or b"")[FRAME_BYTES:])
    except DecodeError:
        return []  # not ours; the record stays for auditors
    if entry["action"] not in _OPENING:
        return []
    return [(id_, entry["agency_id"], entry["at"].astimezone(UTC).date()) for id_ in entry["incident_ids"]]
