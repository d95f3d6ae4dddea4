"""Which incidents carry a key: sorted runs of (key, row), merged as they grow, as in a log-structured merge tree.

Looking up costs a binary search a run, and there are about log2 of the number of batches. 12 bytes an entry.
"""

import numpy as np
import numpy.typing as npt

KeyArray = npt.NDArray[np.uint64]
RowArray = npt.NDArray[np.uint32]


class KeyIndex:
    """Entries of keys and rows. Entries of dead rows stay until their run is merged."""

    def __init__(self) -> None:
        self._runs: list[tuple[KeyArray, RowArray]] = []

    def add(self, keys: KeyArray, rows: RowArray, alive: npt.NDArray[np.bool_]) -> None:
        """Add entries.

        Args:
            keys: in any order.
            rows: of each key.
            alive: by row, for all rows: entries of dead ones are dropped from the runs that are merged.
        """
        if not len(keys):
            return
        order = np.argsort(keys, kind="stable")
        run = keys[order], rows[order]
        while self._runs and len(self._runs[-1][0]) <= 2 * len(run[0]):
            run = _merged(self._runs.pop(), run, alive)
        self._runs.append(run)

    def find(self, keys: KeyArray) -> tuple[npt.NDArray[np.int64], RowArray]:
        """Indexes into the keys asked for, and a row that carries each; dead rows may be among them."""
        order = np.argsort(keys)  # keys that are looked up in their order meet memory that was just read
        wanted = keys[order]
        asked, found = [], []
        for run_keys, run_rows in self._runs:
            if not len(run_keys):
                continue  # all that was in it is dead
            first = np.searchsorted(run_keys, wanted, "left")
            held = np.flatnonzero(run_keys[np.minimum(first, len(run_keys) - 1)] == wanted)
            if len(held):
                first = first[held]
                counts = np.searchsorted(run_keys, wanted[held], "right") - first
                asked.append(np.repeat(order[held], counts))
                found.append(run_rows[spread(first, counts, int(counts.sum()))])
        if not asked:
            return np.empty(0, np.int64), np.empty(0, np.uint32)
        return np.concatenate(asked), np.concatenate(found)

    @property
    def runs(self) -> int:
        """How many runs a look-up searches."""
        return len(self._runs)

    def distinct(self) -> int:
        """How many keys there are."""
        return len(np.unique(np.concatenate([keys for keys, _ in self._runs]))) if self._runs else 0

    @property
    def entries(self) -> int:
        """How many there are, those of dead rows included that were not dropped yet."""
        return sum(len(keys) for keys, _ in self._runs)


def spread(first: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], total: int) -> npt.NDArray[np.int64]:
    """The whole numbers of each range ``first, first + 1, … first + count - 1``, one range after the other."""
    ends = np.cumsum(counts)
    return np.arange(total) - np.repeat(ends - counts, counts) + np.repeat(first, counts)


def _merged(
    old: tuple[KeyArray, RowArray], new: tuple[KeyArray, RowArray], alive: npt.NDArray[np.bool_]
) -> tuple[KeyArray, RowArray]:
    keys, rows = np.concatenate([old[0], new[0]]), np.concatenate([old[1], new[1]])
    kept = alive[rows]
    if not kept.all():
        keys, rows = keys[kept], rows[kept]
    order = np.argsort(keys, kind="stable")
    return keys[order], rows[order]
