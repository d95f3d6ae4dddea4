"""What comes of links, judgements, cases and messages in a batch, and what is stored of links and judgements."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from projections.matching.cases import CaseTables
from projections.matching.judgements import JudgementTable
from projections.matching.links import LinkTables
from projections.matching.reading import Read, body_of, kind_of
from projections.matching.rows import Content
from schemas.reading import Record
from schemas.topics import JUDGEMENTS, MESSAGES, cases, links


@dataclass(frozen=True)
class Arrivals:
    """Decoded records of a batch, of which those of cases are no more than the events."""

    links: list[tuple[Record, Content]]
    judgements: list[tuple[bytes, Content]]
    cases: list[Content]
    messages: list[tuple[Record, Content]]


def arrivals(records: Sequence[Record], read: Read) -> Arrivals:
    """Decode records of topics of links, judgements, cases and messages.

    Raises:
        DecodeError: one does not decode.
    """
    found = Arrivals([], [], [], [])
    for record in records:
        content, kind = read(record), kind_of(record.topic)
        if kind == links(1).schema:
            found.links.append((record, content))
        elif kind == JUDGEMENTS.schema:
            found.judgements.append((body_of(record), content))
        elif kind == cases(1).schema:
            found.cases.append(content)
        elif kind == MESSAGES.schema:
            found.messages.append((record, content))
    return found


class MatchTables:
    """The tables of one schema."""

    def __init__(self, schema: str) -> None:
        self._links, self._judgements, self.cases = LinkTables(schema), JudgementTable(schema), CaseTables(schema)

    def store(self, connection: psycopg.Connection, found: Arrivals) -> None:
        """Store links, keys and judgements; no aggregate depends on them."""
        self._links.store(connection, found.links)
        self._judgements.store(connection, found.judgements)
