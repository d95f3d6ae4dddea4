"""How often pairs that are not one seizure agree: counted over pairs at random, by relation.

Where a seizure lies is taken among those of its country, its circumstances among those of its place and substance: what
these agree in anyway tells nothing more.
"""

from collections.abc import Iterator

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
_AT_ONCE = 200_000

Levels = npt.NDArray[np.int8]


def levels_of(found: Comparison) -> Levels:
    """One row a pair, one column a field of ESTIMATED."""
    return np.stack([found.levels[field].astype(np.int8) for field in ESTIMATED], axis=1)


def in_parts(comparing: Comparing, left: Rows, right: Rows) -> Iterator[Comparison]:
    """Compare many pairs, not all of them at once."""
    for start in range(0, len(left), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        yield comparing.compare(left[part], right[part])


def by_chance(comparing: Comparing, rows: Rows, seed: int) -> dict[str, Probabilities]:
    """Probabilities of the levels for pairs of two agencies, and of one."""
    store = comparing.store
    samples = {
        "anyhow": _sample(comparing, at_random(rows, seed)),
        "agency": _sample(comparing, of_one_agency(store, rows, seed)),
        "country": _sample(comparing, in_one_country(store, rows, seed)),
        "place": _sample(comparing, in_one_place(store, rows, seed)),
    }
    found: dict[str, Probabilities] = {}
    for relation, anyhow in (("other_agency", "anyhow"), ("same_agency", "agency")):
        within = {name: _within(sample, relation) for name, sample in samples.items()}
        place, circumstances = within["country"]["place"], within["place"]
        of_place = {field: circumstances[field] for field in CIRCUMSTANCES}
        found[relation] = {**within[anyhow], "place": place, **of_place}
    return found


def _sample(comparing: Comparing, pairs: tuple[Rows, Rows]) -> tuple[Levels, npt.NDArray[np.int8]]:
    """Levels of pairs, and their relations."""
    levels, relations = [np.empty((0, len(ESTIMATED)), np.int8)], [np.empty(0, np.int8)]
    for found in in_parts(comparing, *pairs):
        levels.append(levels_of(found))
        relations.append(found.levels["relation"])
    return np.concatenate(levels), np.concatenate(relations)


def _within(sample: tuple[Levels, npt.NDArray[np.int8]], relation: str) -> dict[str, npt.NDArray[np.float64]]:
    """Shares among the pairs of a relation; among all where they are too few."""
    levels, relations = sample
    kept = relations == _RELATION[relation]
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
