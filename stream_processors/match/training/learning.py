"""Learning a model from incidents."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from schemas.errors import ModelError
from stream_processors.match.closing import COMMUNITY
from stream_processors.match.comparing import Comparing
from stream_processors.match.levels import FREQUENT, LEVELS, NUMBERS, STRATA, SURPRISING
from stream_processors.match.matcher import Matcher
from stream_processors.match.model import Model, Stratum, shipped_model
from stream_processors.match.pairing import Rows
from stream_processors.match.store import Store
from stream_processors.match.token_comparing import ENTITY, MARK
from stream_processors.match.training.belief import IN_NETWORKS, M_AGAIN, SECOND_REPORTS, M
from stream_processors.match.training.by_chance import by_chance, of_lookalikes, samples_of, shares
from stream_processors.match.training.candidates import candidates_of
from stream_processors.match.training.estimating import (
    ESTIMATED,
    Candidates,
    Estimated,
    Probabilities,
    estimate,
    scores,
)
from stream_processors.match.training.frequencies import surprises
from stream_processors.match.training.sampling import compared, part_of
from stream_processors.match.weighing import Weighing

FEWEST_INCIDENTS = 1_000
_MOST_PAIRS = 1_000_000
_FEWEST_PAIRS = 50
"""Of fewer pairs of a relation nothing is learned: what the base knows of it stays."""
_ROUNDS = 3
"""What is chance is counted anew so often, each time without what was just found to be one seizure."""
_FEWEST_ALIKE = 200
_FORTNIGHT = 14
_MOST_MBIT = 15_000
_NETWORK = "shared_name"


@dataclass(frozen=True)
class Learned:
    """A model, and how it was come by.

    Attributes:
        model: what was learned.
        estimated: relation → the last round of expectation maximisation.
        incidents: how many were learned from.
        candidates: how many pairs share a blocking key.
        scores: relation → whole bits of the score under the model → how many candidates have it, rounded down.
    """

    model: Model
    estimated: Mapping[str, Estimated]
    incidents: int
    candidates: int
    scores: Mapping[str, Mapping[int, int]]


def learn(
    frames: Iterable[pl.DataFrame],
    name: str,
    seed: int = 0,
    base: Model | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> Learned:
    """Learn a model from enriched incidents; restricted ones are left out.

    The same set of records gives the same model, however they are ordered and cut into parts, if the revisions of each
    incident come in their order. What is held is the columns of the matcher and at most a million pairs.

    Args:
        frames: enriched incidents as the columnar decoder gives them, in any number of parts.
        name: of the model, for people.
        seed: of the pairs that are drawn.
        base: whose limits of keys, thresholds and calibration are kept; else the shipped model.
        on_step: told what comes next.

    Raises:
        ModelError: there are too few incidents to learn from.
    """
    given = base or shipped_model()
    on_step("reading incidents")
    matcher = Matcher(given)
    for frame in frames:
        matcher.apply(matcher.take(frame, silent=True))
    store = matcher.store
    size = store.rows.size
    rows = _by_id(store, np.flatnonzero(store.rows["alive"][:size] & (store.rows["policy_class"][:size] == COMMUNITY)))
    if len(rows) < FEWEST_INCIDENTS:
        raise ModelError(
            f"{len(rows)} community incidents are too few to learn from; {FEWEST_INCIDENTS} are needed at least"
        )
    on_step("counting values")
    counted = given.model_copy(update={"surprise": surprises(store, rows)})
    comparing = Comparing(store)
    on_step("comparing pairs at random")
    samples = samples_of(comparing, rows, seed)
    on_step("comparing candidates")
    places = np.zeros(size, np.int64)
    places[rows] = np.arange(len(rows))
    left, right, stands_for = part_of(compared(store, rows, given.key_limits()), places, _MOST_PAIRS, seed)
    candidates = candidates_of(comparing, Weighing(store, counted), (rows[left], rows[right]), stands_for)
    on_step("estimating")
    numbers = _numbers(store, rows, candidates)
    model, weighing, estimated = counted, None, dict[str, Estimated]()
    for _ in range(_ROUNDS):
        chance = by_chance(samples, weighing)
        for relation, found in estimated.items():
            if relation in chance:
                alike = of_lookalikes(candidates[relation], found.chance, _FEWEST_ALIKE)
                chance[relation] = {**chance[relation], **alike}
        estimated = {
            relation: _estimate(relation, candidates[relation], chance.get(relation), numbers[relation])
            for relation in STRATA
        }
        model = _model(counted, estimated, candidates)
        weighing = Weighing(store, model)
    many = len(left) * stands_for
    trained_on = {"incidents": len(rows), "candidate_pairs": many, "seed": seed}
    model = model.model_copy(update={"name": name, "chance": _chance(store, rows), "trained_on": trained_on})
    scored = {relation: _scored(candidates[relation], estimated[relation]) for relation in STRATA}
    return Learned(Model.model_validate(model.model_dump()), estimated, len(rows), many, scored)


def _model(base: Model, estimated: Mapping[str, Estimated], candidates: Mapping[str, Candidates]) -> Model:
    """The base with what was estimated."""
    prior = estimated["other_agency"].prior
    strata = {
        relation: _stratum(relation, found, prior)
        if len(candidates[relation].levels) >= _FEWEST_PAIRS
        else base.strata[relation]
        for relation, found in estimated.items()
    }
    return base.model_copy(update={"prior": round(1_000 * prior), "strata": strata})


def _by_id(store: Store, rows: Rows) -> Rows:
    """Rows in the order of their incidents' ids, which does not depend on how they came."""
    ids = store.ids_of(rows)
    return rows[sorted(range(len(ids)), key=ids.__getitem__)]


