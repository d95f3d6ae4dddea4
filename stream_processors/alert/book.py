"""Where facts are filed: lists in order under keys, apart by class of policy; with changes beside them.

A batch is worked out on drafts, which are then taken over or thrown away. A file is cut into parts (months, values), of
which only those that change are copied.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from schemas.policies import COMMUNITY_CLASS
from schemas.special_alert import SpecialAlert
from stream_processors.alert.facts import Fact
from stream_processors.alert.watching import Watching
from stream_processors.match.cases.drafts import DraftMap, DraftSets

Key = tuple[str, ...]
"""Of a file; of one whose name begins with DAY the first that happened is the first, else the first admitted."""
DAY = "day"
Parts = dict[int, list[Fact]]
Files = dict[Key, dict[int, Parts]]
"""Key → class of policy → number of a part → facts in order."""


class Filing(NamedTuple):
    """That a fact stands in a part of a file."""

    key: Key
    part: int


class Entry(NamedTuple):
    """That something occurs: ``value`` under ``key`` of the indexes, as often as facts say so."""

    key: Key
    value: str


def by_day(fact: Fact) -> tuple[int, int, str]:
    """The order in which facts happened, as far as it is certain."""
    return fact.last_day, fact.admitted_ms, fact.incident_id


def by_admission(fact: Fact) -> tuple[int, int, str]:
    """The order in which facts were admitted."""
    return 0, fact.admitted_ms, fact.incident_id


def order_in(key: Key) -> Callable[[Fact], tuple[int, int, str]]:
    """The order of the facts in a file."""
    return by_day if key[0] == DAY else by_admission


class Known(NamedTuple):
    """An incident as far as its revisions tell.

    Attributes:
        revision: the highest.
        fact: what it adds; None where it is withdrawn.
        admitted: class of policy → when a revision of it was first admitted, in milliseconds.
    """

    revision: int
    fact: Fact | None
    admitted: dict[int, int]


@dataclass
class Kept:
    """All committed facts: incidents, watches and special alerts by their ids, and where incidents are filed.

    Attributes:
        policies: class of policy → owner and audience.
        watched: token → the watches that it meets.
        memo: what detectors worked out of the files.
    """

    files: Files = field(default_factory=dict)
    indexes: dict[Key, dict[str, int]] = field(default_factory=dict)
    incidents: dict[str, Known] = field(default_factory=dict)
    watches: dict[str, Watching] = field(default_factory=dict)
    specials: dict[str, SpecialAlert] = field(default_factory=dict)
    policies: dict[int, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    watched: dict[str, set[str]] = field(default_factory=dict)
    memo: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def load(self, filings: Iterable[tuple[Fact, Iterable[Filing | Entry]]]) -> None:
        """File facts into an empty book."""
        by_class: dict[int, dict[Filing | Entry, list[Fact]]] = {}
        for fact, places in filings:
            mine = by_class.setdefault(fact.policy_class, defaultdict(list))
            for place in places:
                mine[place].append(fact)
        for class_, filed in by_class.items():
            for place, facts in filed.items():
                if isinstance(place, Filing):
                    facts.sort(key=order_in(place.key) if place.key[0] == DAY else None)
                    self.files.setdefault(place.key, {}).setdefault(class_, {})[place.part] = facts
                else:
                    counts = self.indexes.setdefault(place.key, {})
                    counts[place.value] = counts.get(place.value, 0) + len(facts)


class Book:
    """All committed facts and some that are not; `commit` takes these over."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.incidents, self.watches = DraftMap(kept.incidents), DraftMap(kept.watches)
        self.specials, self.policies = DraftMap(kept.specials), DraftMap(kept.policies)
        self.watched, self.memo = DraftSets(kept.watched), DraftMap(kept.memo)
        self._files: Files = {}
        self._indexes: dict[Key, dict[str, int]] = {}
        self._own: set[tuple[Any, ...]] = set()

    def add(self, fact: Fact, places: Iterable[Filing | Entry]) -> None:
        """File a fact."""
        for place in places:
            if isinstance(place, Filing):
                facts = self._writable(place, fact.policy_class)
                insort(facts, fact, key=order_in(place.key))
            else:
                counts = self._counts(place.key)
                counts[place.value] = counts.get(place.value, 0) + 1

    def remove(self, fact: Fact, places: Iterable[Filing | Entry]) -> None:
        """Take a fact out again."""
        for place in places:
            if isinstance(place, Filing):
                facts, order = self._writable(place, fact.policy_class), order_in(place.key)
                del facts[bisect_left(facts, order(fact), key=order)]
                if not facts:
                    self._drop(place, fact.policy_class)
            else:
                counts = self._counts(place.key)
                counts[place.value] -= 1
                if not counts[place.value]:
                    del counts[place.value]

    def classes(self, key: Key) -> Iterable[int]:
        """The classes that have facts in a file."""
        return self._file(key)

    def parts(self, key: Key, class_: int) -> Parts:
        """The parts of a file that a class has; not to be changed."""
        return self._file(key).get(class_, _NO_PARTS)

    def index(self, key: Key) -> Iterable[str]:
        """What occurs under an index, in order."""
        found = self._indexes.get(key)
        return sorted(found if found is not None else self._kept.indexes.get(key, ()))

    def commit(self) -> None:
        """Take over what was changed."""
        for key, classes in self._files.items():
            if classes:
                self._kept.files[key] = classes
            else:
                self._kept.files.pop(key, None)
        for index, counts in self._indexes.items():
            if counts:
                self._kept.indexes[index] = counts
            else:
                self._kept.indexes.pop(index, None)
        self._files, self._indexes, self._own = {}, {}, set()
        for table in (self.incidents, self.watches, self.specials, self.policies, self.memo):
            table.commit()
        self.watched.commit()

    def _file(self, key: Key) -> dict[int, Parts]:
        found = self._files.get(key)
        return found if found is not None else self._kept.files.get(key, _NO_FILE)

    def _counts(self, index: Key) -> dict[str, int]:
        if index not in self._indexes:
            self._indexes[index] = dict(self._kept.indexes.get(index, ()))
        return self._indexes[index]

    def _writable(self, place: Filing, class_: int) -> list[Fact]:
        key, part = place
        classes = self._files.get(key)
        if classes is None:
            classes = self._files[key] = dict(self._kept.files.get(key, ()))
        if (key, class_) not in self._own:
            classes[class_] = dict(classes.get(class_, ()))
            self._own.add((key, class_))
        parts = classes[class_]
        if (key, class_, part) not in self._own:
            parts[part] = list(parts.get(part, ()))
            self._own.add((key, class_, part))
        return parts.setdefault(part, [])

    def _drop(self, place: Filing, class_: int) -> None:
        classes = self._files[place.key]
        del classes[class_][place.part]
        self._own.discard((place.key, class_, place.part))
        if not classes[class_]:
            del classes[class_]
            self._own.discard((place.key, class_))


