"""What the sums of a model's weights mean, on worlds whose truth is known: a logistic regression for each relation."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from stream_processors.match import Model
from stream_processors.match.levels import STRATA
from stream_processors.match.model import Calibration
from tests.accuracy.measuring import World
from tests.accuracy.predictors.ours import matched

_ROUNDS, _STEP = 200, 0.2
_BELIEF = 1.0
"""How firmly the sums are believed as they are; it decides where one score parts what is true from what is not."""


def calibrations(model: Model, worlds: Sequence[World]) -> dict[str, Calibration]:
    """Relation → its calibration, over the pairs that the model, which must have none, links or puts to review."""
    told = pl.concat([_told(model, world) for world in worlds])
    found = {}
    for relation in STRATA:
        mine = told.filter(relation=relation)
        found[relation] = fitted(mine["mbit"].to_numpy() / 1_000, mine["true"].to_numpy().astype(np.float64))
    return found


def fitted(bits: npt.NDArray[Any], true: npt.NDArray[np.float64]) -> Calibration:
    """Of scores in bits, of which each is true (1) or not (0), by Newton's method in short steps."""
    of = np.stack([np.ones(len(bits)), bits], axis=1)
    line = as_it_is = np.array([0.0, math.log(2)])
    for _ in range(_ROUNDS):
        said = 1 / (1 + np.exp(-np.clip(of @ line, -60, 60)))
        slope = of.T @ (true - said) - _BELIEF * (line - as_it_is)
        bend = (of * (said * (1 - said))[:, None]).T @ of + _BELIEF * np.eye(2)
        step = np.linalg.solve(bend, slope)
        line = line + step * min(1.0, _STEP / max(np.abs(step).max(), _STEP))
    offset, per_bit = (line / math.log(2) * 1_000).round().astype(int).tolist()
    return Calibration(slope=per_bit, offset=offset)


def _told(model: Model, world: World) -> pl.DataFrame:
    rows = list[tuple[str, str, int, str]]()
    for link in matched(model, world.enriched)[1]:
        if link["possible_duplicate"] or link["kind"] == "DUPLICATE":
            relation = next(each["level"] for each in link["reasons"] if each["field"] == "relation")
            rows.append((link["left"], link["right"], link["duplicate_mbit"], relation))
    told = pl.DataFrame(rows, ["left", "right", "mbit", "relation"], orient="row")
    told = told.unique(["left", "right"], keep="last")
    right = world.true.select("left", "right", pl.lit(value=True).alias("true"))
    return told.join(right, on=["left", "right"], how="left").with_columns(pl.col("true").fill_null(value=False))
