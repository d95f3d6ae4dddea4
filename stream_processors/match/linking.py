"""From weighed pairs to links: what is linked, what a person should look at, and what was judged all the same."""

from dataclasses import dataclass
from operator import gt
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stream_processors.match.comparing import Comparing, Comparison
from stream_processors.match.explaining import ANY_KEY, NAME, NAME_OR_ROUTE, reasons, shared_keys
from stream_processors.match.levels import STRATA
from stream_processors.match.links import LINK, Links
from stream_processors.match.model import Model
from stream_processors.match.pairing import AreOpen, open_in
from stream_processors.match.relating import KINDS, Related, Relating
from stream_processors.match.store import Store
from stream_processors.match.weighing import Weighed, Weighing

Rows = npt.NDArray[np.int64]
LINKED, REVIEW, BELOW = "LINKED", "REVIEW", "BELOW"
_KINDS, _DUPLICATE = pa.array([*KINDS, "DUPLICATE"]), len(KINDS)
_OUTCOMES = pa.array([BELOW, REVIEW, LINKED])
_AT_ONCE = 200_000
_ABOVE_ZERO = 1 << 31


@dataclass(frozen=True)
class Judged:
    """Pairs that were looked at; columns of equal length.

    Attributes:
        compared, weighed, related: how they agree.
        duplicate, similar: 2 for linked, 1 for review, 0 for below; as one seizure, and as related.
    """

    compared: Comparison
    weighed: Weighed
    related: Related
    duplicate: npt.NDArray[np.int8]
    similar: npt.NDArray[np.int8]


