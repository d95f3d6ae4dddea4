"""The pairs that the matcher would compare, as columns to learn from: by relation, each with its levels."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from stream_processors.match.comparing import Comparing
from stream_processors.match.levels import FREQUENT, NUMBERS, STRATA, SURPRISING
from stream_processors.match.pairing import Rows
from stream_processors.match.training.by_chance import in_parts, levels_of
from stream_processors.match.training.estimating import ESTIMATED, Candidates
from stream_processors.match.weighing import Weighing

_RELATION = NUMBERS["relation"]


def candidates_of(
    comparing: Comparing, weighing: Weighing, pairs: tuple[Rows, Rows], stands_for: int
) -> Mapping[str, Candidates]:
    """The candidates of each relation.

    Args:
        comparing: of the store.
        weighing: by which the surprise at common values is known.
        pairs: distinct pairs of rows.
        stands_for: how many pairs each stands for.
    """
    levels, relations = [np.empty((0, len(ESTIMATED)), np.int8)], [np.empty(0, np.int8)]
    surprise = [np.empty((0, len(ESTIMATED)))]
    for found in in_parts(comparing, *pairs):
        levels.append(levels_of(found))
        relations.append(found.levels["relation"])
        surprise.append(weighing.weigh(found).surprise[:, : len(ESTIMATED)] / 1_000)
    all_levels, all_relations, surprises = np.concatenate(levels), np.concatenate(relations), np.concatenate(surprise)
    result = {}
    for relation in STRATA:
        here = all_relations == _RELATION[relation]
        surprising = np.array([field in SURPRISING[relation] for field in ESTIMATED])
        frequent = _frequent(all_levels[here]) & surprising
        sums = np.where(frequent, surprises[here], 0.0).sum(axis=1)
        result[relation] = Candidates(all_levels[here], sums, frequent, stands_for)
    return result


def _frequent(levels: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    columns = [
        np.isin(levels[:, column], [NUMBERS[field][level] for level in FREQUENT.get(field, ())])
        for column, field in enumerate(ESTIMATED)
    ]
    return np.stack(columns, axis=1)
