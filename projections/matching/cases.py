"""The tables ``case``, ``case_member`` and ``case_link``: each case at its highest version."""

from collections.abc import Iterator, Sequence

import psycopg
from psycopg import sql

from projections.copying import array_literals
from projections.matching.rows import (
    CASE,
    CASE_LINK,
    CASE_MEMBER,
    Content,
    case_link_rows,
    case_rows,
    latest,
    member_rows,
)
from projections.matching.statements import insert


class CaseTables:
    """Cases of one schema."""

    def __init__(self, schema: str) -> None:
        case, member, link = (sql.Identifier(schema, name) for name in ("case", "case_member", "case_link"))
        self._versions = sql.SQL("SELECT case_id::text, version FROM {} WHERE case_id = ANY(%s::uuid[])").format(case)
        self._members = sql.SQL("SELECT DISTINCT incident_id::text FROM {} WHERE case_id = ANY(%s::uuid[])").format(
            member
        )
        self._delete = [
            sql.SQL("DELETE FROM {} WHERE case_id = ANY(%s::uuid[])").format(table) for table in (case, member, link)
        ]
        self._insert = {
            "case": insert(case, CASE),
            "member": insert(member, CASE_MEMBER),
            "link": insert(link, CASE_LINK),
        }

    def newer(self, connection: psycopg.Connection, events: Sequence[Content]) -> list[Content]:
        """Of some events those that stand above what is stored, each case once."""
        found = latest(events)
        held: dict[str, int] = dict(connection.execute(self._versions, [list(found)]).fetchall())
        return [event for id_, event in sorted(found.items()) if held.get(id_, 0) < event["version"]]

    def members(self, connection: psycopg.Connection, newer: Sequence[Content]) -> list[str]:
        """The incidents that are members of these cases, as stored or as they come."""
        rows = connection.execute(self._members, [_ids(newer)])
        return sorted({id_ for (id_,) in rows} | set(_coming(newer)))

    def replace(self, connection: psycopg.Connection, newer: Sequence[Content]) -> None:
        """Put these cases in the place of what is stored of them."""
        for statement in self._delete:
            connection.execute(statement, [_ids(newer)])
        frames = {"case": case_rows(newer), "member": member_rows(newer), "link": case_link_rows(newer)}
        for name, rows in frames.items():
            if rows.height:
                connection.execute(self._insert[name], array_literals(rows))


def _ids(events: Sequence[Content]) -> list[str]:
    return [event["case_id"] for event in events]


def _coming(events: Sequence[Content]) -> Iterator[str]:
    return (member["incident_id"] for event in events for member in event["members"])
