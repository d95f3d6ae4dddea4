"""Pairwise precision, recall and F1, with 95 % intervals by resampling seizures.

Pairs are not independent: one seizure reported four times makes six, and one that looks like many makes many false
ones. So what is drawn again is the unit (the seizure; for labelled pairs their source), by the Poisson bootstrap: in
each replicate each unit has a weight of Poisson(1), drawn once for all predictors (Hanley and MacGibbon 2006; Chamandy
et al. 2012). A pair within a unit has the unit's weight, a pair of two units the product, as their copies would be
paired. The difference of two predictors is taken in each replicate, which makes its interval a paired one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from random import Random

import polars as pl

REPLICATES = 500
_POISSON = (0.36787944, 0.73575888, 0.91969860, 0.98101184, 0.99634015, 0.99940582, 0.99991676, 1.0)
"""Cumulated probabilities of Poisson(1); seven and more are one case, one in twelve thousand."""


_ONE = pl.Series([1], dtype=pl.UInt8)


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % interval; all null where nothing was there to count."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1; `with_review` is the recall if people look at all that is put to review."""

    precision: Interval
    recall: Interval
    f1: Interval
    with_review: Interval


class Resampling:
    """The weights of units in all replicates, the same for all who are measured.

    Args:
        judged: frames of `judged` over one set; all their units take part.
    """

    def __init__(self, judged: Iterable[pl.DataFrame], seed: int = 1, replicates: int = REPLICATES) -> None:
        units: set[int] = set()
        for frame in judged:
            units.update(frame["unit_left"], frame["unit_right"])
        self._places = {unit: place for place, unit in enumerate(sorted(units))}
        self._seed, self._replicates = seed, replicates
        self._counted: dict[int, tuple[pl.DataFrame, list[_Counts]]] = {}

    @cached_property
    def _weights(self) -> list[pl.Series]:
        chance = Random(self._seed)  # noqa: S311  # the same intervals each time, nothing secret
        size, weights = len(self._places), range(len(_POISSON))
        return [
            pl.Series(chance.choices(weights, cum_weights=_POISSON, k=size), dtype=pl.UInt8)
            for _ in range(self._replicates)
        ]

    def counts(self, judged: pl.DataFrame) -> list["_Counts"]:
        """The weighted counts of each replicate, worked out once for each frame."""
        known = self._counted.get(id(judged))
        if known is None:
            # The frame is kept with its counts, so that no other one can come to have its id.
            known = self._counted[id(judged)] = judged, self._count(judged)
        return known[1]

    def _count(self, judged: pl.DataFrame) -> list["_Counts"]:
        left, right = (
            judged[side].replace_strict(self._places, return_dtype=pl.UInt32) for side in ("unit_left", "unit_right")
        )
        apart = left != right
        flags = _flags(judged)
        found = []
        for weights in self._weights:
            first, second = weights.gather(left), weights.gather(right)
            pair = first.cast(pl.Float64) * second.zip_with(apart, _ONE).cast(pl.Float64)
            found.append(_Counts(*(float((pair * flag).sum()) for flag in flags)))
        return found


@dataclass(frozen=True, slots=True)
class _Counts:
    linked_true: float
    linked: float
    true: float
    shown_true: float

    def precision(self) -> float | None:
        return self.linked_true / self.linked if self.linked else None

    def recall(self) -> float | None:
        return self.linked_true / self.true if self.true else None

    def f1(self) -> float | None:
        both = self.linked + self.true
        return 2 * self.linked_true / both if both else None

    def with_review(self) -> float | None:
        return self.shown_true / self.true if self.true else None


def score(judged: pl.DataFrame, resampling: Resampling) -> Score:
    """Precision, recall and F1 of the links, and recall with review, over the pairs of `judged`."""
    whole, replicates = _whole(judged), resampling.counts(judged)
    return Score(
        _interval(whole.precision(), [each.precision() for each in replicates]),
        _interval(whole.recall(), [each.recall() for each in replicates]),
        _interval(whole.f1(), [each.f1() for each in replicates]),
        _interval(whole.with_review(), [each.with_review() for each in replicates]),
    )


def f1_difference(ours: pl.DataFrame, theirs: pl.DataFrame, resampling: Resampling) -> Interval:
    """F1 of the first minus F1 of the second, both `judged` over one set, with its paired interval."""
    pairs = zip(resampling.counts(ours), resampling.counts(theirs), strict=True)
    return _interval(
        _minus(_whole(ours).f1(), _whole(theirs).f1()), [_minus(mine.f1(), other.f1()) for mine, other in pairs]
    )


def recall_of_candidates(candidates: pl.DataFrame, true: pl.DataFrame) -> float | None:
    """Blocking recall: the share of the true pairs (left, right) that are among the pairs compared (left, right)."""
    if true.is_empty():
        return None
    return true.join(candidates, on=["left", "right"], how="semi").height / true.height


def _flags(judged: pl.DataFrame) -> list[pl.Series]:
    true, linked = judged["true"], judged["linked"]
    shown = linked | judged["reviewed"]
    return [flag.cast(pl.Float64) for flag in (true & linked, linked, true, true & shown)]


def _whole(judged: pl.DataFrame) -> _Counts:
    return _Counts(*(float(flag.sum()) for flag in _flags(judged)))


def _interval(value: float | None, replicates: Iterable[float | None]) -> Interval:
    known = pl.Series([each for each in replicates if each is not None], dtype=pl.Float64)
    if value is None or known.is_empty():
        return Interval(value, None, None)
    low, high = known.quantile(0.025, "linear"), known.quantile(0.975, "linear")
    return Interval(value, low, high)


def _minus(mine: float | None, theirs: float | None) -> float | None:
    return None if mine is None or theirs is None else mine - theirs