_admitted = attrgetter("admitted_ms")
_NO_PARTS: Parts = {}
_NO_FILE: dict[int, Parts] = {}


class View:
    """What stands in a book for those who see the community's facts and those of one class.

    Args:
        class_: COMMUNITY_CLASS for those who see no others.
    """

    def __init__(self, book: Book, class_: int = COMMUNITY_CLASS) -> None:
        self.book, self.class_ = book, class_
        self._classes = (COMMUNITY_CLASS,) if class_ == COMMUNITY_CLASS else (COMMUNITY_CLASS, class_)

    def parts(self, key: Key) -> list[Parts]:
        """The parts of a file, of each class that has any."""
        return [parts for class_ in self._classes if (parts := self.book.parts(key, class_))]

    def numbers(self, key: Key) -> list[int]:
        """The numbers of the parts of a file, ascending."""
        return sorted(set(chain.from_iterable(self.parts(key))))

    def part(self, key: Key, number: int) -> Sequence[Fact]:
        """The facts in a part, in order."""
        found = [parts[number] for parts in self.parts(key) if number in parts]
        if len(found) < 2:
            return found[0] if found else ()
        return sorted(chain.from_iterable(found), key=order_in(key))

    def until(self, key: Key, number: int, admitted_ms: int) -> Sequence[Fact]:
        """The facts in a part of a file that is in the order of admission, admitted before a time; in that order."""
        found = [parts[number] for parts in self.parts(key) if number in parts]
        early = [facts[: bisect_left(facts, admitted_ms, key=_admitted)] for facts in found]
        return early[0] if len(early) == 1 else sorted(chain.from_iterable(early), key=by_admission)

    def size(self, key: Key, number: int) -> int:
        """How many facts are in a part."""
        return sum(len(parts[number]) for parts in self.parts(key) if number in parts)

    def sizes(self, key: Key, numbers: Iterable[int]) -> list[int]:
        """How many facts are in each of these parts."""
        found = self.parts(key)
        if len(found) == 1:
            return [len(found[0].get(number, ())) for number in numbers]
        return [sum(len(parts.get(number, ())) for parts in found) for number in numbers]

    def large(self, key: Key, least: int) -> list[int]:
        """The numbers of the parts that have so many facts, ascending."""
        found = self.parts(key)
        if len(found) == 1:
            return sorted(number for number, facts in found[0].items() if len(facts) >= least)
        return [number for number in self.numbers(key) if self.size(key, number) >= least]

    def count(self, key: Key) -> int:
        """How many facts are in a file."""
        return sum(len(facts) for parts in self.parts(key) for facts in parts.values())

    def first(self, key: Key) -> Fact | None:
        """The first fact of a file."""
        heads = [parts[min(parts)][0] for parts in self.parts(key)]
        if len(heads) < 2:
            return heads[0] if heads else None
        return min(heads, key=order_in(key))

    def head(self, key: Key, most: int) -> list[Fact]:
        """The first facts of a file, in order."""
        found: list[Fact] = []
        for number in self.numbers(key):
            found += self.part(key, number)
            if len(found) >= most:
                break
        return found[:most]

    def facts(self, key: Key) -> Iterator[Fact]:
        """All facts of a file, in order."""
        for number in self.numbers(key):
            yield from self.part(key, number)
