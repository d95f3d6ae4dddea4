"""Comparing places: the same by id or by its words, alike in spelling, near by, or neither."""

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from stream_processors.match.levels import NUMBERS
from stream_processors.match.spelling import generic_words
from stream_processors.match.store import Store, located

Rows = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]
_LEVEL = NUMBERS["place"]
_NEAR_KM, _FAR_KM = 25.0, 60.0
_EARTH_KM = 6_371.0088
_ALIKE = 80.0
_GENERIC = generic_words("place")


class Places:
    """Compares the places of rows of a store; how alike two texts are is looked up once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._telling: list[str] = []

    def compare(self, left: Rows, right: Rows) -> tuple[Levels, npt.NDArray[np.int64]]:
        """Level of the field place, and the number of what both have: place ids below 0, texts above."""
        rows = self._store.rows
        id_, other_id = rows["place_id"][left], rows["place_id"][right]
        text, other_text = rows["place"][left], rows["place"][right]
        same_id = (id_ > 0) & (id_ == other_id)
        same_text = (text > 0) & (text == other_text)
        distance = self._distance(left, right)
        known = ~np.isnan(distance)
        texts = (text > 0) & (other_text > 0)
        undecided = texts & ~same_id & ~same_text
        alike = np.zeros(len(left), np.bool_)
        alike[undecided] = self._alike(text[undecided], other_text[undecided])
        near, far = known & (distance <= _NEAR_KM), known & (distance > _FAR_KM)
        level = np.select(
            [same_id, same_text, alike & ~far, near, far, texts],
            [
                _LEVEL["same"],
                _LEVEL["same_text"],
                _LEVEL["similar"],
                _LEVEL["near"],
                _LEVEL["far"],
                _LEVEL["differs"],
            ],
            0,
        ).astype(np.int8)
        return level, np.where(same_id, -id_.astype(np.int64), text.astype(np.int64))

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
        """Whether texts are alike in the words that tell a place, in spelling or as one within the other."""
        if not len(texts):
            return np.zeros(0, np.bool_)
        packed = np.minimum(texts, others).astype(np.int64) << 32 | np.maximum(texts, others)
        distinct, back = np.unique(packed, return_inverse=True)
        self._learn()
        telling = self._telling
        ones = [telling[number] for number in (distinct >> 32).tolist()]
        twos = [telling[number] for number in (distinct & 0xFFFFFFFF).tolist()]
        whole = process.cpdist(ones, twos, scorer=fuzz.token_sort_ratio, score_cutoff=_ALIKE, dtype=np.float32)
        within = process.cpdist(ones, twos, scorer=fuzz.token_set_ratio, score_cutoff=100, dtype=np.float32)
        said = np.array([bool(one and two) for one, two in zip(ones, twos, strict=True)])
        found: npt.NDArray[np.bool_] = (said & ((whole >= _ALIKE) | (within >= 100)))[back]  # all of it
        return found

    def _learn(self) -> None:
        """The telling words of texts interned since the last time."""
        interned = self._store.interned["place"]
        for number in range(len(self._telling), len(interned)):
            words = [word for word in (interned.text(number) or "").split() if word not in _GENERIC]
            self._telling.append(" ".join(words))
