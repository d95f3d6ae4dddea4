"""Everyone over every set: what they predicted, how long it took, and how it compares with the truth."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from tests.accuracy.enriching import enriched, real_bodies
from tests.accuracy.labelled import labelled_pairs
from tests.accuracy.metrics.clusters import BCubed, b_cubed, clusters
from tests.accuracy.metrics.judged import judged, judged_labels
from tests.accuracy.metrics.scores import recall_of_candidates
from tests.accuracy.predictors.port import Predict
from tests.accuracy.truth import labels, same_network, same_seizure, truth
from tests.accuracy.world import Scale, reports

Step = Callable[[str], None]
"""Called as each step begins, with what it is."""


@dataclass(frozen=True, slots=True)
class World:
    """One generated set.

    Attributes:
        known: `tests.accuracy.truth.TRUTH`.
        true: left, right of its true pairs.
    """

    seed: int
    enriched: pl.DataFrame
    known: pl.DataFrame
    true: pl.DataFrame


@dataclass(slots=True)
class Found:
    """What one predictor did over some sets of one kind.

    Attributes:
        judged: `tests.accuracy.metrics.judged.judged`, with the units of all sets apart.
        incidents: number of incidents in the sets.
        compared: pairs compared, None where it does not tell.
        blocking: blocking recall of each set.
        cubed: B-cubed of each set.
        related: what it related in each set (`tests.accuracy.metrics.correlated.CORRELATED`), where it relates at all.
    """

    name: str
    judged: pl.DataFrame
    incidents: int = 0
    review: int = 0
    seconds: float = 0.0
    compared: int | None = None
    blocking: list[float] = field(default_factory=list)
    cubed: list[BCubed] = field(default_factory=list)
    related: list[pl.DataFrame] = field(default_factory=list)


def world(incidents: int, seed: int) -> World:
    """A generated set, enriched."""
    made = list(reports(Scale(incidents, seed)))
    known = truth(made)
    return World(seed, enriched(report.body for report in made), known, same_seizure(known))


def over_worlds(worlds: Sequence[World], predictors: Sequence[Predict], step: Step) -> list[Found]:
    """Every predictor over all worlds, its pairs pooled; a seizure of one world is no seizure of another."""
    return [_over_worlds(worlds, predict, step) for predict in predictors]


def _over_worlds(worlds: Sequence[World], predict: Predict, step: Step) -> Found:
    frames: list[pl.DataFrame] = []
    found = Found(predict.name, pl.DataFrame())
    for number, each in enumerate(worlds):
        step(f"{predict.name}, seed {each.seed}")
        predicted, seconds = _timed(predict, each.enriched)
        apart = number * 10_000_000
        units = each.known.select("incident_id", unit=pl.col("seizure").cast(pl.Int64) + apart)
        pairs = judged(predicted, each.true, units)
        frames.append(pairs.with_columns(set=pl.lit(each.seed)))
        found.incidents += each.known.height
        found.review += pairs.filter("reviewed").height
        found.seconds += seconds
        if (compared := predict.compared()) is not None:
            found.compared = (found.compared or 0) + compared.height
            found.blocking.append(recall_of_candidates(compared, each.true) or 0.0)
        if (related := predict.related()) is not None:
            found.related.append(related.with_columns(set=pl.lit(each.seed)))
        linked = clusters(each.known["incident_id"], pairs.filter("linked"))
        found.cubed.append(b_cubed(linked, each.known))
    found.judged = pl.concat(frames)
    return found


def networks_of(worlds: Sequence[World]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The pairs of one network, with its kind, and those of one seizure; ``set`` is the seed of each one's world."""
    return (
        pl.concat([same_network(each.known).with_columns(set=pl.lit(each.seed)) for each in worlds]),
        pl.concat([each.true.with_columns(set=pl.lit(each.seed)) for each in worlds]),
    )


def known_of(worlds: Sequence[World]) -> dict[int, pl.DataFrame]:
    """Seed → what is true of its incidents."""
    return {each.seed: each.known for each in worlds}


@dataclass(frozen=True, slots=True)
class RealSet:
    """The real file.

    Attributes:
        labels: `tests.accuracy.truth.labels`.
        units: incident_id, unit: a number for each reporting country, whose sources repeat their habits.
    """

    enriched: pl.DataFrame
    labels: pl.DataFrame
    units: pl.DataFrame


def real(path: Path) -> RealSet:
    """The real file, enriched, with its labelled pairs."""
    columns = enriched(real_bodies(path))
    units = columns.select("incident_id", unit=pl.col("agency_id").rank("dense").cast(pl.Int64))
    return RealSet(columns, labels(labelled_pairs(path)), units)


def over_real(data: RealSet, predictors: Sequence[Predict], step: Step) -> list[Found]:
    """Every predictor over the real file, measured on the labelled pairs alone."""
    done = []
    for predict in predictors:
        step(f"{predict.name}, real file")
        predicted, seconds = _timed(predict, data.enriched)
        pairs = judged_labels(predicted, data.labels, data.units)
        found = Found(predict.name, pairs, data.enriched.height, seconds=seconds)
        found.review = predicted.filter(pl.col("outcome") == "review").height
        if (compared := predict.compared()) is not None:
            found.compared = compared.height
            found.blocking.append(recall_of_candidates(compared, pairs.filter("true")) or 0.0)
        done.append(found)
    return done


def _timed(predict: Predict, columns: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    begun = time.perf_counter()
    predicted = predict(columns)
    return predicted, time.perf_counter() - begun
