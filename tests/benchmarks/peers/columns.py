"""The fold over columns, as this project folds: pure functions over frames, and sums that are merged now and then."""

from collections.abc import Sequence

import polars as pl

from tests.benchmarks.peers.fold import UNITS
from tests.benchmarks.peers.packing import KEY, KEYS, Packing

WANTED = ("occurred_on", "items", "route")
"""Columns of an incident that the fold needs."""
MEASURES = ["items", "micrograms", "without_mass"]


def first_seen(keys: Sequence[bytes], seen: set[bytes]) -> dict[bytes, int]:
    """Keys never seen before → their first index."""
    first = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
    for key in seen.intersection(first):
        del first[key]
    return first


def aggregate(packing: Packing, incidents: pl.DataFrame, *more: str) -> pl.DataFrame:
    """Rows of the table from incidents none of which is a re-submission: `more`, `KEY` and `MEASURES`.

    Args:
        packing: what packs the keys.
        incidents: `occurred_on` (Date), `items` and `route` (List of Struct), as `ColumnarDecoder` gives them.
        more: columns of the incidents that are to be keys as well.
    """
    year, month = pl.col("occurred_on").dt.year(), pl.col("occurred_on").dt.month()
    items = (
        incidents.select(
            *more,
            "items",
            _country("DEPARTURE").alias("departure"),
            _country("DESTINATION").alias("destination"),
            (year * 12 + month - 1).alias("month"),
        )
        .explode("items")
        .unnest("items")
    )
    factor = pl.col("unit_text").replace_strict(UNITS, default=None, return_dtype=pl.Int64)
    mass = (pl.col("amount_text").cast(pl.Float64, strict=False) * factor).round(mode="half_to_even").cast(pl.Int64)
    named = items.select(
        *more, pl.col("substance_text").alias("substance"), "departure", "destination", "month", mass.alias("mass")
    )
    return (
        packing.packed(named)
        .group_by(*more, KEY)
        .agg(
            pl.len().cast(pl.Int64).alias("items"),
            pl.col("mass").sum().alias("micrograms"),
            pl.col("mass").null_count().cast(pl.Int64).alias("without_mass"),
        )
    )


def _country(role: str) -> pl.Expr:
    field = pl.element().struct.field
    return pl.col("route").list.eval(field("country").filter(field("role") == role)).list.first().fill_null("")


class Sums:
    """The table, as rows with packed keys: those that were merged, and those that wait for it."""

    def __init__(self) -> None:
        self._merged: pl.DataFrame | None = None
        self._waiting: list[pl.DataFrame] = []
        self._heights = 0

    def add(self, rows: pl.DataFrame) -> None:
        """Take in rows; merged when twice as many wait as there are, so each row is merged a few times in all."""
        self._waiting.append(rows)
        self._heights += rows.height
        if self._merged is None or self._heights > 2 * self._merged.height:
            self.rows()

    def rows(self) -> pl.DataFrame:
        """The table: `KEY` and `MEASURES`, one row a key."""
        parts = [*([] if self._merged is None else [self._merged]), *self._waiting]
        self._merged = pl.concat(parts).group_by(KEY).agg(pl.col(MEASURES).sum())
        self._waiting, self._heights = [], 0
        return self._merged


def lines(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    """The rows as `table.write_rows` takes them."""
    month = pl.format("{}-{}", pl.col("month") // 12, (pl.col("month") % 12 + 1).cast(pl.String).str.zfill(2))
    return rows.with_columns(month.alias("month")).select(*KEYS, *MEASURES).rows()
