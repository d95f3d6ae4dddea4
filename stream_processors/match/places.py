"""Comparing places: the same by id or by name, alike in spelling, near by, or neither."""

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from stream_processors.match.levels import NUMBERS
from stream_processors.match.store import Store, located

Rows = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]
_LEVEL = NUMBERS["place"]
_NEAR_KM, _FAR_KM = 25.0, 60.0
_EARTH_KM = 6_371.0088
_ALIKE, _WITHIN = 80.0, 100.0


class Places:
    """Compares the places of rows of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def compare(self, left: Rows, right: Rows) -> tuple[Levels, npt.NDArray[np.int64]]:
        """Level of the field place, and the numbers of both names: left in the upper, right in the lower 32 bits."""
        rows = self._store.rows
        id_, other_id = rows["place_id"][left], rows["place_id"][right]
        name, other_name = rows["place"][left], rows["place"][right]
        same = ((id_ > 0) & (id_ == other_id)) | ((name > 0) & (name == other_name))
        distance = self._distance(left, right)
        known = ~np.isnan(distance)
        named = (name > 0) & (other_name > 0)
        alike = np.zeros(len(left), np.bool_)
        alike[named & ~same] = self._alike(name[named & ~same], other_name[named & ~same])
        near, far = known & (distance <= _NEAR_KM), known & (distance > _FAR_KM)
        level = np.select(
            [same & ~far, alike & ~far, near, far, named],
            [_LEVEL["same"], _LEVEL["similar"], _LEVEL["near"], _LEVEL["far"], _LEVEL["differs"]],
            0,
        ).astype(np.int8)
        return level, name.astype(np.int64) << 32 | other_name

    def _distance(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        """Great-circle distance in km by the haversine formula (Sinnott 1984); NaN where a position is missing."""
        rows = self._store.rows
        latitude, longitude = rows["latitude"], rows["longitude"]
        known = located(latitude[left]) & located(latitude[right])
        phi, other_phi = (np.radians(latitude[side] / 1e6) for side in (left, right))
        lambda_, other_lambda = (np.radians(longitude[side] / 1e6) for side in (left, right))
        half = (
            np.sin((other_phi - phi) / 2) ** 2
            + np.cos(phi) * np.cos(other_phi) * np.sin((other_lambda - lambda_) / 2) ** 2
        )
        return np.where(known, 2 * _EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))), np.nan)

    def _alike(self, texts: npt.NDArray[np.int32], others: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Whether names are alike in spelling, or one holds all words of the other."""
        if not len(texts):
            return np.zeros(0, np.bool_)
        packed = np.minimum(texts, others).astype(np.int64) << 32 | np.maximum(texts, others)
        distinct, back = np.unique(packed, return_inverse=True)
        interned = self._store.interned["place"]
        ones, twos = interned.texts(distinct >> 32), interned.texts(distinct & 0xFFFFFFFF)
        whole = process.cpdist(ones, twos, scorer=fuzz.token_sort_ratio, score_cutoff=_ALIKE, dtype=np.float32)
        within = process.cpdist(ones, twos, scorer=fuzz.token_set_ratio, score_cutoff=_WITHIN, dtype=np.float32)
        found: npt.NDArray[np.bool_] = ((whole >= _ALIKE) | (within >= _WITHIN))[back]
        return found
