"""Weighing compared pairs under a model: thousandths of a bit by field, and their sum."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stream_processors.match.comparing import Comparison
from stream_processors.match.interning import Interner
from stream_processors.match.levels import FIELDS, FREQUENT, LEVELS, NUMBERS, STRATA, SURPRISING, UNSTATED
from stream_processors.match.model import Model, Surprise
from stream_processors.match.store import Store

Mbits = npt.NDArray[np.int32]
_OF_FIELD = {
    "substance": "substance",
    "reference": "token",
    "packaging_mark": "token",
    "entity": "token",
}
"""What the texts of a field are interned as, where it is not by its own name."""


@dataclass(frozen=True)
class Weighed:
    """Weights of pairs, in thousandths of a bit.

    Attributes:
        fields: one row a pair, one column a field of FIELDS: what it says for and against one seizure, under the
            weights of the pair's relation.
        surprise: the same shape: how surprising the common value is; 0 where none is.
        duplicate: the sum of fields and the prior.
    """

    fields: Mbits
    surprise: Mbits
    duplicate: Mbits


class Weighing:
    """Weighs comparisons of one store under one model."""

    def __init__(self, store: Store, model: Model) -> None:
        self._store, self._model = store, model
        self._weights = {field: self._table(field) for field in FIELDS}
        self._frequent = {
            field: np.isin(np.arange(len(LEVELS[field])), [NUMBERS[field][level] for level in levels])
            for field, levels in FREQUENT.items()
        }
        self._surprising = {
            field: np.array([False, *(field in SURPRISING[relation] for relation in STRATA)]) for field in FREQUENT
        }
        self._known = {
            field: Known(model.surprise[field], store.interned[_OF_FIELD.get(field, field)])
            for field in FREQUENT
            if field != "amount"
        }

    def _table(self, field: str) -> Mbits:
        """Weights by relation and level."""
        table = np.zeros((len(STRATA) + 1, len(LEVELS[field])), np.int32)
        for row, relation in enumerate(STRATA, 1):
            weights = self._model.strata[relation].weights[field]
            table[row] = [0 if level == UNSTATED else weights.get(level, 0) for level in LEVELS[field]]
        return table

    def weigh(self, compared: Comparison) -> Weighed:
        """Weigh pairs."""
        pairs, relation = len(compared.left), compared.levels["relation"]
        fields = np.zeros((pairs, len(FIELDS)), np.int32)
        surprise = np.zeros((pairs, len(FIELDS)), np.int32)
        for column, field in enumerate(FIELDS):
            level = compared.levels[field]
            fields[:, column] = self._weights[field][relation, level]
            if field in self._frequent:
                shared = self._frequent[field][level]
                if shared.any():
                    surprise[shared, column] = self._surprise(field, compared.values[field][shared])
                    counts = self._surprising[field][relation]
                    fields[:, column] += np.where(counts, surprise[:, column], 0)
        return Weighed(fields, surprise, self._model.prior + fields.sum(axis=1, dtype=np.int32))

    def _surprise(self, field: str, values: npt.NDArray[np.int64]) -> Mbits:
        if field == "amount":
            return self._of_digits(values)
        if field == "place":
            return self._of_places(values >> 32, values & 0xFFFFFFFF)
        return self._known[field].of(values)

    def _of_places(self, names: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> Mbits:
        """Of two spellings the more frequent one counts."""
        known = self._known["place"]
        one, two = known.of(np.where(names > 0, names, others)), known.of(np.where(others > 0, others, names))
        return np.minimum(one, two)

    def _of_digits(self, digits: npt.NDArray[np.int64]) -> Mbits:
        table = self._model.surprise["amount"]
        distinct, back = np.unique(digits, return_inverse=True)
        last = len(table.by_digits)
        found = [
            table.values.get(text, table.by_digits[min(len(text), last) - 1] if last else table.unseen)
            for text in map(str, distinct.tolist())
        ]
        return np.array(found, np.int32)[back]


class Known:
    """Surprise by the number of an interned text.

    Args:
        table: of the model.
        interned: the texts.
    """

    def __init__(self, table: Surprise, interned: Interner) -> None:
        self._table, self._interned = table, interned
        self._by_number = np.zeros(1, np.int32)

    def of(self, numbers: npt.NDArray[Any]) -> Mbits:
        """Surprise at each number's text, in thousandths of a bit."""
        known = len(self._by_number)
        if known < len(self._interned):
            texts = [self._interned.text(number) or "" for number in range(known, len(self._interned))]
            more = [self._table.values.get(text, self._table.unseen) for text in texts]
            self._by_number = np.concatenate([self._by_number, np.array(more, np.int32)])
        found: Mbits = self._by_number[numbers]
        return found
