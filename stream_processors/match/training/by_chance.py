"""How often pairs that are not one seizure agree: counted over pairs at random, by relation.

Where a seizure lies is taken among those of its country, its circumstances among those of its place and substance: what
these agree in anyway tells nothing more.
"""

import numpy as np
import numpy.typing as npt

from stream_processors.match.comparing import Comparing, Comparison
from stream_processors.match.levels import CIRCUMSTANCES, LEVELS, NUMBERS
from stream_processors.match.pairing import Rows
from stream_processors.match.training.estimating import ESTIMATED, Probabilities
from stream_processors.match.training.sampling import at_random, in_one_country, in_one_place, of_one_agency

_SMOOTHING = 0.5
_ENOUGH = 2_000
_RELATION = NUMBERS["relation"]

Levels = npt.NDArray[np.int8]


def levels_of(found: Comparison) -> Levels:
    """One row a pair, one column a field of ESTIMATED."""
    return np.stack([found.levels[field].astype(np.int8) for field in ESTIMATED], axis=1)


def by_chance(comparing: Comparing, rows: Rows, seed: int) -> dict[str, Probabilities]:
    """Probabilities of the levels for pairs of two agencies, and of one."""
    store = comparing.store
    samples = {
        "anyhow": comparing.compare(*at_random(rows, seed)),
        "agency": comparing.compare(*of_one_agency(store, rows, seed)),
        "country": comparing.compare(*in_one_country(store, rows, seed)),
        "place": comparing.compare(*in_one_place(store, rows, seed)),
    }
    found: dict[str, Probabilities] = {}
    for relation, anyhow in (("other_agency", "anyhow"), ("same_agency", "agency")):
        within = {name: _within(sample, relation) for name, sample in samples.items()}
        place, circumstances = within["country"]["place"], within["place"]
        of_place = {field: circumstances[field] for field in CIRCUMSTANCES}
        found[relation] = {**within[anyhow], "place": place, **of_place}
    return found


def _within(sample: Comparison, relation: str) -> dict[str, npt.NDArray[np.float64]]:
    """Shares among the pairs of a relation; among all where they are too few."""
    kept = sample.levels["relation"] == _RELATION[relation]
    levels = levels_of(sample)
    return shares(levels[kept] if int(kept.sum()) >= _ENOUGH else levels)


def shares(levels: Levels) -> dict[str, npt.NDArray[np.float64]]:
    """Share of each level among the pairs that state the field; a level never seen counts half a pair."""
    found: dict[str, npt.NDArray[np.float64]] = {}
    for column, field in enumerate(ESTIMATED):
        counts = np.bincount(levels[:, column], minlength=len(LEVELS[field])).astype(np.float64) + _SMOOTHING
        counts[0] = 0
        found[field] = counts / counts.sum()
        found[field][0] = 1.0
    return found
