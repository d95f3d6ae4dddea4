"""Why two incidents are linked: field by field what each says, the level of agreement, and what it is worth."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stream_processors.match.comparing import Comparison
from stream_processors.match.index import spread
from stream_processors.match.keys import KEYS_KEPT, KINDS, OF_NAMES, OF_ROUTES
from stream_processors.match.levels import FIELDS, LEVELS, NUMBERS
from stream_processors.match.store import Store
from stream_processors.match.token_comparing import ENTITY, MARK, REFERENCE
from stream_processors.match.weighing import Weighed

Numbers = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
REASON = pa.struct(
    [
        pa.field("field", pa.string(), nullable=False),
        pa.field("level", pa.string(), nullable=False),
        pa.field("weight_mbit", pa.int32(), nullable=False),
        pa.field("surprise_mbit", pa.int32(), nullable=False),
        pa.field("left", pa.string()),
        pa.field("right", pa.string()),
    ]
)
ANY_KEY, NAME, NAME_OR_ROUTE = range(3)
"""Which kinds of keys may support a link: any; those of references, names and marks; or of routes, too."""
_SUPPORTS = np.array(
    [[True] * len(KINDS), [k in OF_NAMES for k in KINDS], [k in OF_NAMES or k in OF_ROUTES for k in KINDS]]
)
"""By the same, and by the number of a kind of keys."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OF_TOKENS = (REFERENCE, MARK, ENTITY)
_COLUMNS = {"place": "place_label", "relation": "agency_id"}
_OF_ITEMS = {"substance": "substance_label", "amount": "amount_label"}
_UNSAID = ("purity", "further_amount")
_NAMES = pa.array(FIELDS)
_IN_ORDER = np.argsort(np.argsort(FIELDS))
"""The place of each field among all of them by name."""
_LEVEL_NAMES = pa.array([name for field in FIELDS for name in LEVELS[field]])
_FIRST_LEVEL = np.array([0, *accumulate(len(LEVELS[field]) for field in FIELDS)][:-1])


def reasons(store: Store, compared: Comparison, weighed: Weighed, pairs: Numbers) -> pa.ListArray:
    """The reasons of pairs, a list of `REASON` for each, the most telling first.

    Args:
        store: of the rows.
        compared: pairs, and how they agree.
        weighed: what that is worth.
        pairs: numbers of those that are explained among those compared.
    """
    levels = np.stack([compared.levels[field][pairs] for field in FIELDS], axis=1)
    pair, column = np.nonzero(levels)
    weight, surprise = weighed.fields[pairs[pair], column], weighed.surprise[pairs[pair], column]
    order = np.lexsort((_IN_ORDER[column], -np.maximum(np.abs(weight), surprise), pair))
    pair, column, weight, surprise = pair[order], column[order], weight[order], surprise[order]
    said = np.full((2, len(pair)), None, object)
    for number, field in enumerate(FIELDS):
        here = np.flatnonzero(column == number)
        if len(here) and field not in _UNSAID:
            said[:, here] = _said(store, compared, field, pairs[pair[here]])
    columns = [
        _NAMES.take(pa.array(column)),
        _LEVEL_NAMES.take(pa.array(_FIRST_LEVEL[column] + levels[pair, column])),
        pa.array(weight, pa.int32()),
        pa.array(surprise, pa.int32()),
        *(pa.array(side, pa.string()) for side in said),
    ]
    return _listed(pair, pa.StructArray.from_arrays(columns, fields=list(REASON)), len(pairs))


def _said(store: Store, compared: Comparison, field: str, pairs: Numbers) -> tuple[Texts, Texts]:
    if field in _OF_TOKENS:
        same = compared.levels[field][pairs] == NUMBERS[field]["same"]
        text = _texts(store, "token", np.where(same, compared.values[field][pairs], 0))
        return text, text
    if field in _OF_ITEMS:
        items = compared.items.left_item[pairs], compared.items.right_item[pairs]
        name, (left, right) = _OF_ITEMS[field], items
        return _items(store, name, left), _items(store, name, right)
    rows = compared.left[pairs], compared.right[pairs]
    if field == "date":
        return _periods(store, rows[0]), _periods(store, rows[1])
    name = _COLUMNS.get(field, field)
    numbers = store.rows[name]
    return _texts(store, name, numbers[rows[0]]), _texts(store, name, numbers[rows[1]])


def _texts(store: Store, name: str, numbers: npt.NDArray[Any]) -> Texts:
    return store.interned[name].said(numbers)


def _items(store: Store, name: str, items: Numbers) -> Texts:
    return _texts(store, name, np.where(items < 0, 0, store.items[name][items]))


def _periods(store: Store, rows: Numbers) -> Texts:
    first, last = (store.rows[name][rows].astype(np.int64) for name in ("first_day", "last_day"))
    distinct, back = np.unique(first << 32 | (last - first), return_inverse=True)
    told = [_period(each >> 32, (each >> 32) + (each & 0xFFFFFFFF)) for each in distinct.tolist()]
    return np.array(told, np.object_)[back]


def _period(first: int, last: int) -> str:
    days = [(_EPOCH + timedelta(days=day)).date().isoformat() for day in (first, last)]
    return days[0] if first == last else f"{days[0]}…{days[1]}"


def shared_keys(store: Store, left: Numbers, right: Numbers, support: npt.NDArray[np.int64]) -> pa.ListArray:
    """The blocking keys that both rows of each pair carry, as signed 64-bit numbers, ascending.

    Args:
        store: of the rows.
        left: rows.
        right: rows, each the other of a pair.
        support: which keys are wanted of each pair: ANY_KEY, NAME or NAME_OR_ROUTE. Where it carries none of them in
            common, for an incident keeps no more than `keys.KEYS_KEPT`, all are given.
    """
    first, counts = store.rows["keys"], store.rows["key_count"]
    every = store.keys["key"].view(np.int64)
    many, others = counts[left].astype(np.int64), counts[right].astype(np.int64)
    pair = np.repeat(np.arange(len(left)), many)
    places = spread(first[left], many, len(pair))
    key, kinds = every[places], store.keys["key_kind"][places]
    # Each of the left row is sought among those of the right one by halving: both ascend.
    low = first[right][pair]
    end = high = low + others[pair]
    for _ in range(KEYS_KEPT.bit_length()):
        middle = (low + high) >> 1
        below = (low < high) & (every[np.minimum(middle, len(every) - 1)] < key)
        low, high = np.where(below, middle + 1, low), np.where(below, high, middle)
    both = np.flatnonzero((low < end) & (every[np.minimum(low, len(every) - 1)] == key))
    pair, key = pair[both], key[both]
    wanted = _SUPPORTS[support[pair], kinds[both]]
    some = np.bincount(pair[wanted], minlength=len(left)) > 0
    kept = wanted | ~some[pair]
    return _listed(pair[kept], pa.array(key[kept], pa.int64()), len(left))


def _listed(pair: Numbers, values: pa.Array, pairs: int) -> pa.ListArray:
    """A list for each pair, of values that come by pair."""
    ends = np.searchsorted(pair, np.arange(pairs + 1))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), values)
