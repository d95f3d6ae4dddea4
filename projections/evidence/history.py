"""The directory as it stood at any position: folded once, each entry kept with the positions from which it stood."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

from schemas.directory import Agency, AgencyKey, Directory
from schemas.reading import Record

Entry = TypeVar("Entry")

_KEPT = 256


class _Timeline(Generic[Entry]):
    """Entries by id, each with the positions at which it changed; None from where it was removed."""

    def __init__(self) -> None:
        self._now: dict[str, Entry] = {}
        self._changes: dict[str, tuple[list[int], list[Entry | None]]] = defaultdict(lambda: ([], []))

    def take(self, position: int, entries: Mapping[str, Entry]) -> None:
        """Note what has changed; the directory makes a new entry for each change, so identity tells."""
        for id_ in self._now.keys() | entries.keys():
            entry = entries.get(id_)
            if entry is not self._now.get(id_):
                positions, found = self._changes[id_]
                positions.append(position)
                found.append(entry)
        self._now = dict(entries)

    def at(self, position: int) -> dict[str, Entry]:
        """What stood at a position."""
        standing: dict[str, Entry] = {}
        for id_, (positions, entries) in self._changes.items():
            index = bisect_right(positions, position) - 1
            entry = entries[index] if index >= 0 else None
            if entry is not None:
                standing[id_] = entry
        return standing


class DirectoryHistory:
    """All states of a directory.

    Attributes:
        next_offset: the position after the last record.
        founders: ids of the keys that the genesis names; they vouch for everything else.
    """

    def __init__(self, deployment: str, records: Sequence[Record]) -> None:
        self._deployment = deployment
        self._agencies, self._keys = _Timeline[Agency](), _Timeline[AgencyKey]()
        directory = Directory(deployment)
        self.founders: tuple[str, ...] = ()
        for record in records:
            directory.fold([record])
            self._agencies.take(directory.next_offset, directory.agencies)
            self._keys.take(directory.next_offset, directory.keys)
            self.founders = self.founders or tuple(sorted(directory.administrators))
        self.next_offset = directory.next_offset
        self.at = lru_cache(_KEPT)(self._at)
        """The agencies and keys after the records before a position, as a directory; not to be changed."""

    def _at(self, position: int) -> Directory:
        agencies, keys = self._agencies.at(position), self._keys.at(position)
        return Directory(self._deployment, position, agencies=agencies, keys=keys)
