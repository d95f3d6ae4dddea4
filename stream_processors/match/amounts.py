"""Reported amounts as numbers that can be compared at once: value, kind, significant digits.

Two amounts in other units are equal in their digits (4.53856 kg and 4538.56 g), and so are slips of three powers of
ten. How exactly an amount was given says how far another may be from it and still be the same, rounded.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

MASS = 1
"""Kind of an amount that is known as a mass; its value is in micrograms."""
_FIRST_UNIT = 2
_MOST_DIGITS = 15


@dataclass(frozen=True)
class Amounts:
    """Columns of equal length, one row an item.

    Attributes:
        kind: 0 where nothing is known, MASS, else 2 and the number of the unit.
        value: in the unit of its kind.
        digits: significant digits as one whole number, 453856 for 4.53856; 0 where nothing is known.
        significant: how many those are.
    """

    kind: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    digits: npt.NDArray[np.int64]
    significant: npt.NDArray[np.int8]


def amounts(items: pl.DataFrame, units: npt.NDArray[np.int32]) -> Amounts:
    """The amounts of items.

    Args:
        items: ``amount`` (String, a plain decimal), ``mass_ug`` (Int64), each null where it is not known.
        units: numbers of the units, 0 where there is none.
    """
    text = pl.col("amount").str.strip_chars_start("+-")
    digits = text.str.replace(".", "", literal=True).str.strip_chars_start("0").str.strip_chars_end("0")
    found = items.select(
        pl.col("amount").cast(pl.Float64, strict=False).alias("number"),
        digits.str.head(_MOST_DIGITS).alias("digits"),
        pl.col("mass_ug").cast(pl.Float64).alias("mass"),
    ).select(
        pl.col("number").fill_null(0.0),
        pl.col("digits").cast(pl.Int64, strict=False).fill_null(0).alias("whole"),
        pl.col("digits").str.len_bytes().cast(pl.Int8).fill_null(0).alias("length"),
        pl.col("mass").fill_null(0.0),
    )
    number, mass = found["number"].to_numpy(), found["mass"].to_numpy()
    whole, length = found["whole"].to_numpy(), found["length"].to_numpy()
    has_mass, has_number = (mass > 0) & (whole > 0), (number > 0) & (whole > 0)
    kind = np.where(has_mass, MASS, np.where(has_number & (units > 0), units + _FIRST_UNIT - 1, 0)).astype(np.int32)
    known = kind > 0
    return Amounts(
        kind,
        np.where(has_mass, mass, np.where(known, number, 0.0)),
        np.where(known, whole, 0),
        np.where(known, length, 0).astype(np.int8),
    )
