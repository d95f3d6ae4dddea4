"""The tables ``link`` and ``match_key``, out of what the matcher found.

That an incident moved on needs no row: the table ``incident`` says which revision is current.
"""

import psycopg
from psycopg import sql

from projections.copying import array_literals
from projections.matching.rows import LINK, LINK_KEY, MATCH_KEY, Records, key_rows, link_rows
from projections.matching.statements import upsert


class LinkTables:
    """Links and closed keys of one schema."""

    def __init__(self, schema: str) -> None:
        written = ("written",)
        self._link = upsert(sql.Identifier(schema, "link"), LINK, LINK_KEY, written)
        self._key = upsert(sql.Identifier(schema, "match_key"), MATCH_KEY, ("key", "scope"), written)

    def store(self, connection: psycopg.Connection, records: Records) -> None:
        """Store records of `ionics.links.gN` within a transaction, in any order; repeated ones change nothing."""
        for statement, rows in ((self._link, link_rows(records)), (self._key, key_rows(records))):
            if rows.height:
                connection.execute(statement, array_literals(rows))
