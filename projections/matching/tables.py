"""Records beside the incidents, by kind; and all that is stored of links, judgements and cases."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from projections.matching.cases import CaseTables
from projections.matching.judgements import JudgementTable
from projections.matching.links import LinkTables
from projections.matching.reading import Read, body_of, kind_of
from projections.matching.rows import Content
from schemas.reading import Record
from schemas.topics import JUDGEMENTS, MESSAGES, WATCHES, alerts, cases, links


@dataclass(frozen=True)
class Arrivals:
    """Decoded records of a batch; of cases and alerts there are the contents alone."""

    links: list[tuple[Record, Content]] = field(default_factory=list)
    judgements: list[tuple[bytes, Content]] = field(default_factory=list)
    cases: list[Content] = field(default_factory=list)
    alerts: list[Content] = field(default_factory=list)
    watches: list[tuple[bytes, Content]] = field(default_factory=list)
    messages: list[tuple[Record, Content]] = field(default_factory=list)


def arrivals(records: Sequence[Record], read: Read) -> Arrivals:
    """Decode records of topics of links, judgements, cases, alerts, watches and messages.

    Raises:
        DecodeError: one does not decode.
    """
    found = Arrivals()
    for record in records:
        content, kind = read(record), kind_of(record.topic)
        if kind == links(1).schema:
            found.links.append((record, content))
        elif kind == JUDGEMENTS.schema:
            found.judgements.append((body_of(record), content))
        elif kind == cases(1).schema:
            found.cases.append(content)
        elif kind == alerts(1).schema:
            found.alerts.append(content)
        elif kind == WATCHES.schema:
            found.watches.append((body_of(record), content))
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
