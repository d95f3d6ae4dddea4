"""Whether enough is known of a scope to call something in it new, and what was first.

A country that begins to report would else raise an alert for each thing that it ever reports.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.policies import COMMUNITY_CLASS
from stream_processors.alert.book import DAY, Book, Filing, Key, View, by_day, order_in
from stream_processors.alert.facts import DAY_MS, UNKNOWN, Fact
from stream_processors.alert.regions import region_of

WORLD, REGION, ELSE = "world", "region", "else"
ENOUGH_INCIDENTS = {WORLD: 1_000, REGION: 200, ELSE: 20}
ENOUGH_DAYS = 180
"""A scope has a history once it has so many incidents, and so many days since the first of them."""
_MEMO = "history"
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
    found = _beginning(view, scope)
    return found is not None and fact > found[1] and fact.admitted_ms >= found[0].admitted_ms + ENOUGH_DAYS * DAY_MS


def makes_history(book: Book, scope: Key, fact: Fact) -> bool:
    """Whether since when a scope has a history may change as a fact comes or goes."""
    found = _beginning(View(book, fact.policy_class), scope)
    if found is not None:  # who sees more has enough at an earlier one
        return fact <= found[1]
    return any(View(book, class_).count(scope) >= _enough(scope) - 1 for class_ in _seen_by(book, scope, fact))


def forget_history(book: Book, scope: Key, fact: Fact) -> None:
    """Work out anew since when a scope has a history, where a fact may have changed that."""
    for class_ in _seen_by(book, scope, fact):
        found = book.memo.get((_MEMO, scope, class_))
        gone = not book.parts(scope, class_)  # and so nobody will tell of this class what changes next
        if found is not None and (gone or fact <= found[1]):
            book.memo.put((_MEMO, scope, class_), None)


def _seen_by(book: Book, scope: Key, fact: Fact) -> Iterable[int]:
    """The classes whose view of a scope a fact is in."""
    return {COMMUNITY_CLASS, *book.classes(scope)} if fact.policy_class == COMMUNITY_CLASS else (fact.policy_class,)


def _enough(scope: Key) -> int:
    of = scope[1] if scope[1] == WORLD else REGION if scope[1].isdigit() else ELSE
    return ENOUGH_INCIDENTS[of]


def _beginning(view: View, scope: Key) -> tuple[Fact, Fact] | None:
    """The first incident of a scope and the one with which there are enough; None while there are not."""
    enough = _enough(scope)
    if view.count(scope) < enough:
        return None
    memo = _MEMO, scope, view.class_ if view.book.parts(scope, view.class_) else COMMUNITY_CLASS
    found: tuple[Fact, Fact] | None = view.book.memo.get(memo)
    if found is None:
        head = view.head(scope, enough)
        found = head[0], head[-1]
        view.book.memo.put(memo, found)
    return found


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


def may_be_first(book: Book, key: Key, fact: Fact) -> bool:
    """Whether a fact is, or would be, the first under a key in one of the two ways."""
    view = View(book, fact.policy_class)
    for each in (key, (DAY, *key)):
        head, order = view.first(each), order_in(each)
        if (each == key and fact.late) or (head is not None and order(fact) > order(head)):
            continue
        return True
    return False


def classes_in(book: Book, keys: list[Key]) -> set[int]:
    """The classes that have facts under some keys, but the community's."""
    return {class_ for key in keys for class_ in book.classes((DAY, *key))} - {COMMUNITY_CLASS}
