"""The incidents that the matcher knows, as columns: one row an incident and revision.

Rows of a batch are written behind the last one and belong to the store only once they are taken in: what is processed
and not committed is overwritten.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from stream_processors.match.amounts import Amounts, amounts
from stream_processors.match.features import TEXT, Features
from stream_processors.match.interning import Interner
from stream_processors.match.keys import Keys

Array = npt.NDArray[np.generic]
_FIRST_CAPACITY = 1_024
_NOWHERE = np.iinfo(np.int32).min

_ROW_COLUMNS: Mapping[str, type[np.generic]] = {
    "revision": np.int32,
    "alive": np.bool_,
    "order": np.uint64,
    "admitted_ms": np.int64,
    "policy_class": np.int64,
    "first_day": np.int32,
    "last_day": np.int32,
    "latitude": np.int32,
    "longitude": np.int32,
    "asks": np.bool_,
    "items": np.int64,
    "item_count": np.int16,
    "tokens": np.int64,
    "token_count": np.int16,
    "keys": np.int64,
    "key_count": np.int16,
}
TEXTS = (
    "agency_id",
    "country",
    "place_id",
    "place",
    "place_label",
    "region",
    "departure",
    "destination",
    "origin",
    "mode",
    "installation",
    "channel",
    "concealment",
    "reference",
)
"""Columns of rows that hold numbers of interned texts."""
_COUNTRIES = ("departure", "destination", "origin")
LABELS = ("substance_label", "amount_label")
_ITEM_COLUMNS: Mapping[str, type[np.generic]] = {
    "item_substance": np.int32,
    "item_class": np.int32,
    "item_resolved": np.bool_,
    "item_kind": np.int32,
    "item_value": np.float64,
    "item_digits": np.int64,
    "item_significant": np.int8,
    "item_purity": np.float32,
    "substance_label": np.int32,
    "amount_label": np.int32,
}


class Columns:
    """Arrays of equal length that grow together."""

    def __init__(self, columns: Mapping[str, type[np.generic]]) -> None:
        self._arrays: dict[str, Array] = {name: np.empty(_FIRST_CAPACITY, type_) for name, type_ in columns.items()}
        self.size = 0

    def write(self, values: Mapping[str, Array], rows: int) -> None:
        """Write rows behind the last one; they count once `size` is raised."""
        needed = self.size + rows
        for name, array in self._arrays.items():
            if len(array) < needed:
                grown = np.empty(max(needed, 2 * len(array)), array.dtype)
                grown[: self.size] = array[: self.size]
                self._arrays[name] = grown
            self._arrays[name][self.size : needed] = values[name]

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self._arrays[name]


class Store:
    """Rows of incidents, with their items, tokens and keys; texts are numbers of `interned`."""

    def __init__(self) -> None:
        names = (*TEXTS, *LABELS, "substance", "class", "unit", "token", "token_kind")
        self.interned = {name: Interner() for name in names}
        # Countries are compared with each other whatever their part.
        self.interned |= dict.fromkeys(_COUNTRIES, self.interned["country"])
        self.rows = Columns({**_ROW_COLUMNS, **dict.fromkeys(TEXTS, np.int32)})
        self.items = Columns(_ITEM_COLUMNS)
        self.tokens = Columns({"token": np.int32, "token_kind": np.int32})
        self.keys = Columns({"key": np.uint64, "key_kind": np.uint8})
        self.ids: list[str] = []
        self._staged_ids: list[str] = []

    def stage(self, found: Features, keys: Keys, admitted_ms: npt.NDArray[np.int64]) -> None:
        """Write the rows of a batch behind the last one.

        Args:
            found: their features.
            keys: the keys of those that are not withdrawn.
            admitted_ms: when each of the incidents was first admitted.
        """
        rows = found.rows
        starts = {name: _ragged(counted, rows.height) for name, counted in _counted(found, keys).items()}
        values: dict[str, Array] = {
            "revision": rows["revision"].to_numpy(),
            "alive": ~rows["withdrawn"].to_numpy(),
            "order": _order(rows["incident_id"]),
            "admitted_ms": admitted_ms,
            "policy_class": rows["policy_class"].to_numpy(),
            "first_day": rows["first_day"].to_numpy(),
            "last_day": rows["last_day"].to_numpy(),
            "latitude": rows["latitude"].fill_null(_NOWHERE).to_numpy(),
            "longitude": rows["longitude"].fill_null(_NOWHERE).to_numpy(),
            "asks": rows["asks"].to_numpy(),
        }
        for name, columns in (("items", self.items), ("tokens", self.tokens), ("keys", self.keys)):
            first, count = starts[name]
            values[name] = first + columns.size
            values[f"{name[:-1]}_count"] = count
        values |= {name: self.interned[name].ids(rows[name]) for name in TEXTS}
        self.rows.write(values, rows.height)
        self.items.write(self._items(found.items), found.items.height)
        tokens = {
            "token": self.interned["token"].ids(found.tokens["token"]),
            "token_kind": self.interned["token_kind"].ids(found.tokens["kind"]),
        }
        self.tokens.write(tokens, found.tokens.height)
        self.keys.write({"key": keys.key, "key_kind": keys.kind}, len(keys.key))
        self._staged_ids = rows["incident_id"].to_list()
        self._staged = rows.height, found.items.height, found.tokens.height, len(keys.key)

    _staged = (0, 0, 0, 0)

    def forget_staged(self) -> None:
        """Rows that were staged and not taken in are no more."""
        self._staged, self._staged_ids = (0, 0, 0, 0), []

    def take_in(self) -> None:
        """Make the staged rows part of the store."""
        for columns, rows in zip((self.rows, self.items, self.tokens, self.keys), self._staged, strict=True):
            columns.size += rows
        self.ids += self._staged_ids
        self.forget_staged()

    def ids_of(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """Incident ids of rows, staged or not."""
        ids, staged = self.ids, self._staged_ids
        known = len(ids)
        return [ids[row] if row < known else staged[row - known] for row in rows.tolist()]

    def _items(self, items: pl.DataFrame) -> dict[str, Array]:
        units = self.interned["unit"].ids(items["unit"])
        found: Amounts = amounts(items, units)
        return {
            "item_substance": self.interned["substance"].ids(items["substance"]),
            "item_resolved": (items["substance"].is_not_null() & ~items["substance"].str.starts_with(TEXT))
            .fill_null(value=False)
            .to_numpy(),
            "item_class": self.interned["class"].ids(items["substance_class"]),
            "item_kind": found.kind,
            "item_value": found.value,
            "item_digits": found.digits,
            "item_significant": found.significant,
            "item_purity": items["purity"].cast(pl.Float32, strict=False).fill_null(-1).to_numpy(),
            **{name: self.interned[name].ids(items[name]) for name in LABELS},
        }


def _order(ids: pl.Series) -> npt.NDArray[np.uint64]:
    """The first 64 bits of each UUID: in the order of these the ids are ordered, but for the rarest of ties."""
    head = ids.str.head(18).str.replace_all("-", "", literal=True)
    return head.str.to_integer(base=16, dtype=pl.UInt64).to_numpy()


def located(latitudes: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Whether each row has a position."""
    known: npt.NDArray[np.bool_] = latitudes != _NOWHERE
    return known


def _counted(found: Features, keys: Keys) -> dict[str, Array]:
    return {"items": found.items["row"].to_numpy(), "tokens": found.tokens["row"].to_numpy(), "keys": keys.row}


def _ragged(row_of: Array, rows: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int16]]:
    """First index and number of what belongs to each row, from the ascending rows of all of them."""
    counts = np.bincount(row_of.astype(np.int64), minlength=rows)
    return np.cumsum(counts) - counts, counts.astype(np.int16)
