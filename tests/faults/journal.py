"""What an agency writes down: what it is about to report, what it reported, and what it was told.

A line is written before and after each call of the SDK, so that a `kill -9` in the middle leaves an intention behind.
The lines survive it in the page cache.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from producers import Receipt, Submission
from tests.faults.ledger import Decision, Revision


@dataclass
class Told:
    """A journal, read back.

    Attributes:
        intended: event ids.
        reported: event id → revision.
        receipts: what the SDK gave.
        reported_at: event id → seconds since the epoch, by the true clock.
        answered_at: the same, of the receipts.
        loud: moments when a delivery failed, with what remained in the outbox and why.
    """

    intended: set[str] = field(default_factory=set)
    reported: dict[str, Revision] = field(default_factory=dict)
    receipts: list[Decision] = field(default_factory=list)
    reported_at: dict[str, float] = field(default_factory=dict)
    answered_at: dict[str, float] = field(default_factory=dict)
    loud: list[tuple[float, int, str]] = field(default_factory=list)

    @property
    def unanswered(self) -> set[str]:
        """Events reported whose receipt has not come."""
        return self.reported.keys() - self.answered_at.keys()


class Journal:
    """Appends lines to a file; one writer."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def intend(self, event_id: str) -> None:
        """An event is going to be reported."""
        self._write("intend", event_id)

    def report(self, made: Submission) -> None:
        """The SDK took it."""
        self._write("report", made.event_id, made.incident_id, made.revision)

    def receipt(self, event_id: str, receipt: Receipt) -> None:
        """The SDK gave the receipt of an event."""
        where = receipt.submission_partition, receipt.submission_offset
        self._write("receipt", event_id, *where, receipt.outcome.value, receipt.event_id)

    def failure(self, remaining: int, error: str) -> None:
        """A delivery did not come through."""
        self._write("failure", remaining, error)

    def _write(self, kind: str, *what: object) -> None:
        self._file.write(json.dumps([time.time(), kind, *what]).encode() + b"\n")


def read(path: Path) -> Told:
    """The journal of an agency; a line that a kill cut off is nothing that was written down."""
    told = Told()
    for at, kind, what in _lines(path):
        if kind == "intend":
            told.intended.add(what[0])
        elif kind == "report":
            event_id, incident_id, revision = what
            told.reported[event_id] = (incident_id, revision)
            told.reported_at.setdefault(event_id, at)
        elif kind == "receipt":
            asked, partition, offset, outcome, event_id = what
            told.receipts.append(Decision((partition, offset), outcome, event_id))
            told.answered_at.setdefault(asked, at)
        else:
            told.loud.append((at, *what))
    return told


def _lines(path: Path) -> Iterator[tuple[float, str, list[Any]]]:
    if not path.exists():
        return
    for line in path.read_bytes().splitlines():
        try:
            at, kind, *what = json.loads(line)
        except ValueError:
            continue
        yield at, kind, what
