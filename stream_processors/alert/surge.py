"""SURGE: more incidents of a class of substances in a country and month than its own past makes likely.

A cell is a country, a class and a calendar month: a third of the reports tell the month and no day. It is judged as it
fills, and so a strong surge is told within days. Its past are the WINDOW months before the GUARD months before it, of
which those in which the country reported nothing at all say nothing. Months that surge one after another are one
episode, which is one alert.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

from schemas.policies import COMMUNITY_CLASS
from stream_processors.alert.baseline import LEAST, Expected, expected
from stream_processors.alert.book import Book, Entry, Filing, Key, View
from stream_processors.alert.detector import Unit
from stream_processors.alert.facts import DAY_MS, LATE_DAYS, UNKNOWN, Fact
from stream_processors.alert.finding import (
    Finding,
    Reason,
    Subject,
    classes_of,
    level,
    listed,
    strictest,
)

WINDOW, GUARD = 24, 1
"""Months of the past that are looked at, and months before the cell that are not: a surge begins before it is seen."""
LEAST_MONTHS = 6
"""With fewer months of its past a cell is not judged."""
_LONGEST_DAYS = 31
_MOST_MONTHS_BETWEEN = 2
_MONTHS_TOLD = 6


class Cell(NamedTuple):
    """A month that surges.

    Attributes:
        facts: those by which it was one.
        reached: its count, as far as it is told.
        mean: what was to be expected.
        label: index of the strictest label of all that was counted.
        classes: of the incidents counted in it.
    """

    facts: tuple[Fact, ...]
    reached: int
    least: int
    mean: float
    label: int
    classes: frozenset[int]


class Past(NamedTuple):
    """What the past of a cell says of it.

    Attributes:
        mean: what is to be expected.
        least: the smallest count that is a surge.
        months: those in which the class was reported.
    """

    mean: float
    least: int
    months: tuple[int, ...]


_TOO_SHORT = Past(0.0, 1 << 62, ())
_NOT_YET = Cell((), 0, 0, 0.0, 0, frozenset())
"""In place of a cell that is to be judged anew."""
_Memo = dict[int, tuple[Past | None, Cell | None]]
"""Month → its past, unless nobody has looked at that, and what it is."""


class Surge:
    """A unit is a country and a class of substances.

    Args:
        expect: what counts of the past make likely.
    """

    name = "surge"

    def __init__(self, expect: Callable[[tuple[int, ...]], Expected] = expected) -> None:
        self._expect = expect

    def filings(self, fact: Fact) -> Iterator[Filing | Entry]:
        """See `Detector.filings`."""
        if not _is_counted(fact):
            return
        month = month_of(fact.first_day)
        for class_ in {UNKNOWN, *_substance_classes(fact)}:
            yield Filing(_key(fact.country, class_), month)
        for class_ in _substance_classes(fact):
            yield Entry(("classes", fact.country), class_)

    def units(self, book: Book, fact: Fact) -> Iterator[Unit]:
        """See `Detector.units`."""
        if not _is_counted(fact):
            return
        classes: Iterable[str] = _substance_classes(fact)
        if self._opens_month(book, fact):
            classes = {*classes, *book.index(("classes", fact.country))}
        yield from ((self.name, fact.country, class_) for class_ in sorted(classes))

    def changed(self, book: Book, fact: Fact) -> None:
        """See `Detector.changed`."""
        if not _is_counted(fact):
            return
        country, seen_by = fact.country, {fact.policy_class}
        if fact.policy_class == COMMUNITY_CLASS:
            seen_by |= {*book.classes(_key(country, UNKNOWN))}
        elif not book.parts(_key(country, UNKNOWN), fact.policy_class):  # nobody will tell of it what changes next
            for class_ in {*book.index(("classes", country)), *_substance_classes(fact)}:
                book.memo.put((self.name, country, class_, fact.policy_class), None)
        classes: Iterable[str] = _substance_classes(fact)
        if self._opens_month(book, fact):
            classes = {*classes, *book.index(("classes", country))}
        month = month_of(fact.first_day)
        later = range(month + GUARD + 1, month + GUARD + WINDOW + 1)
        for class_ in classes:
            for policy_class in seen_by:
                memo = self.name, country, class_, policy_class
                known: _Memo | None = book.memo.get(memo)
                if known is not None and any(each == month or each in later for each in known):
                    kept = {each: found for each, found in known.items() if each not in later}
                    if month in kept:
                        kept[month] = kept[month][0], _NOT_YET
                    book.memo.put(memo, kept)

    def _opens_month(self, book: Book, fact: Fact) -> bool:
        """Whether the country may report nothing in that month but for this."""
        return View(book, fact.policy_class).size(_key(fact.country, UNKNOWN), month_of(fact.first_day)) <= 1

    def classes(self, book: Book, unit: Unit) -> Iterable[int]:
        """See `Detector.classes`."""
        return set(book.classes(_key(*unit[1:]))) - {COMMUNITY_CLASS}

    def findings(self, unit: Unit, view: View) -> Iterator[Finding]:
        """See `Detector.findings`."""
        country, class_ = unit[1:]
        key, episode = _key(country, class_), list[tuple[int, Cell]]()
        for month in view.large(key, LEAST):
            cell = self._cell(view, country, class_, month)
            if cell is None:
                continue
            if episode and month - episode[-1][0] > _MOST_MONTHS_BETWEEN:
                yield _finding(country, class_, episode)
                episode = []
            episode.append((month, cell))
        if episode:
            yield _finding(country, class_, episode)

    def _cell(self, view: View, country: str, class_: str, month: int) -> Cell | None:
        memo = self.name, country, class_, view.class_
        known: _Memo = view.book.memo.get(memo) or {}
        past, cell = known.get(month, (None, _NOT_YET))
        if cell is _NOT_YET:
            early = view.until(_key(country, class_), month, _all_late_ms(month))
            timely = [fact for fact in early if not fact.late]
            if timely and past is None:  # what is imported of history is late: its past is asked of nobody
                past = self._past(view, country, class_, month)
            cell = None if past is None else _judged(view, _key(country, class_), timely, past)
            view.book.memo.put(memo, {**known, month: (past, cell)})
        return cell

    def _past(self, view: View, country: str, class_: str, month: int) -> Past:
        months = range(month - GUARD - WINDOW, month - GUARD)
        reported = view.sizes(_key(country, UNKNOWN), months)
        if sum(map(bool, reported)) < LEAST_MONTHS:
            return _TOO_SHORT
        counts = view.sizes(_key(country, class_), months)
        mean, least = self._expect(tuple(compress(counts, reported)))
        return Past(mean, least, tuple(compress(months, counts)))


def _judged(view: View, key: Key, timely: list[Fact], past: Past) -> Cell | None:
    if len(timely) < past.least:
        return None
    reached, before = level(len(timely), past.least), (strictest(view.part(key, each)) for each in past.months)
    return Cell(
        tuple(timely[: past.least]),
        reached,
        past.least,
        past.mean,
        max([strictest(timely[:reached]), *before]),
        classes_of(timely[:reached]),
    )


def _finding(country: str, class_: str, episode: list[tuple[int, Cell]]) -> Finding:
    (first, start), (last, _) = episode[0], episode[-1]
    strongest = max(cell.reached // cell.least for _, cell in episode)
    when = month_name(first) + (f" to {month_name(last)}" if last > first else "")
    reasons = [
        Reason(
            "count",
            f"{cell.reached} incidents or more in {month_name(month)}, where {cell.mean:.1f} were to be expected",
            str(cell.reached),
            f"{cell.mean:.1f}",
        )
        for month, cell in sorted(episode, key=lambda each: (-(each[1].reached / each[1].mean), each[0]))
    ]
    return Finding(
        kind="SURGE",
        named=(country, class_, month_name(first)),
        severity="HIGH" if strongest > 1 else "MEDIUM",
        title=f"Surge of {class_} in {country}, {when}",
        subject=Subject(substance_class=class_, countries=(country,), period=month_name(first)),
        reasons=tuple(reasons[:_MONTHS_TOLD]),
        incidents=listed(start.facts),
        label=max(cell.label for _, cell in episode),
        raised_ms=start.facts[-1].admitted_ms,
        rests_on=frozenset().union(*(cell.classes for _, cell in episode)),
    )


def _is_counted(fact: Fact) -> bool:
    return fact.country != UNKNOWN and fact.last_day - fact.first_day < _LONGEST_DAYS


def _substance_classes(fact: Fact) -> list[str]:
    return list(dict.fromkeys(item.substance_class for item in fact.items if item.substance_class))


def _key(country: str, class_: str) -> Key:
    return "cell", country, class_


@lru_cache(maxsize=65_536)
def month_of(day: int) -> int:
    """Number of the month of a day, counted since the year 0."""
    found = date(1970, 1, 1) + timedelta(days=day)
    return found.year * 12 + found.month - 1


@lru_cache(maxsize=65_536)
def _all_late_ms(month: int) -> int:
    """When whatever is admitted of a month has come too late, in milliseconds."""
    following = date((month + 1) // 12, (month + 1) % 12 + 1, 1) - date(1970, 1, 1)
    return (following.days + _LONGEST_DAYS + LATE_DAYS) * DAY_MS


def month_name(month: int) -> str:
    """A month as 2016-03."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"
