"""Comparing the items of two incidents: each with each, and the best pair of them says how the amounts agree.

Amounts are equal when one is the other rounded to the digits that it was given with, so 4.5 kg and 4538 g are; how
many digits agree says how much that is worth. Slips of three powers of ten and the same digits in another unit are told
apart.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stream_processors.match.amounts import MASS
from stream_processors.match.index import spread
from stream_processors.match.levels import NUMBERS
from stream_processors.match.store import Store

Rows = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]
_AMOUNT, _SUBSTANCE = NUMBERS["amount"], NUMBERS["substance"]
_FURTHER = NUMBERS["further_amount"]
_WORTH = np.zeros(len(_AMOUNT), np.int8)
"""How telling a level is among the pairs of items of two incidents; the most telling one holds."""
for _rank, _level in enumerate(
    (
        "differs",
        "close",
        "rounded_1",
        "mistyped",
        "nearly",
        "same_digits",
        "times_1000",
        "rounded_2",
        "rounded_3",
        "exact",
    ),
    1,
):
    _WORTH[_AMOUNT[_level]] = _rank
_AGREES = _WORTH[_AMOUNT["times_1000"]]
_COMPATIBLE = 16
_NEARLY, _CLOSE = 0.005, 0.1
_EXACTLY = 1e-9
_TELLING, _THREE_DIGITS, _MOST_DIGITS = 2, 100, 15
_SLIP = 1_000.0
_SAME_PURITY, _PURITY = 0.5, NUMBERS["purity"]


@dataclass(frozen=True)
class ItemComparison:
    """How the items of pairs agree; columns of equal length.

    Attributes:
        substance: level of the field substance.
        amount: level of the field amount.
        further_amount: level of the field further_amount.
        purity: level of the field purity.
        shared_substance: number of the first interned substance that both have, 0 where none.
        digits: the significant digits of the amounts that agree best.
        left_item: index of that item of the left one, -1 where there is none.
        right_item: the same of the right one.
    """

    substance: Levels
    amount: Levels
    further_amount: Levels
    purity: Levels
    shared_substance: npt.NDArray[np.int32]
    digits: npt.NDArray[np.int64]
    left_item: npt.NDArray[np.int64]
    right_item: npt.NDArray[np.int64]


def compare_items(store: Store, left: Rows, right: Rows) -> ItemComparison:
    """Compare the items of pairs of rows."""
    pairs = len(left)
    counts = store.rows["item_count"]
    many_left, many_right = counts[left].astype(np.int64), counts[right].astype(np.int64)
    combined = many_left * many_right
    total = int(combined.sum())
    has = combined > 0
    result = ItemComparison(
        np.zeros(pairs, np.int8),
        np.zeros(pairs, np.int8),
        np.zeros(pairs, np.int8),
        np.zeros(pairs, np.int8),
        np.zeros(pairs, np.int32),
        np.zeros(pairs, np.int64),
        np.full(pairs, -1, np.int64),
        np.full(pairs, -1, np.int64),
    )
    if not total:
        return result
    pair = np.repeat(np.arange(pairs), combined)
    number = spread(np.zeros(pairs, np.int64), combined, total)
    ours = store.rows["items"][left][pair] + number // many_right[pair]
    theirs = store.rows["items"][right][pair] + number % many_right[pair]
    starts = (np.cumsum(combined) - combined)[has]
    _compare_substances(store, (ours, theirs), starts, (has, many_left, many_right), result)
    _compare_amounts(store, (ours, theirs), starts, (has, many_left, many_right), result)
    return result


def _compare_substances(
    store: Store,
    items: tuple[Rows, Rows],
    starts: Rows,
    counts: tuple[npt.NDArray[np.bool_], Rows, Rows],
    into: ItemComparison,
) -> None:
    has, many_left, many_right = counts
    substance, class_ = store.items["item_substance"], store.items["item_class"]
    mine, other = substance[items[0]], substance[items[1]]
    same = (mine == other) & (mine > 0)
    shared = np.add.reduceat(same, starts)
    numbers = np.arange(len(same))
    first = np.minimum.reduceat(np.where(same, numbers, len(same)), starts)
    into.shared_substance[has] = np.where(shared > 0, mine[np.minimum(first, len(same) - 1)], 0)
    same_class = (class_[items[0]] == class_[items[1]]) & (class_[items[0]] > 0)
    resolved = store.items["item_resolved"]
    both_known = np.maximum.reduceat(resolved[items[0]] & resolved[items[1]], starts)
    whole = shared >= np.maximum(many_left, many_right)[has]
    into.substance[has] = np.select(
        [whole, shared > 0, ~both_known, np.maximum.reduceat(same_class, starts)],
        [_SUBSTANCE["same"], _SUBSTANCE["some"], 0, _SUBSTANCE["same_class"]],
        _SUBSTANCE["differs"],
    )


def _compare_amounts(
    store: Store,
    items: tuple[Rows, Rows],
    starts: Rows,
    counts: tuple[npt.NDArray[np.bool_], Rows, Rows],
    into: ItemComparison,
) -> None:
    has, many_left, many_right = counts
    combined = many_left * many_right
    ours, theirs = items
    level = amount_levels(store, ours, theirs)
    mine, other = store.items["item_substance"][ours], store.items["item_substance"][theirs]
    resolved = store.items["item_resolved"]
    compatible = (mine == other) | ~resolved[ours] | ~resolved[theirs]
    worth = _WORTH[level] + np.where(compatible & (level > 0), _COMPATIBLE, 0).astype(np.int8)
    # Of several that agree equally well, the one given with the most digits.
    finer = worth.astype(np.int16) * 32 + store.items["item_significant"][ours]
    is_best = finer == np.repeat(np.maximum.reduceat(finer, starts), combined[has])
    numbers = np.arange(len(worth))
    chosen = np.minimum.reduceat(np.where(is_best, numbers, len(worth)), starts)
    same = (mine == other) & (mine > 0)
    into.further_amount[has] = _further(worth, same, starts, (many_left[has], many_right[has]))
    into.amount[has] = level[chosen]
    into.digits[has] = store.items["item_digits"][ours[chosen]]
    into.left_item[has], into.right_item[has] = ours[chosen], theirs[chosen]
    purity = store.items["item_purity"]
    one, two = purity[ours[chosen]], purity[theirs[chosen]]
    into.purity[has] = np.select(
        [(one < 0) | (two < 0), np.abs(one - two) <= _SAME_PURITY], [0, _PURITY["same"]], _PURITY["differs"]
    )


def _further(worth: Levels, same: npt.NDArray[np.bool_], starts: Rows, counts: tuple[Rows, Rows]) -> Levels:
    """Whether the amounts of all substances that both have agree, where these are two or more."""
    many_left, many_right = counts
    items = int(many_left.sum())
    of_item = np.repeat(starts, many_left) + spread(np.zeros(len(starts), np.int64), many_left, items) * np.repeat(
        many_right, many_left
    )
    shared = np.logical_or.reduceat(same, of_item)
    agrees = np.maximum.reduceat(np.where(same, worth, 0), of_item) >= _COMPATIBLE + _AGREES
    first = np.cumsum(many_left) - many_left
    substances = np.add.reduceat(shared.astype(np.int64), first)
    agreeing = np.add.reduceat((shared & agrees).astype(np.int64), first)
    level = np.where(agreeing == substances, _FURTHER["same"], _FURTHER["differs"])
    return np.where(substances > 1, level, 0).astype(np.int8)


def amount_levels(store: Store, ours: Rows, theirs: Rows) -> Levels:
    """Level of the field amount for pairs of items."""
    columns = store.items
    kind, other_kind = columns["item_kind"][ours], columns["item_kind"][theirs]
    value, other = columns["item_value"][ours], columns["item_value"][theirs]
    digits, other_digits = columns["item_digits"][ours], columns["item_digits"][theirs]
    significant, other_significant = columns["item_significant"][ours], columns["item_significant"][theirs]
    known = (kind > 0) & (other_kind > 0)
    coarse = np.minimum(significant, other_significant)
    same_kind = known & (kind == other_kind)
    greater, lesser = np.maximum(value, other), np.minimum(value, other)
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = same_kind & (greater - lesser <= _EXACTLY * greater)
        rounded = same_kind & _rounds_to(value, significant, other, other_significant)
        slip = same_kind & (
            _rounds_to(value * _SLIP, significant, other, other_significant)
            | _rounds_to(value, significant, other * _SLIP, other_significant)
        )
        nearly = same_kind & (greater - lesser <= _NEARLY * greater) & (coarse >= _TELLING)
        close = same_kind & (greater - lesser <= _CLOSE * greater)
    other_unit = known & ~same_kind & (digits == other_digits)
    incomparable = known & ~same_kind & ((kind != MASS) | (other_kind != MASS))
    fallen = np.flatnonzero(same_kind & ~(exact | rounded | slip | nearly) & (significant == other_significant))
    mistyped = np.zeros(len(known), np.bool_)
    mistyped[fallen] = _mistyped(digits[fallen], other_digits[fallen]) & (greater[fallen] < 10 * lesser[fallen])
    return np.select(
        [
            ~known,
            exact,
            rounded & (coarse >= 3),  # digits, as the level is named
            rounded & (coarse == 2),
            slip & (coarse >= 2),  # one digit agrees with too much
            other_unit & (coarse >= 3),
            nearly,
            mistyped,
            rounded,
            close,
            incomparable,
        ],
        [
            0,
            _AMOUNT["exact"],
            _AMOUNT["rounded_3"],
            _AMOUNT["rounded_2"],
            _AMOUNT["times_1000"],
            _AMOUNT["same_digits"],
            _AMOUNT["nearly"],
            _AMOUNT["mistyped"],
            _AMOUNT["rounded_1"],
            _AMOUNT["close"],
            0,
        ],
        _AMOUNT["differs"],
    ).astype(np.int8)


def _mistyped(digits: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether equally many digits, three or more, are the same but for one, or for two neighbours that are swapped."""
    differ, at = np.zeros(len(digits), np.int64), np.zeros(len(digits), np.int64)
    swapped, power, last = np.zeros(len(digits), np.bool_), 1, (digits % 10, others % 10)
    for place in range(_MOST_DIGITS):
        one, two = digits // power % 10, others // power % 10
        here = one != two
        swapped |= here & (differ == 1) & (place - at == 1) & (one == last[1]) & (two == last[0])
        at = np.where(here, place, at)
        differ += here
        last, power = (one, two), power * 10
    found: npt.NDArray[np.bool_] = (np.minimum(digits, others) >= _THREE_DIGITS) & (
        (differ == 1) | (swapped & (differ == 2))  # digits, the two that changed places
    )
    return found


def _rounds_to(
    value: npt.NDArray[np.float64],
    significant: npt.NDArray[np.int8],
    other: npt.NDArray[np.float64],
    other_significant: npt.NDArray[np.int8],
) -> npt.NDArray[np.bool_]:
    """Whether they are equal within half a unit of the last digit of the one that is given with fewer."""
    coarse = np.where(significant <= other_significant, value, other)
    fewest = np.minimum(significant, other_significant)
    last = 10.0 ** (np.floor(np.log10(coarse)) - (fewest - 1))
    equal: npt.NDArray[np.bool_] = np.abs(value - other) <= 0.5 * last * (1 + _EXACTLY)
    return equal
