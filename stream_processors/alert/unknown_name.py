"""UNKNOWN_NAME: a name of a substance that the reference data does not know, each normalised name once."""

from collections.abc import Iterable, Iterator

from schemas.policies import COMMUNITY_CLASS
from stream_processors.alert.book import Book, Entry, Filing, Key, View
from stream_processors.alert.detector import Unit
from stream_processors.alert.facts import Fact
from stream_processors.alert.finding import (
    Finding,
    Reason,
    Subject,
    countries_of,
    level,
    listed,
    short,
    strictest,
)
from stream_processors.alert.history import admitted_part

_MEDIUM, _HIGH = 4, 16


class UnknownName:
    """A unit is a normalised name."""

    name = "name"

    def filings(self, fact: Fact) -> Iterator[Filing | Entry]:
        """See `Detector.filings`."""
        if not fact.late:
            yield from (Filing(_key(name), admitted_part(fact)) for name in _names(fact))

    def units(self, book: Book, fact: Fact) -> Iterator[Unit]:  # noqa: ARG002  # of a detector
        """See `Detector.units`."""
        if not fact.late:
            yield from ((self.name, name) for name in _names(fact))

    def changed(self, book: Book, fact: Fact) -> None:
        """See `Detector.changed`."""

    def classes(self, book: Book, unit: Unit) -> Iterable[int]:
        """See `Detector.classes`."""
        return set(book.classes(_key(unit[1]))) - {COMMUNITY_CLASS}

    def findings(self, unit: Unit, view: View) -> Iterator[Finding]:
        """See `Detector.findings`."""
        key = _key(unit[1])
        count = view.count(key)
        if not count:
            return
        reached = level(count)
        facts = view.head(key, reached)
        text = short(next(item.text for item in facts[0].items if item.name == unit[1]))
        many = "" if reached == 1 else f", by now in {reached} reports or more"
        yield Finding(
            kind="UNKNOWN_NAME",
            named=(unit[1],),
            severity="HIGH" if reached >= _HIGH else "MEDIUM" if reached >= _MEDIUM else "LOW",
            title=f"A name that nobody knows: {text}",
            subject=Subject(substance_text=text, countries=countries_of(facts)),
            reasons=(Reason("substance", f"the reference data has no such name{many}", str(reached)),),
            incidents=listed(facts),
            label=strictest(facts),
            raised_ms=facts[0].admitted_ms,
            rests_on=frozenset(class_ for class_ in view.book.classes(key)),
        )


def _names(fact: Fact) -> list[str]:
    return list(dict.fromkeys(item.name for item in fact.items if item.name))


def _key(name: str) -> Key:
    return "name", name
