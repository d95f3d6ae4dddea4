"""Pairs of incidents to learn from: at random, at random among those alike, and those that would be compared."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from stream_processors.match.index import KeyIndex, spread
from stream_processors.match.pairing import Rows, pairs_of_new
from stream_processors.match.store import Store

_AT_RANDOM = 1_000_000
_AT_ONCE = 50_000


def at_random(rows: Rows, seed: int) -> tuple[Rows, Rows]:
    """Pairs of different rows, the same for the same seed."""
    chance = np.random.Generator(np.random.PCG64(seed))
    left, right = chance.choice(rows, _AT_RANDOM), chance.choice(rows, _AT_RANDOM)
    different = left != right
    return left[different], right[different]


def in_one_country(store: Store, rows: Rows, seed: int) -> tuple[Rows, Rows]:
    """Pairs of different rows of one country: an incident at random, and another one at random of its country."""
    country = store.rows["country"][rows].astype(np.int64)
    return _within(rows[country > 0], country[country > 0], seed)


def of_one_agency(store: Store, rows: Rows, seed: int) -> tuple[Rows, Rows]:
    """The same of one agency."""
    return _within(rows, store.rows["agency_id"][rows].astype(np.int64), seed)


def in_one_place(store: Store, rows: Rows, seed: int) -> tuple[Rows, Rows]:
    """The same of one place, or country where none is known, and one substance (the first)."""
    columns = store.rows
    has = (columns["item_count"][rows] > 0) & (columns["country"][rows] > 0)
    rows = rows[has]
    substance = store.items["item_substance"][columns["items"][rows]]
    where = np.stack([columns["country"][rows], columns["place_id"][rows], columns["place"][rows], substance])
    _, group = np.unique(where, axis=1, return_inverse=True)
    return _within(rows, group.astype(np.int64).ravel(), seed)


def _within(rows: Rows, group: Rows, seed: int) -> tuple[Rows, Rows]:
    chance = np.random.Generator(np.random.PCG64(seed))
    order = np.argsort(group, kind="stable")
    rows, group = rows[order], group[order]
    _, first, size = np.unique(group, return_index=True, return_counts=True)
    number = np.repeat(np.arange(len(size)), size)
    one = chance.integers(0, len(rows), _AT_RANDOM)
    of = number[one]
    two = first[of] + (chance.random(_AT_RANDOM) * size[of]).astype(np.int64)
    different = one != two
    return rows[one[different]], rows[two[different]]


def compared(store: Store, rows: Rows, limit: int) -> Iterator[tuple[Rows, Rows]]:
    """All pairs that share a key which no more than `limit` of the rows carry, in parts.

    A pair may come in two parts.
    """
    counts = store.rows["key_count"][rows].astype(np.int64)
    places = spread(store.rows["keys"][rows], counts, int(counts.sum()))
    keys, owners = store.keys["key"][places], np.repeat(rows, counts)
    _, back, many = np.unique(keys, return_inverse=True, return_counts=True)
    open_ = (many > 1) & (many <= limit)
    kept = open_[back]
    keys, owners = keys[kept], owners[kept]
    alive = np.ones(store.rows.size, np.bool_)
    index = KeyIndex()
    index.add(keys, owners.astype(np.uint32), alive)
    order = np.argsort(owners, kind="stable")
    keys, owners = keys[order], owners[order]
    for start in range(0, len(keys), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        yield from pairs_of_new(store, (index, KeyIndex()), (owners[part], keys[part]), alive, _always)


def _always(_: int, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    return np.ones(len(keys), np.bool_)
