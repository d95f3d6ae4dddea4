"""A key of the table as one number: rows are grouped by it several times as fast as by four columns."""

import polars as pl

KEYS = ["substance", "departure", "destination", "month"]
KEY = "key"
_TEXTS = {"substance": 23, "departure": 12, "destination": 12}
"""Texts and the bits of their codes, from the highest bits down."""
_MONTH_BITS = 17
"""Months counted from year 0, up to the year 9999."""


class Packing:
    """Texts with their codes. Codes are of this object alone: what leaves it is texts."""

    def __init__(self) -> None:
        self._types = {name: pl.Categorical(pl.Categories.random()) for name in _TEXTS}
        # polars forgets the codes of a type when no column is left that holds one.
        self._kept = [pl.Series([""], dtype=type_) for type_ in self._types.values()]

    def packed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`KEY` (UInt64) instead of `KEYS` (String, String, String, Int32); the other columns as they are.

        Raises:
            OverflowError: there are more texts than codes.
        """
        codes = rows.select(pl.col(name).cast(type_).to_physical() for name, type_ in self._types.items())
        for name, bits in _TEXTS.items():
            if (codes[name].max() or 0) >> bits:
                raise OverflowError(f"more than {1 << bits} of {name}")
        key, shift = pl.col("month").cast(pl.UInt64), _MONTH_BITS
        for name, bits in reversed(_TEXTS.items()):
            key += codes[name].cast(pl.UInt64) * (1 << shift)
            shift += bits
        return rows.select(key.alias(KEY), pl.exclude(KEYS))

    def unpacked(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`KEYS` instead of `KEY`."""
        columns, shift = [(pl.col(KEY) % (1 << _MONTH_BITS)).cast(pl.Int32).alias("month")], _MONTH_BITS
        for name, bits in reversed(_TEXTS.items()):
            code = (pl.col(KEY) // (1 << shift) % (1 << bits)).cast(pl.UInt32)
            columns.append(code.cat.to(self._types[name]).cast(pl.String).alias(name))
            shift += bits
        return rows.select(*columns, pl.exclude(KEY)).select(*KEYS, pl.exclude(KEYS))
