"""NEW_ROUTE: a way from one country to another that nobody reported before, or that a class of substances is new on.

Of a pair of countries that is new the classes are no news of their own.
"""

from collections.abc import Iterable, Iterator

from stream_processors.alert.book import Book, Entry, Filing, Key, View
from stream_processors.alert.detector import Unit
from stream_processors.alert.facts import UNKNOWN, Fact
from stream_processors.alert.finding import Finding, Reason, Subject, classes_of, countries_of, listed, strictest
from stream_processors.alert.history import (
    First,
    admitted_part,
    classes_in,
    first,
    first_filings,
    forget_history,
    has_history,
    makes_history,
    may_be_first,
)

ANY = "any"
"""In place of a class: the pair of countries itself."""


class NewRoute:
    """A unit is a pair of countries."""

    name = "route"

    def filings(self, fact: Fact) -> Iterator[Filing | Entry]:
        """See `Detector.filings`."""
        if not _has_route(fact):
            return
        yield Filing(_into(fact), admitted_part(fact))
        yield Filing(_along(fact), admitted_part(fact))
        yield Entry(("departures", fact.destination), fact.departure)
        for class_ in (ANY, *_classes(fact)):
            yield from first_filings(_key(fact.departure, fact.destination, class_), fact)
            yield Entry(("on", fact.departure, fact.destination), class_)

    def units(self, book: Book, fact: Fact) -> Iterator[Unit]:
        """See `Detector.units`."""
        if not _has_route(fact):
            return
        keys = [_key(fact.departure, fact.destination, class_) for class_ in (ANY, *_classes(fact))]
        if makes_history(book, _along(fact), fact) or any(may_be_first(book, key, fact) for key in keys):
            yield self.name, fact.departure, fact.destination
        if makes_history(book, _into(fact), fact):
            for departure in book.index(("departures", fact.destination)):
                yield self.name, departure, fact.destination

    def changed(self, book: Book, fact: Fact) -> None:
        """See `Detector.changed`."""
        if _has_route(fact):
            forget_history(book, _along(fact), fact)
            forget_history(book, _into(fact), fact)

    def classes(self, book: Book, unit: Unit) -> Iterable[int]:
        """See `Detector.classes`."""
        return classes_in(book, [_key(unit[1], unit[2], ANY)])

    def findings(self, unit: Unit, view: View) -> Iterator[Finding]:
        """See `Detector.findings`."""
        departure, destination = unit[1:]
        pair = first(view, [_key(departure, destination, ANY)])
        if pair is not None and pair.holds and has_history(view, ("into", destination), pair.told):
            yield _finding(departure, destination, ANY, pair)
        for class_ in view.book.index(("on", departure, destination)):
            found = None if class_ == ANY else first(view, [_key(departure, destination, class_)])
            if found is not None and found.holds and has_history(view, ("along", departure, destination), found.told):
                yield _finding(departure, destination, class_, found)


def _has_route(fact: Fact) -> bool:
    return UNKNOWN not in (fact.departure, fact.destination) and fact.departure != fact.destination


def _classes(fact: Fact) -> list[str]:
    return list(dict.fromkeys(item.substance_class for item in fact.items if item.substance_class))


def _along(fact: Fact) -> Key:
    return "along", fact.departure, fact.destination


def _into(fact: Fact) -> Key:
    return "into", fact.destination


def _key(departure: str, destination: str, class_: str) -> Key:
    return "route", departure, destination, class_


def _finding(departure: str, destination: str, class_: str, found: First) -> Finding:
    facts = found.facts
    of = "" if class_ == ANY else f" for {class_}"
    return Finding(
        kind="NEW_ROUTE",
        named=(departure, destination, class_),
        severity="MEDIUM" if class_ == ANY else "LOW",
        title=f"New route{of}: {departure} to {destination}",
        subject=Subject(
            substance_class=None if class_ == ANY else class_,
            countries=countries_of(facts),
            departure=departure,
            destination=destination,
        ),
        reasons=(Reason("route", f"nothing{of} had been reported from {departure} to {destination} before"),),
        incidents=listed(facts),
        label=strictest(facts),
        raised_ms=found.told.admitted_ms,
        rests_on=classes_of(facts),
    )