class Linking:
    """Links rows of one store under one model."""

    def __init__(self, store: Store, model: Model) -> None:
        self._store, self._model = store, model
        self._comparing, self._weighing = Comparing(store), Weighing(store, model)
        self._relating = Relating(store, model)
        thresholds = model.thresholds
        self._linked, self._review = (
            np.array([0, *(model.least(relation, of[relation]) for relation in STRATA)], np.int32)
            for of in (thresholds.duplicate_linked, thresholds.duplicate_review)
        )

    def _oriented(self, left: Rows, right: Rows) -> tuple[Rows, Rows]:
        """The smaller id on the left, so that nothing depends on which of the two came first."""
        order = self._store.rows["order"]
        swapped = order[left] > order[right]
        tied = np.flatnonzero(order[left] == order[right])
        swapped[tied] = list(map(gt, self._store.ids_of(left[tied]), self._store.ids_of(right[tied])))
        return np.where(swapped, right, left), np.where(swapped, left, right)

    def judge(self, left: Rows, right: Rows) -> Judged:
        """Compare and weigh pairs of rows."""
        compared = self._comparing.compare(left, right)
        weighed = self._weighing.weigh(compared)
        related = self._relating.relate(compared, weighed)
        thresholds = self._model.thresholds
        similar = _steps(related.surprise, thresholds.related_review, thresholds.related_linked)
        relation = compared.levels["relation"]
        return Judged(
            compared,
            weighed,
            related,
            _steps(weighed.duplicate, self._review[relation], self._linked[relation]),
            np.where(related.alone, np.minimum(similar, 1), similar).astype(np.int8),
        )

    def links(self, left: Rows, right: Rows, wanted: npt.NDArray[np.bool_], are_open: AreOpen) -> Links:
        """The links among pairs of rows, urgent ones first.

        A link that rests on a name is supported by the keys of that name alone, and is not made while they are closed:
        when one opens again, all pairs under it are compared.

        Args:
            left: rows, in any order.
            right: rows, each the other of a pair.
            wanted: pairs of which a link is made whatever the outcome.
            are_open: of a scope and keys, whether each is open in it.
        """
        found = []
        for start in range(0, len(left), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            judged = self.judge(*self._oriented(left[part], right[part]))
            asked = wanted[part]
            chosen = self._supported(judged, asked, are_open)
            if len(chosen):
                found.append(self._links(judged, chosen))
        return Links.ordered(found)

    def _supported(self, judged: Judged, wanted: npt.NDArray[np.bool_], are_open: AreOpen) -> Rows:
        """The numbers of pairs to link, without those that rest on nothing but names whose keys are closed."""
        found = (judged.duplicate > 0) | (judged.similar > 0) | wanted
        doubted = np.flatnonzero(found & ~wanted & _by_name(judged))
        left, right = judged.compared.left[doubted], judged.compared.right[doubted]
        keys = shared_keys(self._store, left, right, _evidence(judged, doubted))
        pair = np.repeat(np.arange(len(doubted)), keys.value_lengths().to_numpy())
        classes, shared = self._store.rows["policy_class"], keys.flatten().to_numpy().view(np.uint64)
        good = open_in(shared, classes[left][pair], are_open) & open_in(shared, classes[right][pair], are_open)
        supported = np.zeros(len(doubted), np.bool_)
        supported[pair[good]] = True
        found[doubted[~supported]] = False
        return np.flatnonzero(found)

    def _links(self, judged: Judged, chosen: Rows) -> pa.StructArray:
        store, compared, columns = self._store, judged.compared, self._store.rows
        chosen, ids = self._in_order(compared, chosen)
        left, right = compared.left[chosen], compared.right[chosen]
        kind, outcome, doubtful = _outcomes(judged, chosen)
        bits = judged.weighed.duplicate[chosen]
        ppm = self._probabilities(compared.levels["relation"][chosen], bits)
        sides: dict[str, Any] = {}
        for side, these, texts in (("left", left, ids[0]), ("right", right, ids[1])):
            sides |= {
                side: pa.array(texts, pa.string()),
                f"{side}_revision": columns["revision"][these],
                f"{side}_class": columns["policy_class"][these],
                f"{side}_admitted_at": columns["admitted_ms"][these],
            }
        found = sides | {
            "model": pa.repeat(self._model.version, len(chosen)),
            "kind": kind,
            "outcome": outcome,
            "possible_duplicate": doubtful,
            "duplicate_mbit": bits,
            "duplicate_ppm": ppm,
            "related_mbit": judged.related.surprise[chosen],
            "urgent": self._urgent(left, right),
            "reasons": reasons(store, compared, judged.weighed, chosen),
            "keys": shared_keys(store, left, right, _evidence(judged, chosen)),
        }
        return pa.StructArray.from_arrays([pa.array(found[each.name]) for each in LINK], fields=list(LINK))

    def _probabilities(self, relation: npt.NDArray[Any], bits: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """In millionths."""
        packed = relation.astype(np.int64) << 32 | (bits.astype(np.int64) + _ABOVE_ZERO)
        distinct, back = np.unique(packed, return_inverse=True)
        found = [
            self._model.probability_ppm(STRATA[(each >> 32) - 1], (each & 0xFFFFFFFF) - _ABOVE_ZERO)
            for each in distinct.tolist()
        ]
        return np.array(found, np.int32)[back]

    def _in_order(self, compared: Comparison, chosen: Rows) -> tuple[Rows, tuple[list[str], list[str]]]:
        """The numbers of pairs, urgent ones first, then by their ids, and the ids of both sides."""
        left, right = compared.left[chosen], compared.right[chosen]
        ids, others = self._store.ids_of(left), self._store.ids_of(right)
        later = (~self._urgent(left, right)).tolist()
        order = [number for *_, number in sorted(zip(later, ids, others, range(len(chosen)), strict=True))]
        return chosen[order], ([ids[number] for number in order], [others[number] for number in order])

    def _urgent(self, left: Rows, right: Rows) -> npt.NDArray[np.bool_]:
        asks, agency = self._store.rows["asks"], self._store.rows["agency_id"]
        urgent: npt.NDArray[np.bool_] = (asks[left] | asks[right]) & (agency[left] != agency[right])
        return urgent


def _by_name(judged: Judged) -> npt.NDArray[np.bool_]:
    """Whether a link of a pair rests on names alone, and says nothing of one seizure."""
    by_name: npt.NDArray[np.bool_] = judged.related.named & (judged.duplicate == 0) & (judged.similar > 0)
    return by_name


def _evidence(judged: Judged, chosen: Rows) -> npt.NDArray[np.int64]:
    """What may support the link of each pair: a group of `explaining.SUPPORT`."""
    by_name, patterned = _by_name(judged)[chosen], judged.related.patterned[chosen]
    return np.where(by_name, np.where(patterned, NAME_OR_ROUTE, NAME), ANY_KEY)


def _outcomes(judged: Judged, chosen: Rows) -> tuple[pa.Array, pa.Array, npt.NDArray[np.bool_]]:
    """Kind, outcome, and whether a person should look if it is one seizure."""
    duplicate, similar = judged.duplicate[chosen], judged.similar[chosen]
    relation = judged.related.kind[chosen].astype(np.int64)
    one_seizure = (duplicate == 2) | ((duplicate == 1) & (similar < 2))
    kind = np.select([one_seizure, similar > 0], [_DUPLICATE, relation], 0)
    outcome = np.maximum(duplicate, similar)
    return (
        _KINDS.take(pa.array(kind)),
        _OUTCOMES.take(pa.array(outcome)),
        duplicate == 1,
    )


def _steps(
    values: npt.NDArray[np.int32], review: int | npt.NDArray[np.int32], linked: int | npt.NDArray[np.int32]
) -> npt.NDArray[np.int8]:
    return ((values >= review).astype(np.int8) + (values >= linked)).astype(np.int8)
