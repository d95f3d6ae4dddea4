"""How the items of two incidents agree."""

from typing import Any

import numpy as np
import pytest

from stream_processors.match.item_comparing import compare_items
from stream_processors.match.levels import LEVELS
from tests.unit.match.worlds import stored

_FIELDS = ("substance", "amount", "further_amount")


def _item(
    amount: str | None, unit: str | None, substance: str = "fentanyl", purity: str | None = None
) -> dict[str, Any]:
    return {"substance_text": substance, "amount_text": amount, "unit_text": unit, "purity_pct": purity}


def _levels(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> dict[str, str]:
    """The levels of the fields of items, which do not depend on which side is which."""
    store = stored([{"items": left}, {"items": right}])
    found = [compare_items(store, np.array([one]), np.array([two])) for one, two in ((0, 1), (1, 0))]
    told = [{field: LEVELS[field][getattr(each, field)[0]] for field in _FIELDS} for each in found]
    assert told[0] == told[1]
    return told[0]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (("4538.56", "g"), ("4.53856", "kg"), "exact"),
        (("4538", "g"), ("4.54", "kg"), "rounded_3"),
        (("4538", "g"), ("4.5", "kg"), "rounded_2"),
        (("4538", "g"), ("5", "kg"), "rounded_1"),
        (("4538", "g"), ("4538", "kg"), "times_1000"),
        (("4538", "g"), ("4.5", "g"), "times_1000"),
        (("453", "g"), ("453", "tablets"), "same_digits"),
        (("45", "g"), ("45", "tablets"), "unstated"),
        (("110", "g"), ("117", "g"), "close"),
        (("120", "g"), ("150", "g"), "differs"),
        (("5", "g"), ("5", "kg"), "differs"),
        (("100", "g"), (None, None), "unstated"),
    ],
)
def test_levels_of_two_amounts(left: tuple[str, str], right: tuple[str | None, str | None], expected: str) -> None:
    """Rounded to the digits given; off by three powers of ten; the same digits in another unit."""
    assert _levels([_item(*left)], [_item(*right)])["amount"] == expected


def test_the_best_of_all_pairs_of_items_says_how_amounts_agree() -> None:
    """Whatever their order, and the further ones have a field of their own."""
    left = [_item("12.34", "g"), _item("7.77", "kg", "heroin")]
    right = [_item("7.77", "kg", "heroin"), _item("12.34", "g"), _item("3", "g", "cocaine")]

    assert _levels(left, right) == {"substance": "some", "amount": "exact", "further_amount": "same"}
    right[1] = _item("99", "g")
    assert _levels(left, right) == {"substance": "some", "amount": "exact", "further_amount": "differs"}


def test_items_of_one_substance_agree_before_those_of_two() -> None:
    """An equal amount of something else tells less than a like amount of the same."""
    left = [_item("12.34", "g"), _item("500", "g", "heroin")]
    right = [_item("12.3", "g"), _item("12.34", "g", "cocaine")]

    assert _levels(left, right)["amount"] == "rounded_3"


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("fentanyl", "Fentanyl HCl", "same"),
        ("fentanyl", "heroin", "same_class"),
        ("fentanyl", "some white powder", "unstated"),
        ("fentanyl", "LSD", "differs"),
    ],
)
def test_levels_of_two_substances(one: str, two: str, expected: str) -> None:
    """What nobody could resolve is no difference."""
    assert _levels([_item("1", "g", one)], [_item("1", "g", two)])["substance"] == expected


def test_incidents_without_items_say_nothing() -> None:
    """Beside ones that have some, in one call."""
    store = stored([{"items": []}, {"items": [_item("12.34", "g")]}, {"items": [_item("12.34", "g")]}])
    found = compare_items(store, np.array([0, 1, 1]), np.array([1, 0, 2]))

    assert [LEVELS["amount"][level] for level in found.amount] == ["unstated", "unstated", "exact"]
    assert found.left_item.tolist() == [-1, -1, 0]
    assert found.right_item.tolist() == [-1, -1, 1]
