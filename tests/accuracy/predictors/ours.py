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


@dataclass(slots=True)
class Ours:
    """The matcher under a model.

    Attributes:
        name: as the tables show it.
        model: the model for a set of incidents (`tests.accuracy.enriching.enriched`).
    """

    name: str
    model: Callable[[pl.DataFrame], Model]
    _compared: pl.DataFrame | None = field(default=None, init=False)
    _related: pl.DataFrame | None = field(default=None, init=False)

    def __call__(self, enriched: pl.DataFrame) -> pl.DataFrame:
        """See `Predict`. Only links that count are given: those under a key that is still open."""
        model = self.model(enriched)
        matcher, links, closed = Matcher(model), list[dict[str, Any]](), set[int]()
        for first in range(0, enriched.height, BATCH):
            taken = matcher.take(enriched.slice(first, BATCH).drop(ROW).with_row_index(ROW))
            matcher.apply(taken)
            links += taken.links
            for key in taken.keys:
                if key["scope"] == COMMUNITY:
                    (closed.add if key["closed"] else closed.discard)(key["key"])
        counting = [link for link in links if not closed.issuperset(link["keys"])]
        self._compared = _pairs_compared(matcher, model)
        self._related = _frame(_related(counting), CORRELATED)
        return _frame(_duplicates(counting), PREDICTED)

    def compared(self) -> pl.DataFrame | None:
        """See `Predict`."""
        return self._compared

    def related(self) -> pl.DataFrame | None:
        """See `Correlate`."""
        return self._related


def ours() -> list[Ours]:
    """The shipped model, and one learned without labels from the set itself, as Splink's EM is."""
    return [
        Ours(OURS, lambda _: shipped_model()),
        Ours(OURS_LEARNED, lambda enriched: learn([enriched], OURS_LEARNED).model),
    ]


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
    parts = list(compared(store, np.arange(store.rows.size), model.key_limit))
    ids = pl.Series(store.ids, dtype=pl.String)
    left, right = (pl.concat([ids[part[side]] for part in parts]) for side in (0, 1)) if parts else (ids[:0], ids[:0])
    return (
        pl.DataFrame({"one": left, "two": right})
        .select(left=pl.min_horizontal("one", "two"), right=pl.max_horizontal("one", "two"))
        .unique()
    )
