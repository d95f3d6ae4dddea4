"""The projector's sink in memory: tables and positions that are written in one transaction, as PostgreSQL would.

Rows of positions are locked by the transaction that moves them, and a transaction of a dead process is rolled back.
What a batch adds to the counts is found by what was current when the batch began, as the sink's SQL does it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from schemas.codec import FRAME_BYTES, codec
from schemas.errors import ProjectionError
from schemas.reading import Record
from tests.simulation.process import Process

Place = tuple[str, int]


class Row(NamedTuple):
    """What the tables hold of an enriched incident."""

    incident_id: str
    revision: int
    withdrawn: bool
    agency_id: str
    items: int
    signed_digest: str


@lru_cache(maxsize=10_000)
def row_of(value: bytes) -> Row:
    """The row of a value of the enriched topic."""
    enriched = codec("enriched").decode(value[FRAME_BYTES:])
    admission, incident = enriched["admitted"]["admission"], enriched["admitted"]["incident"]
    return Row(
        incident["incident_id"],
        incident["revision"],
        incident["event_type"] == "WITHDRAWN",
        incident["agency_id"],
        len(enriched["enrichment"]["substances"]),
        admission["signed_digest"],
    )


@dataclass
class Tables:
    """What is committed.

    Attributes:
        counts: (agency, measure) → sum over its current incidents that are not withdrawn.
    """

    positions: dict[Place, int] = field(default_factory=dict)
    revisions: dict[tuple[str, int], Row] = field(default_factory=dict)
    current: dict[str, Row] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)


def folded(rows: Sequence[Row]) -> Tables:
    """The tables of a set of rows, written out."""
    tables = Tables()
    for row in rows:
        tables.revisions.setdefault((row.incident_id, row.revision), row)
    for row in tables.revisions.values():
        if row.incident_id not in tables.current or tables.current[row.incident_id].revision < row.revision:
            tables.current[row.incident_id] = row
    for row in tables.current.values():
        _count(tables.counts, row, 1)
    return tables


def _count(counts: Counter[tuple[str, str]], row: Row | None, sign: int) -> None:
    if row is not None and not row.withdrawn:
        counts[row.agency_id, "incidents"] += sign
        counts[row.agency_id, "items"] += sign * row.items


class MemorySink:
    """See `projections.projector.Sink`.

    Args:
        locks: partitions whose position is being moved; shared by all sinks over the same tables.
        on_commit: called after each transaction.
    """

    def __init__(
        self, tables: Tables, locks: set[Place], process: Process, on_commit: Callable[[], None] = lambda: None
    ) -> None:
        self._tables, self._locks, self._process, self._on_commit = tables, locks, process, on_commit

    def positions(self) -> dict[Place, int]:
        """See `Sink.positions`."""
        self._process.call("positions of the views")
        return dict(self._tables.positions)

    def apply(
        self, values: Sequence[bytes], advance: Mapping[Place, tuple[int, int]], others: Sequence[Record] = ()
    ) -> None:
        """See `Sink.apply`. It keeps nothing of cases."""
        assert not others
        for place, (old, new) in advance.items():
            if new < old:
                raise ProjectionError(f"{place} cannot go back from {old} to {new}")
        self._process.call("begin a batch of the views")
        with self._moved(advance):
            if self._process.faults.happens("database refuses"):
                raise ProjectionError("the database refused")
            before, changed, counts = self._tables.current, dict[str, Row](), Counter[tuple[str, str]]()
            for row in map(row_of, values):
                known = changed.get(row.incident_id) or before.get(row.incident_id)
                if known is None or known.revision < row.revision:
                    changed[row.incident_id] = row
            for row in changed.values():
                _count(counts, before.get(row.incident_id), -1)
                _count(counts, row, 1)
            self._process.call("commit a batch of the views")
            for row in map(row_of, values):
                self._tables.revisions.setdefault((row.incident_id, row.revision), row)
            self._tables.current |= changed
            self._tables.counts.update(counts)
            self._tables.positions |= {place: new for place, (_, new) in advance.items()}
            self._on_commit()
        if self._process.faults.happens("answer lost"):
            raise ProjectionError("the connection was lost after the commit")

    @contextmanager
    def _moved(self, advance: Mapping[Place, tuple[int, int]]) -> Iterator[None]:
        """Hold the positions, if they are the old ones."""
        held = list[Place]()
        try:
            for place in sorted(advance):
                self._process.wait(lambda place=place: place not in self._locks)  # type: ignore[misc]  # bound at once
                self._locks.add(place)
                held.append(place)
                if not self._stands(place, advance[place][0]):
                    raise ProjectionError(f"{place}: the batch begins at {advance[place][0]}, the views are elsewhere")
            yield
        finally:
            self._locks.difference_update(held)

    def _stands(self, place: Place, old: int) -> bool:
        return self._tables.positions.get(place, 0) == old
