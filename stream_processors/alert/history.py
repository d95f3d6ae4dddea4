"""Whether enough is known of a scope to call something in it new, and what was first.

A country that begins to report would else raise an alert for each thing that it ever reports.
"""

from collections.abc import Iterator
from typing import NamedTuple

from schemas.policies import COMMUNITY_CLASS
from stream_processors.alert.book import DAY, Book, Filing, Key, View, by_day
from stream_processors.alert.facts import DAY_MS, UNKNOWN, Fact
from stream_processors.alert.regions import region_of

ENOUGH_INCIDENTS = 20
ENOUGH_DAYS = 180
"""A scope has a history once it has so many incidents, and so many days since the first of them."""
WORLD = "world"
_DAYS_A_PART = 30


def admitted_part(fact: Fact) -> int:
    """Number of the part by when a fact was admitted."""
    return fact.admitted_ms // (DAY_MS * _DAYS_A_PART)


def scopes(country: str) -> list[str]:
    """The scopes of a country from the widest: the world, its region, itself."""
    region = region_of(country) if country != UNKNOWN else None
    return [WORLD, *([region] if region else []), *([country] if country != UNKNOWN else [])]


def has_history(view: View, scope: Key, fact: Fact) -> bool:
    """Whether a scope had a history when a fact came."""
    head = view.head(scope, ENOUGH_INCIDENTS)
    if len(head) < ENOUGH_INCIDENTS or fact <= head[-1]:
        return False
    return fact.admitted_ms >= head[0].admitted_ms + ENOUGH_DAYS * DAY_MS


def makes_history(book: Book, scope: Key, fact: Fact) -> bool:
    """Whether since when a scope has a history may change as a fact comes or goes."""
    head = View(book, fact.policy_class).head(scope, ENOUGH_INCIDENTS)
    return len(head) < ENOUGH_INCIDENTS or fact <= head[-1]


def first_filings(key: Key, fact: Fact) -> Iterator[Filing]:
    """Filings by which `first` finds what was first."""
    if not fact.late:
        yield Filing(key, admitted_part(fact))
    yield Filing((DAY, *key), fact.last_day // _DAYS_A_PART)


class First(NamedTuple):
    """The first of something.

    Attributes:
        told: the first admitted of those that are no history.
        earliest: the first that happened, as far as that is certain.
    """

    told: Fact
    earliest: Fact

    @property
    def holds(self) -> bool:
        """Whether it is news: nothing that is history happened before."""
        return not self.earliest.late or self.earliest.last_day >= self.told.first_day

    @property
    def facts(self) -> list[Fact]:
        """What it rests on: an earlier one, where there is, is told as well."""
        return [self.told, *([self.earliest] if self.earliest.last_day < self.told.first_day else [])]


def first(view: View, keys: list[Key]) -> First | None:
    """The first under some keys together; None where all is history."""
    told = [fact for key in keys if (fact := view.first(key)) is not None]
    if not told:
        return None
    earliest = [fact for key in keys if (fact := view.first((DAY, *key))) is not None]
    return First(min(told), min(earliest, key=by_day))


def classes_in(book: Book, keys: list[Key]) -> set[int]:
    """The classes that have facts under some keys, but the community's."""
    return {class_ for key in keys for class_ in book.classes((DAY, *key))} - {COMMUNITY_CLASS}
