"""Comparing pairs of incidents in every field, a column of pairs at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stream_processors.match.item_comparing import ItemComparison, compare_items
from stream_processors.match.levels import NUMBERS
from stream_processors.match.places import Places
from stream_processors.match.store import Store
from stream_processors.match.token_comparing import ENTITY, MARK, compare_tokens

Rows = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]
_SIMPLE = ("country", "region", "departure", "destination", "origin", "mode", "installation", "channel", "concealment")
_MONTHS_AND_YEARS = (28, 29, 30, 31, 365, 366)
_DATE, _RELATION = NUMBERS["date"], NUMBERS["relation"]


@dataclass(frozen=True)
class Comparison:
    """Pairs with their levels of agreement; columns of equal length.

    Attributes:
        left, right: rows of the store.
        levels: field → number of the level.
        values: field → number of the interned value that both have, where the level is one of `levels.FREQUENT`; of
            the amount the significant digits.
        items: how their items agree.
    """

    left: Rows
    right: Rows
    levels: Mapping[str, Levels]
    values: Mapping[str, npt.NDArray[np.int64]]
    items: ItemComparison


class Comparing:
    """Compares rows of a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._places = Places(store)

    def compare(self, left: Rows, right: Rows) -> Comparison:
        """Compare pairs of rows."""
        rows, levels, values = self.store.rows, {}, {}
        for field in _SIMPLE:
            one, two = rows[field][left], rows[field][right]
            levels[field] = _equal(one, two)
            values[field] = one.astype(np.int64)
        for field in ("departure", "destination"):
            # That it came to, or left, the country where both were seized says no more than the country.
            levels[field] = np.where((levels["country"] == 1) & (values[field] == values["country"]), 0, levels[field])
        levels["date"] = self._dates(left, right)
        levels["place"], values["place"] = self._places.compare(left, right)
        levels["region"] = np.where(levels["place"] > 0, 0, levels["region"]).astype(np.int8)
        items = compare_items(self.store, left, right)
        levels["substance"], levels["amount"], levels["purity"] = items.substance, items.amount, items.purity
        levels["further_amount"] = items.further_amount
        values["substance"], values["amount"] = items.shared_substance.astype(np.int64), items.digits
        for field, (level, shared) in compare_tokens(self.store, left, right).items():
            levels[field], values[field] = level, shared
        shared = (levels[MARK] == 1) | (levels[ENTITY] == 1)
        one_agency = rows["agency_id"][left] == rows["agency_id"][right]
        levels["relation"] = np.where(
            shared, _RELATION["shared_name"], np.where(one_agency, _RELATION["same_agency"], _RELATION["other_agency"])
        ).astype(np.int8)
        return Comparison(left, right, levels, values, items)

    def _dates(self, left: Rows, right: Rows) -> Levels:
        first, last = self.store.rows["first_day"], self.store.rows["last_day"]
        gap = np.maximum(np.maximum(first[left], first[right]) - np.minimum(last[left], last[right]), 0)
        exact = (first[left] == last[left]) & (first[right] == last[right])
        return np.select(
            [
                (gap == 0) & ~exact,
                gap == 0,
                gap == 1,
                gap <= 3,
                gap <= 10,
                exact & self._slipped(left, right, gap),
            ],  # as the levels are named
            [
                _DATE["overlapping"],
                _DATE["same_day"],
                _DATE["one_day"],
                _DATE["three_days"],
                _DATE["ten_days"],
                _DATE["slipped"],
            ],
            _DATE["apart"],
        ).astype(np.int8)

    def _slipped(self, left: Rows, right: Rows, gap: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Whether two days are the same but for a month or a year written one off."""
        slipped = np.isin(gap, _MONTHS_AND_YEARS)
        if slipped.any():
            days = (self.store.rows["first_day"][side[slipped]].astype("datetime64[D]") for side in (left, right))
            one, two = (day - day.astype("datetime64[M]") for day in days)
            slipped[slipped] = one == two
        return slipped


def _equal(one: npt.NDArray[np.int32], two: npt.NDArray[np.int32]) -> Levels:
    return np.where((one == 0) | (two == 0), 0, np.where(one == two, 1, 2)).astype(np.int8)
