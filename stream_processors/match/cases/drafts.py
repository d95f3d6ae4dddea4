"""Tables with changes beside them: a batch is worked out on drafts, which are then taken over or thrown away."""

from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class DraftMap(Generic[K, V]):
    """A dictionary with changes beside it."""

    __slots__ = ("_kept", "_new")

    def __init__(self, kept: dict[K, V]) -> None:
        self._kept, self._new = kept, dict[K, V | None]()

    def get(self, key: K) -> V | None:
        """The value with all changes; None where there is none."""
        return self._new[key] if key in self._new else self._kept.get(key)

    def put(self, key: K, value: V | None) -> None:
        """Change a value; None takes it away."""
        self._new[key] = value

    def commit(self) -> None:
        """Bring the changes into the dictionary."""
        for key, value in self._new.items():
            if value is None:
                self._kept.pop(key, None)
            else:
                self._kept[key] = value
        self._new.clear()


class DraftSets(Generic[K, V]):
    """Sets by key with changes beside them. A set is copied once, when it is changed first."""

    __slots__ = ("_kept", "_new")

    def __init__(self, kept: dict[K, set[V]]) -> None:
        self._kept, self._new = kept, dict[K, set[V]]()

    def of(self, key: K) -> AbstractSet[V]:
        """The set with all changes, not to be changed by the caller."""
        found = self._new.get(key)
        return found if found is not None else self._kept.get(key, frozenset())

    def add(self, key: K, value: V) -> None:
        """Put a value into a set."""
        self._own(key).add(value)

    def discard(self, key: K, value: V) -> None:
        """Take a value out of a set."""
        self._own(key).discard(value)

    def _own(self, key: K) -> set[V]:
        if key not in self._new:
            self._new[key] = set(self._kept.get(key, ()))
        return self._new[key]

    def commit(self) -> None:
        """Bring the changes into the sets; a set that became empty goes."""
        for key, values in self._new.items():
            if values:
                self._kept[key] = values
            else:
                self._kept.pop(key, None)
        self._new.clear()
