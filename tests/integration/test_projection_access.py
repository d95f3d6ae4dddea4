"""What the reader can do with the tables of a generation, and what the migrations promise."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from projections.catalogue_check import check_catalogue
from projections.members import write_members
from projections.migrate import drop, migrate
from projections.sink import ViewSink
from projections.viewing import viewing
from schemas.directory import SEES_ALL, Agency
from schemas.errors import ProjectionError
from schemas.policies import policy_class
from tests.unit.projections.matches import Matches
from tests.unit.projections.people import COMMUNITY_ONLY, OFFICER, members, person
from tests.unit.projections.worlds import World, decode, encode

pytestmark = pytest.mark.stack

_GENERATION = 903


@pytest.fixture
def generation(writer_url: str) -> Iterator[int]:
    """A generation with one community incident and one that was narrowed."""
    drop(writer_url, _GENERATION)
    migrate(writer_url, _GENERATION)
    community = {"tlp": "GREEN", "audience": ["COMMUNITY"]}
    restricted = {"tlp": "AMBER", "audience": ["agency:police"]}
    world = World(1)
    values = [encode(world.record(0, **community)), encode(world.record(1, **community))]
    values += [encode(world.record(1, 2, "AMENDED", **restricted))]
    with psycopg.connect(writer_url, autocommit=True) as writer:
        ViewSink(writer, _GENERATION, decode).apply(values, {("t", 0): (0, 3)})
        write_members(writer, _GENERATION, COMMUNITY_ONLY)
    yield _GENERATION
    drop(writer_url, _GENERATION)


@pytest.fixture
def reader(generation: int, reader_url: str) -> Iterator[psycopg.Connection]:
    """A reader of it, within the request of an officer of the community."""
    assert generation
    with psycopg.connect(reader_url, autocommit=True) as connection, viewing(connection, _GENERATION, OFFICER):
        yield connection


def test_reader_sees_the_community_alone(reader: psycopg.Connection) -> None:
    """Of an incident whose latest revision is restricted the reader sees nothing, earlier revisions included."""
    seen = [
        reader.execute(f"SELECT count(DISTINCT incident_id) FROM g{_GENERATION}.{name}").fetchone()
        for name in ("incident", "incident_revision")
    ]
    assert seen == [(1,), (1,)]
    assert reader.execute(f"SELECT incidents FROM g{_GENERATION}.milestone").fetchone() == (1,)


def test_who_may_see_a_row_is_never_asked_of_all_incidents(generation: int, writer_url: str) -> None:
    """Of EXISTS and IN the planner may make a hash of the whole table, once for each row that is read."""
    with psycopg.connect(writer_url) as writer:
        found = writer.execute(
            "SELECT tablename, qual FROM pg_policies WHERE schemaname = %s AND qual ~ 'FROM .*incident'",
            [f"g{generation}"],
        ).fetchall()
    assert {"incident_revision", "opened", "link", "case_member", "alert_incident"} <= {table for table, _ in found}
    assert [table for table, rule in found if "EXISTS" in rule or "IN (" in rule] == []


def test_of_a_pair_nothing_is_seen_but_by_who_sees_both(generation: int, reader_url: str, writer_url: str) -> None:
    """Whatever class a record was written under; incidents 0 and 2 are of the community, 1 was narrowed."""
    found, restricted = Matches(), policy_class("agency-1", ("agency:police",))
    for one, other in ((0, 1), (0, 2)):
        found.link(one, other)
        found.judgement(one, other, "SAME")
    found.link(0, 2, (1, 2), right_class=restricted)
    found.key(1)
    found.key(2, restricted)
    found.case([0, 1], [2])
    found.case([3, 4], policy_class=restricted)
    community = {"tlp": "GREEN", "audience": ["COMMUNITY"]}
    with psycopg.connect(writer_url, autocommit=True) as writer:
        ViewSink(writer, generation, decode).apply([encode(World(2).record(2, **community))], {}, found.records)
        held = [_count(writer, name) for name in _OF_PAIRS]
    assert held == [3, 2, 2, 2, 5, 3]
    with psycopg.connect(reader_url, autocommit=True) as connection, viewing(connection, generation, OFFICER):
        assert [_count(connection, name) for name in _OF_PAIRS] == [1, 1, 1, 1, 2, 1]


_OF_PAIRS = ("link", "judgement", "match_key", '"case"', "case_member", "case_link")


def _count(connection: psycopg.Connection, name: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM g{_GENERATION}.{name}".encode()).fetchone()
    assert row is not None
    return int(row[0])


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
    with pytest.raises((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)), reader.transaction():
        reader.execute(statement.encode())


@pytest.mark.parametrize("viewer", ["", "nobody", "suspended", "of a suspended agency"])
def test_who_is_not_known_sees_no_row_of_any_table(
    reader: psycopg.Connection, reader_url: str, writer_url: str, viewer: str
) -> None:
    """Not even totals or positions; and without a viewer nothing is seen either."""
    gone = Agency("gone", "Gone", "CUSTOMS", "FJI", suspended=True)
    here = Agency("onlooker", "Onlooker", "CUSTOMS", "FJI")
    people = [person("suspended", "onlooker", SEES_ALL, suspended=True), person("of a suspended agency", "gone")]
    with psycopg.connect(writer_url, autocommit=True) as writer:
        write_members(writer, _GENERATION, members([here, gone], people))
    tables = [name for (name,) in reader.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'g903'")]
    assert len(tables) == 32
    with psycopg.connect(reader_url, autocommit=True) as connection:
        for name in sorted(set(tables) - {"migration"}):
            assert connection.execute(f"SELECT count(*) FROM g903.{name}").fetchone() == (0,)
            with viewing(connection, _GENERATION, viewer):
                assert connection.execute(f"SELECT count(*) FROM g903.{name}").fetchone() == (0,)


_HOLES = {
    "mine has no forced row-level security": "CREATE TABLE g903.mine (a int)",
    "item has no forced": "ALTER TABLE g903.item NO FORCE ROW LEVEL SECURITY",
    "seen is a materialised view": "CREATE MATERIALIZED VIEW g903.seen AS SELECT * FROM g903.item",
    "seen is a view with its owner's rights": "CREATE VIEW g903.seen AS SELECT * FROM g903.item",
    "seen is a function with its owner's": "CREATE FUNCTION g903.seen() RETURNS int SECURITY DEFINER RETURN 1",
    "item can be changed by the reader": "GRANT UPDATE ON g903.item TO ionics_reader",
    "g903 lets the reader make objects": "GRANT CREATE ON SCHEMA g903 TO ionics_reader",
}


@pytest.mark.parametrize(("found", "hole"), _HOLES.items(), ids=_HOLES)
def test_a_generation_with_a_hole_is_refused(generation: int, writer_url: str, found: str, hole: str) -> None:
    """Whatever would let a reader see or do more is named."""
    with psycopg.connect(writer_url) as writer:
        check_catalogue(writer, generation)
        writer.execute(hole.encode())
        with pytest.raises(ProjectionError, match=found):
            check_catalogue(writer, generation)
        writer.rollback()


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
