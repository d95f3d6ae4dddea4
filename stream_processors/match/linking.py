"""From weighed pairs to links: what is linked, what a person should look at, and what was judged all the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stream_processors.match.comparing import Comparing, Comparison
from stream_processors.match.explaining import reasons, shared_keys
from stream_processors.match.levels import STRATA
from stream_processors.match.model import Model, probability_ppm
from stream_processors.match.relating import KINDS, Related, Relating
from stream_processors.match.store import Store
from stream_processors.match.weighing import Weighed, Weighing

Rows = npt.NDArray[np.int64]
LINKED, REVIEW, BELOW = "LINKED", "REVIEW", "BELOW"
DUPLICATE, NONE = "DUPLICATE", "NONE"
_AT_ONCE = 200_000


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
        linked = [0, *(_least(thresholds.duplicate_linked[relation]) for relation in STRATA)]
        self._linked, self._review = np.array(linked, np.int32), _least(thresholds.duplicate_review)

    def judge(self, left: Rows, right: Rows) -> Judged:
        """Compare and weigh pairs of rows."""
        compared = self._comparing.compare(left, right)
        weighed = self._weighing.weigh(compared)
        related = self._relating.relate(compared, weighed)
        thresholds = self._model.thresholds
        return Judged(
            compared,
            weighed,
            related,
            _steps(weighed.duplicate, self._review, self._linked[compared.levels["relation"]]),
            _steps(related.surprise, thresholds.related_review, thresholds.related_linked),
        )

    def links(self, left: Rows, right: Rows, wanted: npt.NDArray[np.bool_]) -> Iterator[dict[str, Any]]:
        """The links among pairs of rows, as the schema ``match_event`` has them, urgent ones first.

        Args:
            left: rows, in any order.
            right: rows, each the other of a pair.
            wanted: pairs of which a link is made whatever the outcome.
        """
        # What is compared, and so the link, must not depend on which of the two came first.
        order = self._store.rows["id_order"]
        turned = order[left] > order[right]
        left, right = np.where(turned, right, left), np.where(turned, left, right)
        found: list[dict[str, Any]] = []
        for start in range(0, len(left), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            judged = self.judge(left[part], right[part])
            chosen = np.flatnonzero((judged.duplicate > 0) | (judged.similar > 0) | wanted[part])
            found += [self._link(judged, int(pair)) for pair in chosen]
        found.sort(key=lambda link: (not link["urgent"], link["left"], link["right"]))
        yield from found

    def _link(self, judged: Judged, pair: int) -> dict[str, Any]:
        store, compared = self._store, judged.compared
        rows = int(compared.left[pair]), int(compared.right[pair])
        ids = store.id_of(rows[0]), store.id_of(rows[1])
        swapped = ids[0] > ids[1]
        if swapped:
            rows, ids = rows[::-1], ids[::-1]
        kind, outcome, doubtful = _outcome(judged, pair)
        bits = int(judged.weighed.duplicate[pair])
        columns = store.rows
        asks = bool(columns["asks"][rows[0]] or columns["asks"][rows[1]])
        link: dict[str, Any] = {}
        for side, row, id_ in zip(("left", "right"), rows, ids, strict=True):
            link |= {
                side: id_,
                f"{side}_revision": int(columns["revision"][row]),
                f"{side}_class": int(columns["policy_class"][row]),
                f"{side}_admitted_at": int(columns["admitted_ms"][row]),
            }
        return link | {
            "model": self._model.version,
            "kind": kind,
            "outcome": outcome,
            "possible_duplicate": doubtful,
            "duplicate_mbit": bits,
            "duplicate_ppm": probability_ppm(bits),
            "related_mbit": int(judged.related.surprise[pair]),
            "urgent": asks and columns["agency_id"][rows[0]] != columns["agency_id"][rows[1]],
            "reasons": reasons(store, compared, judged.weighed, pair, swapped=swapped),
            "keys": shared_keys(store, *rows),
        }


def _outcome(judged: Judged, pair: int) -> tuple[str, str, bool]:
    """Kind, outcome, and whether a person should look if it is one seizure."""
    duplicate, similar = int(judged.duplicate[pair]), int(judged.similar[pair])
    relation = KINDS[judged.related.kind[pair]]
    if duplicate == 2:  # linked
        return DUPLICATE, LINKED, False
    if similar == 2:
        return relation, LINKED, duplicate == 1
    if duplicate == 1:
        return DUPLICATE, REVIEW, True
    if similar == 1:
        return relation, REVIEW, False
    return NONE, BELOW, False


def _steps(values: npt.NDArray[np.int32], review: int, linked: int | npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    return ((values >= review).astype(np.int8) + (values >= linked)).astype(np.int8)


def _least(ppm: int) -> int:
    """The least weight whose probability reaches so many millionths."""
    low, high = -60_000, 60_000
    while low < high:
        middle = (low + high) // 2
        if probability_ppm(middle) >= ppm:
            high = middle
        else:
            low = middle + 1
    return low
