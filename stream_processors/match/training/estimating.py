"""The probabilities of agreement of one seizure reported twice, by expectation maximisation.

The u of each level is counted over pairs at random and kept. The m, and how many pairs are one seizure, are estimated
in turn: from the model of the moment the probability of each candidate pair, from these the next model (Dempster, Laird
and Rubin 1977; for record linkage Winkler 1988). Pairs that share no blocking key are taken for different. Without
belief the method would settle on whatever groups are plainest, such as all parcels of one mail centre: so the belief
beforehand counts like pairs, and the number of pairs stays near what is expected.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stream_processors.match.levels import FIELDS

ESTIMATED = tuple(field for field in FIELDS if field != "relation")
Probabilities = Mapping[str, npt.NDArray[np.float64]]
"""Field → probability of each level among pairs that state the field; of level 0 it is 1."""
_BELIEVED = 0.5
"""What is believed beforehand counts as much as this part of the pairs that are expected."""
_FARTHEST = 1.5
"""The pairs found are at most so many times those expected, and at least such a part of them."""
_ROUNDS = 50
_STILL = 1e-4
_CLOSE = 1e-6
_HALVINGS = 50

Bits = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidates:
    """Pairs to learn from; columns of equal length.

    Attributes:
        levels: one row a pair, one column a field of ESTIMATED: number of the level.
        surprise: sum of the surprise at common values, in bits.
        frequent: the same shape as levels: whether the surprise stands for the level's u.
        weight: how many pairs each stands for.
    """

    levels: npt.NDArray[np.int8]
    surprise: npt.NDArray[np.float64]
    frequent: npt.NDArray[np.bool_]
    weight: float


@dataclass(frozen=True)
class Estimated:
    """What was estimated.

    Attributes:
        m: probabilities of the levels for one seizure reported twice.
        u: the same for other pairs.
        prior: log2 of the odds that a pair is one seizure.
        history: how many pairs are, after each round; without candidates none, and what was believed is left.
        held: whether these are as many, or as few, as may be found at all (_FARTHEST): then belief decided.
        chance: of each candidate, that it is one seizure.
    """

    m: Probabilities
    u: Probabilities
    prior: float
    history: tuple[float, ...]
    chance: Bits
    held: bool = False


def estimate(
    candidates: Candidates, u: Probabilities, prior: Probabilities, numbers: tuple[float, float], *, both: bool = False
) -> Estimated:
    """Estimate m and the number of pairs that are one seizure.

    Where there are no candidates, what is believed stays.

    Args:
        candidates: pairs that share a blocking key.
        u: probabilities of the levels for other pairs.
        prior: what is believed of m beforehand; also where it begins.
        numbers: how many pairs there are, and of how many is believed beforehand that they are one seizure.
        both: whether u is estimated too, from candidates that are all the pairs there are.
    """
    all_pairs, first = numbers
    if not len(candidates.levels):
        return Estimated(prior, u, math.log2(first / all_pairs), (0.0,), np.empty(0), held=True)
    m, odds, history = prior, math.log2(first / all_pairs), list[float]()
    believed_u, weight = u, candidates.weight
    for _ in range(_ROUNDS):
        bits = _bits(candidates, m, u)
        odds = odds if both else _within(bits, odds, first / weight)
        chance = _chance(bits + odds) * weight
        history.append(float(chance.sum()))
        following = {
            field: _next(candidates.levels[:, column], chance, _BELIEVED * first * prior[field])
            for column, field in enumerate(ESTIMATED)
        }
        if both:
            u = {
                field: _next(candidates.levels[:, column], weight - chance, _BELIEVED * first * believed_u[field])
                for column, field in enumerate(ESTIMATED)
            }
        moved = max(float(np.abs(following[field] - m[field]).max()) for field in ESTIMATED)
        m, odds = following, math.log2(history[-1] / all_pairs)
        if moved < _STILL:
            break
    bits = _bits(candidates, m, u)
    last = odds if both else _within(bits, odds, first / weight)
    return Estimated(m, u, last, tuple(history), _chance(bits + last), abs(last - odds) > _CLOSE)


def scores(candidates: Candidates, found: Estimated) -> npt.NDArray[np.float64]:
    """Of each candidate the log2 of the odds that it is one seizure, under what was estimated."""
    return _bits(candidates, found.m, found.u) + found.prior


def _bits(candidates: Candidates, m: Probabilities, u: Probabilities) -> Bits:
    """Evidence for each pair, without the prior."""
    bits = candidates.surprise.copy()
    for column, field in enumerate(ESTIMATED):
        level, frequent = candidates.levels[:, column], candidates.frequent[:, column]
        weight = np.log2(m[field])
        bits += np.where(frequent, weight[level], (weight - np.log2(u[field]))[level])
    return bits


def _chance(bits: Bits) -> Bits:
    return 1 / (1 + np.exp2(-np.clip(bits, -60, 60)))


def _within(bits: Bits, odds: float, first: float) -> float:
    """The prior, moved so that the pairs that it finds are about as many as expected."""
    found = float(_chance(bits + odds).sum())
    wanted = min(max(found, first / _FARTHEST), first * _FARTHEST, 0.9 * len(bits) + 1e-9)
    if abs(found - wanted) < _CLOSE * wanted:
        return odds
    low, high = -60.0, 60.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if float(_chance(bits + middle).sum()) > wanted else (middle, high)
    return (low + high) / 2


def _next(
    level: npt.NDArray[np.int8], chance: npt.NDArray[np.float64], believed: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    counts = np.bincount(level, weights=chance, minlength=len(believed)) + believed
    counts[0] = 0
    shares: npt.NDArray[np.float64] = counts / counts.sum()
    shares[0] = 1.0
    return shares
