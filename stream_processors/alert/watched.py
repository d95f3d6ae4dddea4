"""WATCHED: incidents that meet something watched. Each is told, up to as many as are listed; a quarter is one alert."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache

from schemas.policies import COMMUNITY_CLASS
from schemas.watch import WatchKind
from stream_processors.alert.book import Book, Entry, Filing, Key, View
from stream_processors.alert.detector import Unit
from stream_processors.alert.facts import DAY_MS, Fact
from stream_processors.alert.finding import (
    MOST_LISTED,
    Finding,
    Reason,
    Subject,
    classes_of,
    countries_of,
    level,
    listed,
    short,
    strictest,
)
from stream_processors.alert.watching import Watching


class Watched:
    """A unit is a watch and a quarter of a year."""

    name = "watch"

    def filings(self, fact: Fact) -> Iterator[Filing | Entry]:
        """See `Detector.filings`."""
        if not fact.late:
            quarter = _quarter(fact.admitted_ms // DAY_MS)
            yield from (Filing(_key(each), quarter) for each in fact.tokens)

    def units(self, book: Book, fact: Fact) -> Iterator[Unit]:
        """See `Detector.units`."""
        if not fact.late:
            quarter = str(_quarter(fact.admitted_ms // DAY_MS))
            for token in fact.tokens:
                yield from ((self.name, watch_id, quarter) for watch_id in sorted(book.watched.of(token)))

    def units_of(self, book: Book, watching: Watching) -> Iterator[Unit]:
        """What a watch may change."""
        for token in watching.tokens:
            for class_ in book.classes(_key(token)):
                for quarter in sorted(book.parts(_key(token), class_)):
                    yield self.name, watching.watch.watch_id, str(quarter)

    def changed(self, book: Book, fact: Fact) -> None:
        """See `Detector.changed`."""

    def classes(self, book: Book, unit: Unit) -> Iterable[int]:
        """See `Detector.classes`."""
        watching = book.watches.get(unit[1])
        tokens = watching.tokens if watching else ()
        return {class_ for token in tokens for class_ in book.classes(_key(token))} - {COMMUNITY_CLASS}

    def findings(self, unit: Unit, view: View) -> Iterator[Finding]:
        """See `Detector.findings`."""
        watching = view.book.watches.get(unit[1])
        if watching is None:
            return
        until = watching.until_ms
        met = {
            fact
            for token in watching.tokens
            for fact in view.part(_key(token), int(unit[2]))
            if fact.admitted_ms >= watching.since_ms and (until is None or fact.admitted_ms < until)
        }
        if met:
            yield _finding(watching, int(unit[2]), sorted(met))


def _finding(watching: Watching, quarter: int, met: list[Fact]) -> Finding:
    watch = watching.watch
    count = len(met) if len(met) <= MOST_LISTED else level(len(met), MOST_LISTED)
    facts = met[:count]
    what = f"{watch.kind.value.lower()} {short(watch.value)}"
    more = " or more" if count > MOST_LISTED or len(met) > count else ""
    departure, destination = watch.route or (None, None)
    return Finding(
        kind="WATCHED",
        named=(watch.watch_id, quarter_name(quarter)),
        severity="HIGH",
        title=f"Met again: {what}",
        subject=Subject(
            substance_id=watch.value if watch.kind is WatchKind.SUBSTANCE else None,
            countries=countries_of(facts[:MOST_LISTED]),
            departure=departure,
            destination=destination,
        ),
        reasons=(
            Reason(
                watch.kind.value.lower(),
                f"{what} is watched by {watch.agency_id}: {short(watch.reason)}; met by {count} incidents{more} in "
                f"{quarter_name(quarter)}",
                str(count),
            ),
        ),
        incidents=listed(facts),
        label=strictest(facts),
        raised_ms=facts[0].admitted_ms,
        classes=() if watch.policy_class == COMMUNITY_CLASS else (watch.policy_class,),
        every=True,
        rests_on=classes_of(facts),
    )


def _key(token: str) -> Key:
    return "token", token


@lru_cache(maxsize=65_536)
def _quarter(day: int) -> int:
    found = datetime.fromtimestamp(day * DAY_MS / 1000, UTC)
    return found.year * 4 + (found.month - 1) // 3


def quarter_name(quarter: int) -> str:
    """A quarter as 2016-Q1."""
    return f"{quarter // 4:04d}-Q{quarter % 4 + 1}"
