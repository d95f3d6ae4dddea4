"""The projector of members: directory, access log and links of delegated reports into the tables of a generation."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date
from functools import partial
from typing import Protocol

import psycopg

from projections.members.sink import Opening, PostgresMembers, TopicReader, reading
from projections.projector import Source
from schemas.codec import FRAME_BYTES, codec
from schemas.delegation import DelegationLink, DelegationLinks
from schemas.directory import Members, MembersSource
from schemas.errors import DecodeError, ProjectionError
from schemas.reading import Record
from schemas.settings import Settings
from schemas.topics import ACCESS, DELEGATIONS, DIRECTORY, DIRECTORY_CLOSED
from stream_processors.runtime.follower import Follower
from stream_processors.runtime.log import Partition

_OPENING = ("DETAIL", "EXPORT")
_DIRECTORY = (DIRECTORY.name, DIRECTORY_CLOSED.name)


class MembersSink(Protocol):
    """The tables of members; `PostgresMembers` is one. Each method is one transaction."""

    def opened_up_to(self) -> int:
        """The next offset of the access log."""

    def write(self, members: Members) -> None:
        """Make the tables say what the directory says.

        Raises:
            ProjectionError: they cannot be written, or have come further.
        """

    def write_links(self, links: Iterable[DelegationLink], following: int) -> None:
        """Make them say what the links are, before this offset of their topic; raises like `write`."""

    def keep_opened(self, openings: Sequence[Opening], following: int) -> None:
        """Add openings, before this offset of the access log; raises like `write`."""


class MembersProjection:
    """Keeps tables of members up to date.

    Args:
        deployment: whose directory it is.
        read: reads a topic from an offset to its end.
        follow: gives the source that begins at some positions.
        on_batch: called after each committed batch with its size.
    """

    def __init__(
        self,
        deployment: str,
        sink: MembersSink,
        read: TopicReader,
        follow: Callable[[Mapping[Partition, int]], Source],
        on_batch: Callable[[int], None] | None = None,
    ) -> None:
        self._sink, self._follow, self._on_batch = sink, follow, on_batch
        self._source = MembersSource(deployment)
        self._read = read
        self._link_records: list[Record] = []

    def run(self, stop: threading.Event) -> None:
        """Project until `stop` is set.

        Raises:
            ProjectionError: the tables cannot be written.
            LogError: the log cannot be read.
        """
        self._source.read_on(self._read)
        self._write(0)
        members = self._source.members
        start = {
            Partition(DIRECTORY.name, 0): members.directory.next_offset,
            Partition(DIRECTORY_CLOSED.name, 0): members.next_offset,
            Partition(ACCESS.name, 0): self._sink.opened_up_to(),
            Partition(DELEGATIONS.name, 0): 0,
        }
        source = self._follow(start)
        try:
            while not stop.is_set():
                self._step(source)
        finally:
            source.close()

    def _step(self, source: Source) -> None:
        batch = source.consume(10_000, 0.2)
        if not batch:
            return
        before = self._source.members
        self._source.take([record for record in batch if record.topic in _DIRECTORY])
        changed = self._source.members != before
        if changed:
            self._write(len(batch))
        links = [record for record in batch if record.topic == DELEGATIONS.name]
        self._link_records += links
        if self._link_records and (links or changed):
            self._write_links()
        opened = [record for record in batch if record.topic == ACCESS.name]
        if opened:
            rows = sorted({row for record in opened for row in openings(record)})
            self._sink.keep_opened(rows, opened[-1].offset + 1)
            self._done(len(opened))

    def _write(self, size: int) -> None:
        self._sink.write(self._source.members)
        self._done(size)

    def _write_links(self) -> None:
        """All of them anew, for a key may come to be known after what it signed; they are few."""
        links = DelegationLinks(self._source.members.directory).fold(self._link_records).links
        self._sink.write_links(links.values(), self._link_records[-1].offset + 1)

    def _done(self, size: int) -> None:
        if self._on_batch:
            self._on_batch(size)


class MembersProjector:
    """Keeps the tables of members of one generation up to date.

    Args:
        on_batch: called after each committed batch with its size.
    """

    def __init__(self, settings: Settings, on_batch: Callable[[int], None] | None = None) -> None:
        self._settings, self._on_batch = settings, on_batch

    def run(self, stop: threading.Event) -> None:
        """Project until `stop` is set.

        Raises:
            ProjectionError: the database cannot be written.
            LogError: the log cannot be read.
        """
        settings = self._settings
        deployment, follow = settings.require("deployment"), partial(Follower, settings)
        try:
            with psycopg.connect(settings.require("database_url"), autocommit=True) as connection:
                sink = PostgresMembers(connection, settings.generation, deployment)
                MembersProjection(deployment, sink, reading(settings), follow, self._on_batch).run(stop)
        except psycopg.Error as error:
            raise ProjectionError(f"the read store: {str(error).splitlines()[0]}") from error


def openings(record: Record) -> list[Opening]:
    """Incident, agency and day (UTC) of what a record of the access log says was opened."""
    try:
        entry = codec("access").decode((record.value or b"")[FRAME_BYTES:])
    except DecodeError:
        return []  # not ours; the record stays for auditors
    if entry["action"] not in _OPENING:
        return []
    day: date = entry["at"].astimezone(UTC).date()
    return [(id_, entry["agency_id"], day) for id_ in entry["incident_ids"]]
