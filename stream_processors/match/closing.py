"""Keys that too many incidents carry: they are closed, and support no link until fewer carry them.

Whether a key is closed depends on how many incidents of a scope carry it at their current revisions, so on the set of
events and not on their order, and an incident that is withdrawn leaves no trace. A scope is a class of policy:
restricted incidents are counted by themselves, and never close a key for the community.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from stream_processors.match.keys import KINDS

COMMUNITY = 0


@dataclass(frozen=True)
class Closed:
    """A closed key.

    Attributes:
        kind: index in KINDS.
        text: its parts, for people.
        incidents: distinct current incidents of its scope that carry it.
    """

    kind: int
    text: str
    incidents: int


Scoped = tuple[int, int]
"""Scope and key."""


def by_scope(classes: npt.NDArray[np.int64]) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    """Each scope that occurs, ascending, with the indexes at which it does."""
    order = np.argsort(classes, kind="stable")
    scopes, first = np.unique(classes[order], return_index=True)
    yield from zip(scopes.tolist(), np.split(order, first[1:]), strict=True) if len(classes) else ()


class ClosedKeys:
    """The closed keys of all scopes."""

    def __init__(self) -> None:
        self._closed: dict[Scoped, Closed] = {}
        self._of_scope: dict[int, set[int]] = {}

    def __contains__(self, scoped: Scoped) -> bool:
        return scoped in self._closed

    def __len__(self) -> int:
        return len(self._closed)

    def get(self, scoped: Scoped) -> Closed | None:
        """The closed key, None where it is open."""
        return self._closed.get(scoped)

    def of(self, scope: int) -> AbstractSet[int]:
        """The closed keys of a scope."""
        return self._of_scope.get(scope, frozenset())

    def apply(self, changes: Mapping[Scoped, Closed | None]) -> None:
        """Take in changes; None opens."""
        for scoped, closed in changes.items():
            keys = self._of_scope.setdefault(scoped[0], set())
            if closed is None:
                self._closed.pop(scoped, None)
                keys.discard(scoped[1])
            else:
                self._closed[scoped] = closed
                keys.add(scoped[1])


class Changes:
    """The closed keys as a batch changes them, before it is known to be committed."""

    def __init__(self, closed: ClosedKeys) -> None:
        self._closed = closed
        self.made: dict[Scoped, Closed | None] = {}
        self._opened: dict[int, dict[int, bool]] = {}

    def are_open(self, scope: int, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Whether each key is open in a scope after the changes so far."""
        closed, opened = self._closed.of(scope), self._opened.get(scope)
        if not closed and not opened:
            return np.ones(len(keys), np.bool_)
        told = (key not in closed for key in keys.tolist())
        if opened:
            told = (opened.get(key, key not in closed) for key in keys.tolist())
        return np.fromiter(told, np.bool_, len(keys))

    def _make(self, scoped: Scoped, closed: Closed | None) -> None:
        self.made[scoped] = closed
        self._opened.setdefault(scoped[0], {})[scoped[1]] = closed is None

    def get(self, scoped: Scoped) -> Closed | None:
        """The closed key as it is after the changes so far, None where it is open."""
        return self.made[scoped] if scoped in self.made else self._closed.get(scoped)

    def close(self, scoped: Scoped, closed: Closed) -> None:
        """Close a key that is open."""
        self._make(scoped, closed)

    def count(self, scoped: Scoped, more: int) -> int:
        """Count more incidents, or fewer, of a closed key; how many carry it now."""
        known = self.get(scoped)
        if known is None:
            return 0
        counted = replace(known, incidents=known.incidents + more)
        self._make(scoped, counted)
        return counted.incidents

    def open(self, limits: npt.NDArray[np.int64]) -> list[Scoped]:
        """Open what no longer exceeds the limit of its kind; which keys that were closed before are open now."""
        few = [
            scoped
            for scoped, closed in self.made.items()
            if closed is not None and closed.incidents <= limits[closed.kind]
        ]
        for scoped in few:
            self._make(scoped, None)
        return [scoped for scoped in few if scoped in self._closed]

    def events(self) -> Iterable[dict[str, Any]]:
        """What was closed or opened, as the schema ``match_event`` has it."""
        for (scope, key), now in self.made.items():
            before = self._closed.get((scope, key))
            if (before is None) != (now is None):
                told = now or before
                assert told is not None  # noqa: S101  # one of them is not
                yield {
                    "key": key - (1 << 64) if key >= 1 << 63 else key,
                    "scope": scope,
                    "kind": KINDS[told.kind],
                    "text": told.text,
                    "closed": now is not None,
                    "incidents": told.incidents if now is not None else 0,
                }
