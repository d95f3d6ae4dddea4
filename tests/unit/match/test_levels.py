"""Levels of agreement that tell a typing error and a rounding from another amount or number."""

import numpy as np
import pytest

from stream_processors.match.comparing import Comparing
from stream_processors.match.levels import LEVELS
from stream_processors.match.matcher import Matcher
from stream_processors.match.model import shipped_model
from tests.unit.match.worlds import decoded, value


def _level(field: str, *bodies: dict[str, object]) -> str:
    matcher = Matcher(shipped_model())
    columns = decoded([value(number, **body) for number, body in enumerate(bodies)])
    matcher.apply(matcher.take(columns, silent=True))
    compared = Comparing(matcher.store).compare(np.array([0]), np.array([1]))
    return LEVELS[field][int(compared.levels[field][0])]


def _amount(amount: str, unit: str = "kg") -> dict[str, object]:
    return {"items": [{"substance_text": "fentanyl", "amount_text": amount, "unit_text": unit}]}


@pytest.mark.parametrize(
    ("one", "two", "level"),
    [
        (_amount("27.31"), _amount("27.31"), "exact"),
        (_amount("27.31"), _amount("72.31"), "mistyped"),
        (_amount("27.31"), _amount("27.61"), "mistyped"),
        (_amount("2.7"), _amount("7.2"), "differs"),
        (_amount("27.31"), _amount("63.58"), "differs"),
        (_amount("1000.7"), _amount("1003.9"), "nearly"),
        (_amount("20"), _amount("22.7"), "rounded_1"),
    ],
)
def test_amounts(one: dict[str, object], two: dict[str, object], level: str) -> None:
    """One digit wrong or two swapped are a typing error from three digits on."""
    assert _level("amount", one, two) == level
    assert _level("amount", two, one) == level


@pytest.mark.parametrize(
    ("one", "two", "level"),
    [
        ("RB123456789CN", "rb 123 456 789 cn", "same"),
        ("RB123456789CN", "RB213456789CN", "similar"),
        ("RB123456789CN", "RB123456788CN", "differs"),
        ("RB123456789CN", "RB987650123CN", "differs"),
    ],
)
def test_references(one: str, two: str, level: str) -> None:
    """One typing error is told from the number that the next parcel has."""
    bodies = [{"shipment": {"reference": reference}} for reference in (one, two)]
    assert _level("reference", *bodies) == level
