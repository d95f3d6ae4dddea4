"""The members as rows, replaced whole: they are few, and one transaction makes a change take effect at once."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from projections.migrate import schema_name
from projections.statements import rights_changed
from schemas.delegation import DelegationLink
from schemas.directory import SEES_ALL, Members
from schemas.errors import ProjectionError
from schemas.rights import COORDINATE
from schemas.topics import DELEGATIONS

_COLUMNS: Mapping[str, int] = {"agency": 3, "focal_point": 5, "group_member": 2, "key_doubt": 2}


def write_members(
    connection: psycopg.Connection, generation: int, members: Members, positions: Mapping[str, int] | None = None
) -> bool:
    """Make the tables of members say what the directory says.

    Args:
        connection: of ``ionics_writer``; joins its transaction, or makes one.
        generation: whose tables.
        members: the directory as it stands.
        positions: topic → the next offset to read, stored with it.

    Returns:
        Whether they were written. They are not where the tables have come further: a projector that stood still while
        another one went on must not give back what was taken away meanwhile.

    Raises:
        ProjectionError: the database refused.
    """
    schema = schema_name(generation)
    try:
        with connection.transaction() as transaction:
            enter(connection, generation)
            kept = [keep_position(connection, generation, *each) for each in (positions or {}).items()]
            if not all(kept):
                raise psycopg.Rollback(transaction)
            for name, rows in _rows(members).items():
                table = sql.Identifier(schema, name)
                connection.execute(sql.SQL("DELETE FROM {}").format(table))
                places = sql.SQL(", ").join([sql.Placeholder()] * _COLUMNS[name])
                with connection.cursor() as cursor:
                    cursor.executemany(sql.SQL("INSERT INTO {} VALUES ({})").format(table, places), list(rows))
            connection.execute(rights_changed(schema))
            return True
    except psycopg.Error as error:
        raise ProjectionError(f"the members of generation {generation} could not be stored: {error}") from error
    return False


def write_links(
    connection: psycopg.Connection,
    generation: int,
    deployment: str,
    links: Iterable[DelegationLink],
    following: int | None = None,
) -> bool:
    """Make the table of links say what the log says.

    Args:
        connection: of ``ionics_writer``; joins its transaction, or makes one.
        generation: whose table.
        deployment: by whose name the ids of what is published are made.
        links: all of them.
        following: the next offset of their topic, stored with them.

    Returns:
        Whether they were written; not where the tables have come further.

    Raises:
        ProjectionError: the database refused.
    """
    table = sql.Identifier(schema_name(generation), "delegation_link")
    rows = [
        (
            each.delegated_id,
            each.agency_id,
            each.owner,
            each.published_id(deployment),
            each.delegated_revision,
            each.state,
        )
        for each in links
    ]
    try:
        with connection.transaction() as transaction, connection.cursor() as cursor:
            enter(connection, generation)
            if following is not None and not keep_position(connection, generation, DELEGATIONS.name, following):
                raise psycopg.Rollback(transaction)
            cursor.execute(sql.SQL("DELETE FROM {}").format(table))
            cursor.executemany(sql.SQL("INSERT INTO {} VALUES (%s, %s, %s, %s, %s, %s)").format(table), rows)
            return True
    except psycopg.Error as error:
        raise ProjectionError(f"the links of generation {generation} could not be stored: {error}") from error
    return False


def enter(connection: psycopg.Connection, generation: int) -> None:
    """Begin a transaction that writes: nothing else may be touched before.

    A rebuild that puts its tables in place holds the positions (`projections.rebuild`). Whoever had touched another
    table before waiting for them would have written it where nobody reads any more.
    """
    table = sql.Identifier(schema_name(generation), "positions")
    connection.execute(sql.SQL("LOCK TABLE {} IN ROW SHARE MODE").format(table))


def keep_position(connection: psycopg.Connection, generation: int, topic: str, following: int) -> bool:
    """Store the next offset of a topic of one partition within the caller's transaction, unless it is further on."""
    table = sql.Identifier(schema_name(generation), "positions")
    statement = (
        "INSERT INTO {} AS p VALUES (%s, 0, %s) ON CONFLICT (topic, partition) "
        "DO UPDATE SET next = EXCLUDED.next WHERE p.next <= EXCLUDED.next"
    )
    return connection.execute(sql.SQL(statement).format(table), [topic, following]).rowcount == 1


def _rows(members: Members) -> dict[str, Iterable[tuple[Any, ...]]]:
    directory = members.directory
    working = {agency.agency_id for agency in directory.agencies.values() if not agency.suspended}
    return {
        "agency": [(a.agency_id, a.country, a.suspended) for a in directory.agencies.values()],
        "focal_point": [
            (
                f.focal_point_id,
                f.agency_id,
                SEES_ALL in f.rights,
                f.suspended or f.agency_id not in working,
                COORDINATE in f.rights,
            )
            for f in members.focal_points.values()
        ],
        "group_member": [(g.group_id, agency) for g in members.groups.values() for agency in sorted(g.members)],
        "key_doubt": [
            (k.key_id, datetime.fromtimestamp(k.compromised_since_ms / 1000, UTC))
            for k in directory.keys.values()
            if k.compromised_since_ms is not None
        ],
    }
