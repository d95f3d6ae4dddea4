"""Pairs of incidents to learn from: at random, at random among those alike, and those that would be compared.

Which pairs are drawn depends on the order of the rows given and on the seed, never on how a store numbers its texts.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from stream_processors.match.index import KeyIndex, spread
from stream_processors.match.pairing import Rows, pairs_of_new
from stream_processors.match.store import Store

_AT_RANDOM = 1_000_000
_OF_EACH = 100
"""Pairs drawn for each incident, up to _AT_RANDOM."""
_AT_ONCE = 50_000
_HASHES = 1 << 64

Hashes = npt.NDArray[np.uint64]


def at_random(rows: Rows, seed: int) -> tuple[Rows, Rows]:
    """Pairs of different rows, the same for the same seed."""
    chance, many = np.random.Generator(np.random.PCG64(seed)), _drawn(rows)
    left, right = chance.choice(rows, many), chance.choice(rows, many)
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
    chance, many = np.random.Generator(np.random.PCG64(seed)), _drawn(rows)
    if not len(rows):
        return rows, rows
    _, met, group = np.unique(group, return_index=True, return_inverse=True)
    order = np.argsort(met[group], kind="stable")  # groups in the order in which they are met
    rows, group = rows[order], met[group][order]
    _, first, size = np.unique(group, return_index=True, return_counts=True)
    number = np.repeat(np.arange(len(size)), size)
    one = chance.integers(0, len(rows), many)
    of = number[one]
    two = first[of] + (chance.random(many) * size[of]).astype(np.int64)
    different = one != two
    return rows[one[different]], rows[two[different]]


def _drawn(rows: Rows) -> int:
    return min(_AT_RANDOM, _OF_EACH * len(rows))


def compared(store: Store, rows: Rows, limits: npt.NDArray[np.int64]) -> Iterator[tuple[Rows, Rows]]:
    """All pairs that share a key which no more of the rows carry than `limits` has for its kind, in parts.

    A pair may come in two parts.
    """
    counts = store.rows["key_count"][rows].astype(np.int64)
    places = spread(store.rows["keys"][rows], counts, int(counts.sum()))
    keys, owners = store.keys["key"][places], np.repeat(rows, counts)
    _, first, back, many = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    open_ = (many > 1) & (many <= limits[store.keys["key_kind"][places[first]]])
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


def part_of(
    pairs: Iterable[tuple[Rows, Rows]], places: Rows, most: int, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Distinct pairs, or as many of them by chance as memory shall hold.

    Whether a pair is kept depends on a hash of it, so neither on the order in which pairs come nor on coming twice.

    Args:
        pairs: of rows, in parts.
        places: of each row its place in an order of the incidents.
        most: pairs that are kept at most.
        seed: another one keeps others.

    Returns:
        The places of the pairs kept, the lesser one left, ascending; and how many pairs each stands for.
    """
    kept, met, waiting, stands_for = np.empty(0, np.int64), list[npt.NDArray[np.int64]](), 0, 1
    for left, right in pairs:
        one, two = places[left], places[right]
        packed = np.minimum(one, two) << 32 | np.maximum(one, two)
        met.append(packed[_hashed(packed, seed) < _HASHES // stands_for] if stands_for > 1 else packed)
        waiting += len(met[-1])
        if waiting > most:
            kept, stands_for = _fewer(np.unique(np.concatenate([kept, *met])), stands_for, most, seed)
            met, waiting = [], 0
    kept, stands_for = _fewer(np.unique(np.concatenate([kept, *met])), stands_for, most, seed)
    return kept >> 32, kept & 0xFFFFFFFF, stands_for


def _fewer(packed: npt.NDArray[np.int64], stands_for: int, most: int, seed: int) -> tuple[npt.NDArray[np.int64], int]:
    while len(packed) > most:
        stands_for *= 2
        packed = packed[_hashed(packed, seed) < _HASHES // stands_for]
    return packed, stands_for


def _hashed(packed: npt.NDArray[np.int64], seed: int) -> Hashes:
    """The mixing steps of SplitMix64 (Steele, Lea and Flood 2014)."""
    mixed = packed.astype(np.uint64) ^ np.uint64(seed * 0x9E3779B97F4A7C15 % _HASHES)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _always(_: int, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    return np.ones(len(keys), np.bool_)
