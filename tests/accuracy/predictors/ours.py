"""This project's matcher behind the port: the real fold, in batches as its worker takes them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from schemas.columnar import ROW
from stream_processors.match import Matcher, Model, shipped_model
from stream_processors.match.closing import COMMUNITY
from stream_processors.match.training.learning import learn
from stream_processors.match.training.sampling import compared
from tests.accuracy.metrics.correlated import CORRELATED, DUPLICATE, LINKED, REVIEW
from tests.accuracy.metrics.judged import PREDICTED

BATCH = 5_000
"""Incidents that the fold takes at once."""
OURS, OURS_LEARNED = "this project, shipped model", "this project, learned here"
OURS_BALANCED = "this project, linking where F1 is best"


@dataclass(slots=True)
class Ours:
    """The matcher under a model.

    Attributes:
        name: as the tables show it.
        model: the model for a set of incidents (`tests.accuracy.enriching.enriched`).
        linking: probability from which on it links; where the model's thresholds say, if none is given.
    """

    name: str
    model: Callable[[pl.DataFrame], Model]
    linking: float | None = None
    _compared: pl.DataFrame | None = field(default=None, init=False)
    _related: pl.DataFrame | None = field(default=None, init=False)

    def __call__(self, enriched: pl.DataFrame) -> pl.DataFrame:
        """See `Predict`. Only links that count are given: those under a key that is still open."""
        model = self.model(enriched)
        matcher, counting = matched(model, enriched)
        self._compared = _pairs_compared(matcher, model)
        self._related = _frame(_related(counting), CORRELATED)
        found = _frame(_duplicates(counting), PREDICTED)
        if self.linking is None:
            return found
        outcome = pl.when(pl.col("probability") >= self.linking).then(pl.lit(LINKED)).otherwise(pl.lit(REVIEW))
        return found.with_columns(outcome.alias("outcome"))

    def compared(self) -> pl.DataFrame | None:
        """See `Predict`."""
        return self._compared

    def related(self) -> pl.DataFrame | None:
        """See `Correlate`."""
        return self._related


def matched(model: Model, enriched: pl.DataFrame) -> tuple[Matcher, list[dict[str, Any]]]:
    """The matcher after a set, and its links that count: those under a key that is still open."""
    matcher, links, closed = Matcher(model), list[dict[str, Any]](), set[int]()
    for first in range(0, enriched.height, BATCH):
        taken = matcher.take(enriched.slice(first, BATCH).drop(ROW).with_row_index(ROW))
        matcher.apply(taken)
        links += taken.links
        for key in taken.keys:
            if key["scope"] == COMMUNITY:
                (closed.add if key["closed"] else closed.discard)(key["key"])
    return matcher, [link for link in links if not closed.issuperset(link["keys"])]


def ours(tuning: pl.DataFrame, true: pl.DataFrame) -> list[Ours]:
    """The shipped model, the same linking as readily as Splink, and one learned without labels from the set itself.

    Args:
        tuning: a set that is measured nowhere.
        true: left, right of its true pairs.
    """
    shipped = Ours(OURS, lambda _: shipped_model())
    return [
        shipped,
        Ours(OURS_BALANCED, shipped.model, best_f1(shipped(tuning), true)),
        Ours(OURS_LEARNED, lambda enriched: learn([enriched], OURS_LEARNED).model),
    ]


def best_f1(predicted: pl.DataFrame, true: pl.DataFrame) -> float:
    """The probability from which on links have the best F1."""
    right = true.select("left", "right", pl.lit(value=True).alias("right_pair"))
    ranked = (
        predicted.join(right, on=["left", "right"], how="left")
        .select("probability", pl.col("right_pair").fill_null(value=False).cast(pl.Int64).alias("hit"))
        .sort("probability", descending=True)
        .with_columns(pl.col("hit").cum_sum().alias("hits"), pl.int_range(1, pl.len() + 1).alias("links"))
        .with_columns((2 * pl.col("hits") / (pl.col("links") + true.height)).alias("f1"))
    )
    return float(ranked.sort("f1", "probability", descending=True)["probability"][0]) if ranked.height else 1.0


def _frame(rows: Iterator[tuple[Any, ...]], columns: dict[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), columns, orient="row").unique(["left", "right"], keep="last", maintain_order=True)


def _duplicates(links: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for link in links:
        linked = link["kind"] == DUPLICATE and link["outcome"] == "LINKED"
        if linked or link["possible_duplicate"]:
            yield link["left"], link["right"], link["duplicate_ppm"] / 1e6, LINKED if linked else REVIEW


def _related(links: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for link in links:
        yield link["left"], link["right"], link["kind"], link["outcome"].lower()


def _pairs_compared(matcher: Matcher, model: Model) -> pl.DataFrame:
    """Pairs under a key that is open in the end; those that were compared before a key was closed count no more."""
    store = matcher.store
    parts = list(compared(store, np.arange(store.rows.size), model.key_limits()))
    ids = pl.Series(store.ids, dtype=pl.String)
    left, right = (pl.concat([ids[part[side]] for part in parts]) for side in (0, 1)) if parts else (ids[:0], ids[:0])
    return (
        pl.DataFrame({"one": left, "two": right})
        .select(left=pl.min_horizontal("one", "two"), right=pl.max_horizontal("one", "two"))
        .unique()
    )
