"""How often pairs that are not one seizure agree: counted over pairs at random, by relation.

Where a seizure lies is taken among those of its country, its circumstances among those of its place and substance: what
these agree in anyway tells nothing more.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from stream_processors.match.comparing import Comparing, Comparison
from stream_processors.match.levels import CIRCUMSTANCES, LEVELS, NUMBERS
from stream_processors.match.pairing import Rows
from stream_processors.match.training.estimating import ESTIMATED, Candidates, Probabilities
from stream_processors.match.training.sampling import at_random, in_one_country, in_one_place, of_one_agency
from stream_processors.match.weighing import Weighing

_SMOOTHING = 0.5
_ENOUGH = 2_000
_RELATION = NUMBERS["relation"]
_AT_ONCE = 200_000

Levels = npt.NDArray[np.int8]
Weights = npt.NDArray[np.float64]


def levels_of(found: Comparison) -> Levels:
    """One row a pair, one column a field of ESTIMATED."""
    return np.stack([found.levels[field].astype(np.int8) for field in ESTIMATED], axis=1)


def in_parts(comparing: Comparing, left: Rows, right: Rows) -> Iterator[Comparison]:
    """Compare many pairs, not all of them at once."""
    for start in range(0, len(left), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        yield comparing.compare(left[part], right[part])


def samples_of(comparing: Comparing, rows: Rows, seed: int) -> dict[str, Comparison]:
    """Pairs at random, compared: anyhow, within an agency, within a country, within a place and substance."""
    store = comparing.store
    return {
        "anyhow": comparing.compare(*at_random(rows, seed)),
        "agency": comparing.compare(*of_one_agency(store, rows, seed)),
        "country": comparing.compare(*in_one_country(store, rows, seed)),
        "place": comparing.compare(*in_one_place(store, rows, seed)),
    }


def by_chance(samples: Mapping[str, Comparison], weighing: Weighing | None = None) -> dict[str, Probabilities]:
    """Probabilities of the levels for pairs of two agencies, and of one.

    Args:
        samples: of `samples_of`.
        weighing: by what is known so far; pairs count by how likely they are not one seizure. In a small place one
            seizure reported twice is no rare pair, and would make its agreement look like chance.
    """
    found: dict[str, Probabilities] = {}
    others = {name: None if weighing is None else _other(weighing, sample) for name, sample in samples.items()}
    for relation, anyhow in (("other_agency", "anyhow"), ("same_agency", "agency")):
        within = {name: _within(sample, relation, others[name]) for name, sample in samples.items()}
        place, circumstances = within["country"]["place"], within["place"]
        of_place = {field: circumstances[field] for field in CIRCUMSTANCES}
        found[relation] = {**within[anyhow], "place": place, **of_place}
    return found


def of_lookalikes(candidates: Candidates, chance: Weights, least: float) -> Probabilities:
    """Probabilities in which different seizures agree that already look alike: one substance, one place, few days.

    Ships of one line and couriers of one ring agree in route, hiding place and day beyond all chance; what tells one
    seizure from its like is what counts, not what tells it from any other.

    Args:
        candidates: pairs that share a blocking key.
        chance: of each, that it is one seizure.
        least: how many pairs there must be.

    Returns:
        Of the fields in CIRCUMSTANCES; none where there are too few pairs.
    """
    levels = candidates.levels

    def is_(field: str, *names: str) -> npt.NDArray[np.bool_]:
        return np.isin(levels[:, ESTIMATED.index(field)], [NUMBERS[field][name] for name in names])

    there = is_("substance", "same", "some") & is_("country", "same") & ~is_("place", "differs", "far")
    soon = is_("date", "same_day", "one_day", "three_days", "ten_days", "overlapping")
    alike = is_("concealment", "same") | is_("departure", "same") | is_("destination", "same")
    found: dict[str, npt.NDArray[np.float64]] = {}
    for field in CIRCUMSTANCES:
        chosen = there & (alike if field == "date" else soon)
        if float((1 - chance)[chosen].sum()) >= least:
            found[field] = shares(levels[chosen], (1 - chance)[chosen])[field]
    return found


def _other(weighing: Weighing, sample: Comparison) -> Weights:
    """How likely each pair is not one seizure."""
    bits = np.clip(weighing.weigh(sample).duplicate / 1_000, -60, 60)
    return 1 / (1 + np.exp2(bits))


def _within(sample: Comparison, relation: str, weights: Weights | None) -> dict[str, npt.NDArray[np.float64]]:
    """Shares among the pairs of a relation; among all where they are too few."""
    kept = sample.levels["relation"] == _RELATION[relation]
    levels = levels_of(sample)
    chosen = kept if int(kept.sum()) >= _ENOUGH else np.ones(len(kept), np.bool_)
    return shares(levels[chosen], None if weights is None else weights[chosen])


def shares(levels: Levels, weights: Weights | None = None) -> dict[str, npt.NDArray[np.float64]]:
    """Share of each level among the pairs that state the field; a level never seen counts half a pair."""
    found: dict[str, npt.NDArray[np.float64]] = {}
    for column, field in enumerate(ESTIMATED):
        counts = np.bincount(levels[:, column], weights, len(LEVELS[field])).astype(np.float64) + _SMOOTHING
        counts[0] = 0
        found[field] = counts / counts.sum()
        found[field][0] = 1.0
    return found
