"""FIRST_SEEN: a substance for the first time at all, in a region, or in a country; of one story the widest alone."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from stream_processors.alert.book import Book, Entry, Filing, Key, View
from stream_processors.alert.detector import Unit
from stream_processors.alert.facts import UNKNOWN, Fact
from stream_processors.alert.finding import (
    Finding,
    Reason,
    Subject,
    classes_of,
    countries_of,
    item_named,
    listed,
    short,
    strictest,
)
from stream_processors.alert.history import (
    WORLD,
    First,
    admitted_part,
    classes_in,
    first,
    first_filings,
    forget_history,
    has_history,
    makes_history,
    may_be_first,
    scopes,
)
from stream_processors.alert.regions import region_name, region_of

_EPOCH = date(1970, 1, 1)


class FirstSeen:
    """A unit is a substance."""

    name = "first"

    def filings(self, fact: Fact) -> Iterator[Filing | Entry]:
        """See `Detector.filings`."""
        for scope in scopes(fact.country):
            yield Filing(("in", scope), admitted_part(fact))
        for substance in _substances(fact):
            yield from first_filings(_key(substance, fact.country), fact)
            yield Entry(("countries", substance), fact.country)
            for scope in scopes(fact.country):
                yield Entry(("substances", scope), substance)

    def units(self, book: Book, fact: Fact) -> Iterator[Unit]:
        """See `Detector.units`."""
        for substance in _substances(fact):
            if may_be_first(book, _key(substance, fact.country), fact):
                yield self.name, substance
        for scope in scopes(fact.country):
            if makes_history(book, ("in", scope), fact):
                yield from ((self.name, substance) for substance in book.index(("substances", scope)))

    def changed(self, book: Book, fact: Fact) -> None:
        """See `Detector.changed`."""
        for scope in scopes(fact.country):
            forget_history(book, ("in", scope), fact)

    def classes(self, book: Book, unit: Unit) -> Iterable[int]:
        """See `Detector.classes`."""
        return classes_in(book, [_key(unit[1], country) for country in book.index(("countries", unit[1]))])

    def findings(self, unit: Unit, view: View) -> Iterator[Finding]:
        """See `Detector.findings`."""
        substance = unit[1]
        by_scope: dict[str, list[Key]] = {}
        for country in view.book.index(("countries", substance)):
            for scope in scopes(country):
                by_scope.setdefault(scope, []).append(_key(substance, country))
        told: dict[str, Fact] = {}
        for scope in sorted(by_scope, key=lambda scope: (scope != WORLD, not scope.isdigit(), scope)):
            found = first(view, by_scope[scope])
            if found is None or not found.holds or not has_history(view, ("in", scope), found.told):
                continue
            told[scope] = found.told
            wider = [scope_ for scope_ in scopes(found.told.country) if scope_ != scope]
            if not any(told.get(scope_) == found.told for scope_ in wider[: _width(scope)]):
                yield _finding(substance, scope, found)


def _width(scope: str) -> int:
    """How many scopes are wider."""
    return 0 if scope == WORLD else 1 if scope.isdigit() else 2


def _substances(fact: Fact) -> list[str]:
    return [item.substance_id for item in fact.items if item.substance_id]


def _key(substance: str, country: str) -> Key:
    return "first", substance, country


def _finding(substance: str, scope: str, found: First) -> Finding:
    item = item_named(found.told, substance)
    where = "anywhere" if scope == WORLD else f"in {region_name(scope)}" if scope.isdigit() else f"in {scope}"
    facts = found.facts
    day = min(fact.first_day for fact in facts)
    words = f"{short(item.text)} had not been reported {where} before; it happened on {_day(day)}"
    if found.told.country != UNKNOWN:
        words += f" in {found.told.country}"
    return Finding(
        kind="FIRST_SEEN",
        named=(substance, scope),
        severity="HIGH" if scope == WORLD else "MEDIUM" if scope.isdigit() else "LOW",
        title=f"First seen {where}: {short(item.text)}",
        subject=Subject(
            substance_id=substance,
            substance_class=item.substance_class or None,
            countries=countries_of(facts),
            region=scope if scope.isdigit() else region_of(found.told.country),
        ),
        reasons=(Reason("substance", words),),
        incidents=listed(facts),
        label=strictest(facts),
        raised_ms=found.told.admitted_ms,
        rests_on=classes_of(facts),
    )


def _day(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()
