"""What the reader can do with the tables of a generation, and what the migrations promise."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from projections.migrate import drop, migrate
from projections.sink import ViewSink
from schemas.errors import ProjectionError
from tests.unit.projections.worlds import World, decode, encode

pytestmark = pytest.mark.stack

_GENERATION = 903


@pytest.fixture
def reader(writer_url: str, reader_url: str) -> Iterator[psycopg.Connection]:
    """A reader of a generation with one community incident and one that was narrowed."""
    drop(writer_url, _GENERATION)
    migrate(writer_url, _GENERATION)
    community = {"tlp": "GREEN", "audience": ["COMMUNITY"]}
    restricted = {"tlp": "AMBER", "audience": ["agency:police"]}
    world = World(1)
    values = [encode(world.record(0, **community)), encode(world.record(1, **community))]
    values += [encode(world.record(1, 2, "AMENDED", **restricted))]
    with psycopg.connect(writer_url, autocommit=True) as writer:
        ViewSink(writer, _GENERATION, decode).apply(values, {("t", 0): (0, 3)})
    with psycopg.connect(reader_url, autocommit=True) as connection:
        yield connection
    drop(writer_url, _GENERATION)


def test_reader_sees_the_community_alone(reader: psycopg.Connection) -> None:
    """Of an incident whose latest revision is restricted the reader sees nothing, earlier revisions included."""
    seen = [
        reader.execute(f"SELECT count(DISTINCT incident_id) FROM g{_GENERATION}.{name}").fetchone()
        for name in ("incident", "incident_revision")
    ]
    assert seen == [(1,), (1,)]
    assert reader.execute(f"SELECT incidents FROM g{_GENERATION}.milestone").fetchone() == (1,)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM g903.incident",
        "INSERT INTO g903.milestone VALUES ('x', 1)",
        "UPDATE g903.positions SET next = 0",
        "TRUNCATE g903.item",
        "CREATE TABLE g903.mine (a int)",
        "CREATE TEMP TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "SELECT * FROM g903.migration",
        "ALTER TABLE g903.incident DISABLE ROW LEVEL SECURITY",
    ],
)
def test_reader_cannot_write_or_create(reader: psycopg.Connection, statement: str) -> None:
    """The reader can select from what is granted, and nothing else."""
    with pytest.raises(errors.InsufficientPrivilege):
        reader.execute(statement.encode())


def test_every_table_has_forced_row_security(reader: psycopg.Connection) -> None:
    """No table is open by omission, and there is no other kind of relation that could go round it."""
    found = reader.execute(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname = 'g903' AND (relkind IN ('v', 'm') OR relkind = 'r' AND NOT (relrowsecurity AND "
        "relforcerowsecurity))"
    )
    assert found.fetchall() == []


def test_migrating_again_changes_nothing(reader: psycopg.Connection, writer_url: str) -> None:
    """Migrations are applied once."""
    migrate(writer_url, _GENERATION)
    assert reader.execute("SELECT incidents FROM g903.milestone").fetchone() == (1,)


def test_a_changed_migration_is_refused(reader: psycopg.Connection, writer_url: str) -> None:
    """A file that was applied with other content is named."""
    assert reader
    with psycopg.connect(writer_url) as writer:
        writer.execute("UPDATE g903.migration SET sha256 = 'x' WHERE name = '0001_tables.sql'")
    with pytest.raises(ProjectionError, match=r"0001_tables\.sql"):
        migrate(writer_url, _GENERATION)
