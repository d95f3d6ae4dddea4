"""Amounts as numbers that can be compared."""

import numpy as np
import polars as pl
import pytest

from stream_processors.match.amounts import MASS, amounts

_GRAMS, _UNITS = 1, 2


def _amounts(amount: str | None, mass_ug: int | None, unit: int) -> tuple[int, float, int, int]:
    items = pl.DataFrame({"amount": [amount], "mass_ug": [mass_ug]}, schema={"amount": pl.String, "mass_ug": pl.Int64})
    found = amounts(items, np.array([unit], np.int32))
    return int(found.kind[0]), float(found.value[0]), int(found.digits[0]), int(found.significant[0])


@pytest.mark.parametrize(
    ("amount", "mass_ug", "unit", "expected"),
    [
        ("4.53856", 4_538_560_000, _GRAMS, (MASS, 4.53856e9, 453856, 6)),
        ("4538.56", 4_538_560_000, _GRAMS, (MASS, 4.53856e9, 453856, 6)),
        ("0.0500", 50_000, _GRAMS, (MASS, 5e4, 5, 1)),
        ("1200", None, _UNITS, (3, 1200.0, 12, 2)),
        ("1200", None, 0, (0, 0.0, 0, 0)),
        (None, None, _GRAMS, (0, 0.0, 0, 0)),
        ("0", 0, _GRAMS, (0, 0.0, 0, 0)),
        ("1234567890123456789", None, _UNITS, (3, 1234567890123456789.0, 123456789012345, 15)),
    ],
)
def test_value_and_significant_digits(
    amount: str | None, mass_ug: int | None, unit: int, expected: tuple[int, float, int, int]
) -> None:
    """A mass where one is known, else of a kind for each unit; nothing where there is no number or no unit."""
    assert _amounts(amount, mass_ug, unit) == expected