def _scored(candidates: Candidates, found: Estimated) -> dict[int, int]:
    bits, counts = np.unique(np.floor(scores(candidates, found)).astype(np.int64), return_counts=True)
    return dict(zip(bits.tolist(), (counts * round(candidates.weight)).tolist(), strict=True))


def _numbers(store: Store, rows: Rows, candidates: Mapping[str, Candidates]) -> dict[str, tuple[float, float]]:
    """Of each relation how many pairs there are, and of how many is believed beforehand that they are one seizure."""
    agencies = np.bincount(store.rows["agency_id"][rows]).astype(np.float64)
    same = max(1.0, float((agencies * (agencies - 1) / 2).sum()))
    other = max(1.0, len(rows) * (len(rows) - 1) / 2 - same)
    network = max(1.0, len(candidates[_NETWORK].levels) * candidates[_NETWORK].weight)
    return {
        "other_agency": (other, SECOND_REPORTS["other_agency"] * len(rows)),
        "same_agency": (same, SECOND_REPORTS["same_agency"] * len(rows)),
        _NETWORK: (network, IN_NETWORKS * network),
    }


def _estimate(
    relation: str, candidates: Candidates, chance: Probabilities | None, numbers: tuple[float, float]
) -> Estimated:
    believed = {**M, **M_AGAIN} if relation == "same_agency" else M
    belief = {field: np.array([1.0, *(believed[field][level] for level in LEVELS[field][1:])]) for field in ESTIMATED}
    if chance is not None:
        return estimate(candidates, chance, belief, numbers)
    # What a network agrees in anyway shows in its pairs that lie far apart in time; then in all that are not one.
    column = ESTIMATED.index("date")
    apart = candidates.levels[:, column] == NUMBERS["date"]["apart"]
    anyway = shares(candidates.levels[apart])
    anyway["date"] = shares(candidates.levels)["date"]
    return estimate(candidates, anyway, belief, numbers, both=True)


def _stratum(relation: str, found: Estimated, prior: float) -> Stratum:
    m, u = _told(found.m), _told(found.u)
    weights: dict[str, dict[str, int]] = {}
    for field in ESTIMATED:
        rare = FREQUENT.get(field, ()) if field in SURPRISING[relation] else ()
        weights[field] = {
            level: _mbit(m[field][level], 1.0 if level in rare else u[field][level]) for level in m[field]
        }
    if relation == _NETWORK:
        # That they share a name or mark is the relation, and says nothing more within it.
        weights |= {field: dict.fromkeys(m[field], 0) for field in (MARK, ENTITY)}
    weights["relation"] = {relation: round(1_000 * (found.prior - prior))}
    return Stratum(weights=weights, m=m, u=u)


def _told(found: Probabilities) -> dict[str, dict[str, float]]:
    """Six digits of each: the last ones are not the same on every machine."""
    return {
        field: {
            level: float(f"{share:.6g}")
            for level, share in zip(LEVELS[field][1:], found[field][1:].tolist(), strict=True)
        }
        for field in ESTIMATED
    }


def _chance(store: Store, rows: Rows) -> int:
    """log2 of how many incidents there are in a fortnight, in thousandths of a bit."""
    days = store.rows["first_day"][rows]
    span = max(float(np.quantile(days, 0.99) - np.quantile(days, 0.01)), _FORTNIGHT)
    return round(1_000 * math.log2(max(1.0, len(rows) * _FORTNIGHT / span)))


def _mbit(m: float, u: float) -> int:
    return max(-_MOST_MBIT, min(_MOST_MBIT, _mbit_of(m / u)))


def _mbit_of(ratio: float) -> int:
    return round(1_000 * math.log2(ratio))
