"""The table ``judgement``, out of what people said about pairs."""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from projections.copying import array_literals
from projections.matching.rows import JUDGEMENT, Content, judgement_rows
from projections.matching.statements import upsert


class JudgementTable:
    """Judgements of one schema."""

    def __init__(self, schema: str) -> None:
        table = sql.Identifier(schema, "judgement")
        self._judgement = upsert(table, JUDGEMENT, ("left", "right"), ("revision", "body"))

    def store(self, connection: psycopg.Connection, records: Sequence[tuple[bytes, Content]]) -> None:
        """Store bodies and contents of `ionics.judgements` within a transaction, in any order."""
        rows = judgement_rows(records)
        if rows.height:
            connection.execute(self._judgement, array_literals(rows))
