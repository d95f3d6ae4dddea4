"""Expectation maximisation finds the model that candidates were drawn from, and stays near belief where nothing is."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest

from stream_processors.match.levels import LEVELS, NUMBERS
from stream_processors.match.training.belief import M
from stream_processors.match.training.estimating import ESTIMATED, Candidates, Probabilities, estimate, scores

_PAIRS = 60_000
_SAME = 3_000
_EVERY_PAIR = 10_000_000


def _shares(of: Mapping[str, Mapping[str, float]]) -> Probabilities:
    return {field: np.array([1.0, *(of[field][level] for level in LEVELS[field][1:])]) for field in ESTIMATED}


def _even() -> Probabilities:
    """Other pairs: disagreement is as likely as all agreement together."""
    found = {}
    for field in ESTIMATED:
        levels = len(LEVELS[field]) - 1
        found[field] = np.array([1.0, *([0.2 / (levels - 1)] * (levels - 1)), 0.8])
    return found


def _true() -> Probabilities:
    """Not what is believed beforehand: days and amounts differ far more often."""
    date = dict.fromkeys(M["date"], 0.0) | {"same_day": 0.45, "one_day": 0.35, "apart": 0.15, "slipped": 0.05}
    amount = dict.fromkeys(M["amount"], 0.0) | {"exact": 0.3, "rounded_2": 0.4, "differs": 0.3}
    return _shares({**M, "date": date, "amount": amount})


def _drawn(of: Probabilities, pairs: int, chance: np.random.Generator) -> npt.NDArray[np.int8]:
    """Levels of pairs; a field in five is not stated."""
    columns = []
    for field in ESTIMATED:
        levels = chance.choice(np.arange(1, len(LEVELS[field])), pairs, p=of[field][1:] / of[field][1:].sum())
        columns.append(np.where(chance.random(pairs) < 0.2, 0, levels))
    return np.stack(columns, axis=1).astype(np.int8)


def _candidates(same: int, pairs: int) -> Candidates:
    chance = np.random.Generator(np.random.PCG64(1))
    levels = np.concatenate([_drawn(_true(), same, chance), _drawn(_even(), pairs - same, chance)])
    return Candidates(levels, np.zeros(pairs), np.zeros(levels.shape, np.bool_), 1.0)


def test_the_model_that_pairs_were_drawn_from_is_found() -> None:
    """Each m within three hundredths of the truth, mixed with belief as that counts; and how many pairs are."""
    found = estimate(_candidates(_SAME, _PAIRS), _even(), _shares(M), (_EVERY_PAIR, 2_500.0))

    assert found.history[-1] == pytest.approx(_SAME, rel=0.06)
    believed = 1_250 / (1_250 + 0.8 * _SAME)  # which state the field
    for field in ("date", "amount", "country", "mode"):
        expected = (1 - believed) * _true()[field] + believed * _shares(M)[field]
        assert np.abs(found.m[field] - expected).max() < 0.03
    assert found.prior == pytest.approx(np.log2(_SAME / _EVERY_PAIR), abs=0.5)
    assert not found.held


def test_both_distributions_are_found_where_all_pairs_are_candidates() -> None:
    """As among those that share a name: u is not counted, and begins at what is believed."""
    wrong = {field: np.array([1.0, *np.full(len(share) - 1, 1 / (len(share) - 1))]) for field, share in _even().items()}

    found = estimate(_candidates(_SAME, _PAIRS), wrong, _shares(M), (_PAIRS, 2_500.0), both=True)

    assert found.history[-1] == pytest.approx(_SAME, rel=0.05)
    assert np.abs(found.u["date"] - _even()["date"]).max() < 0.03


def test_where_nothing_is_one_seizure_belief_stays() -> None:
    """The estimate says that it is held at its bound, and m does not run away to chance agreements."""
    found = estimate(_candidates(0, 5_000), _even(), _shares(M), (_EVERY_PAIR, 50.0))

    assert found.held
    assert found.history[-1] <= 75 * 1.01
    same = NUMBERS["country"]["same"]
    assert found.m["country"][same] > 0.5
    assert all(np.isfinite(share).all() and (share[1:] > 0).all() for share in found.m.values())


def test_no_candidates_at_all_leave_what_was_believed() -> None:
    """A relation that nobody met keeps its belief."""
    found = estimate(_candidates(0, 0), _even(), _shares(M), (_EVERY_PAIR, 50.0))

    assert all((found.m[field] == _shares(M)[field]).all() for field in ESTIMATED)
    assert found.prior == pytest.approx(np.log2(50 / _EVERY_PAIR))
    assert found.held


def test_scores_are_log_odds() -> None:
    """A pair that states nothing has the prior."""
    candidates = _candidates(_SAME, _PAIRS)
    found = estimate(candidates, _even(), _shares(M), (_EVERY_PAIR, 2_500.0))
    silent = Candidates(
        np.zeros((1, len(ESTIMATED)), np.int8), np.zeros(1), np.zeros((1, len(ESTIMATED)), np.bool_), 1.0
    )

    assert scores(silent, found)[0] == pytest.approx(found.prior)
    told = scores(candidates, found)
    assert (told[:_SAME] > 0).mean() > 0.95
    assert (told[_SAME:] > 0).mean() < 0.001
