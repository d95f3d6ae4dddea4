"""The tables of members against projectors that overtake each other, and a rebuild that exchanges tables under them."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from projections.members import write_links, write_members
from projections.migrate import drop, migrate
from schemas.delegation import DelegationLink
from schemas.directory import Agency, Members
from schemas.topics import DIRECTORY
from tests.integration.exchange import until
from tests.unit.projections.people import members, person

_LIVE, _BESIDE = 913, 914
_LINK = DelegationLink(
    delegated_id="00000000-0000-0000-0000-000000000001",
    owner="fji",
    agency_id="hq",
    source_ref="r",
    delegated_revision=1,
    state="PUBLISHED",
)


def _members(*, suspended: bool) -> Members:
    return members([Agency("fji", "Fiji", "CUSTOMS", "FJI", suspended=suspended)], [person("officer", "fji", "read")])


@pytest.fixture
def writer(writer_url: str) -> Iterator[psycopg.Connection]:
    """A writer of two empty generations."""
    for generation in (_LIVE, _BESIDE):
        drop(writer_url, generation)
        migrate(writer_url, generation)
    with psycopg.connect(writer_url, autocommit=True) as connection:
        yield connection
    for generation in (_LIVE, _BESIDE):
        drop(writer_url, generation)


def _suspended(connection: psycopg.Connection) -> object:
    return connection.execute(f"SELECT suspended FROM g{_LIVE}.agency").fetchall()


def test_what_was_taken_away_does_not_come_back(writer: psycopg.Connection) -> None:
    """A projector that stood still before an agency was suspended writes nothing when it wakes up."""
    assert write_members(writer, _LIVE, _members(suspended=False), {DIRECTORY.name: 5})
    assert write_members(writer, _LIVE, _members(suspended=True), {DIRECTORY.name: 6})
    token = writer.execute(f"SELECT changed FROM g{_LIVE}.rights").fetchall()
    assert not write_members(writer, _LIVE, _members(suspended=False), {DIRECTORY.name: 5})
    assert _suspended(writer) == [(True,)]
    assert writer.execute(f"SELECT next FROM g{_LIVE}.positions").fetchall() == [(6,)]
    assert writer.execute(f"SELECT changed FROM g{_LIVE}.rights").fetchall() == token
    assert write_members(writer, _LIVE, _members(suspended=True), {DIRECTORY.name: 6})


def test_members_and_links_reach_the_tables_that_are_read(writer: psycopg.Connection, writer_url: str) -> None:
    """Tables put in place while a projector waits get what it writes; else it would be lost with the old ones."""

    def write() -> None:
        with psycopg.connect(writer_url, autocommit=True) as connection:
            write_members(connection, _LIVE, _members(suspended=True), {DIRECTORY.name: 6})
            write_links(connection, _LIVE, "dev-test", [_LINK])

    writing = threading.Thread(target=write)
    with writer.transaction():
        writer.execute(f"LOCK TABLE g{_LIVE}.positions IN EXCLUSIVE MODE")
        writing.start()
        until(lambda: _waiting(writer_url))
        writer.execute(f"ALTER SCHEMA g{_LIVE} RENAME TO exchanged_913")
        writer.execute(f"ALTER SCHEMA g{_BESIDE} RENAME TO g{_LIVE}")
        writer.execute(f"ALTER SCHEMA exchanged_913 RENAME TO g{_BESIDE}")
    writing.join()
    assert _suspended(writer) == [(True,)]
    assert writer.execute(f"SELECT count(*) FROM g{_LIVE}.delegation_link").fetchone() == (1,)
    assert writer.execute(f"SELECT count(*) FROM g{_BESIDE}.agency").fetchone() == (0,)


def _waiting(writer_url: str) -> bool:
    statement = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'RowShareLock'"
    with psycopg.connect(writer_url, autocommit=True) as connection:
        return connection.execute(statement).fetchone() == (1,)
