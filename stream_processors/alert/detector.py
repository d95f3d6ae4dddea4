"""What a detector is: where it files facts, what it judges anew after one, and what it finds there."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from stream_processors.alert.book import Book, Entry, Filing, View
from stream_processors.alert.facts import Fact
from stream_processors.alert.finding import Finding

Unit = tuple[str, ...]
"""What is judged at once: the name of a detector, and what of."""


class Detector(Protocol):
    """Judges units, of which each is a function of files alone."""

    name: str

    def filings(self, fact: Fact) -> Iterator[Filing | Entry]:
        """Where a fact is filed."""

    def units(self, book: Book, fact: Fact) -> Iterator[Unit]:
        """What may change when a fact comes or goes: asked before and after, of which each may name but a part."""

    def changed(self, book: Book, fact: Fact) -> None:
        """A fact came or went: forget what was worked out and may not hold any more."""

    def classes(self, book: Book, unit: Unit) -> Iterable[int]:
        """The classes of policy that have facts in a unit."""

    def findings(self, unit: Unit, view: View) -> Iterator[Finding]:
        """What is found in a unit by those who see the facts of a view."""
