"""How two places agree."""

from typing import Any

import numpy as np
import pytest

from stream_processors.match.levels import LEVELS
from stream_processors.match.places import Places
from tests.unit.match.worlds import stored


def _place(text: str | None, at: tuple[int, int] | None = None, country: str = "Russia") -> dict[str, Any]:
    latitude, longitude = at or (None, None)
    location = {"country_text": country, "place_text": text, "latitude_udeg": latitude, "longitude_udeg": longitude}
    return {"location": location}


def _level(left: dict[str, Any], right: dict[str, Any]) -> str:
    store = stored([left, right])
    level, _ = Places(store).compare(np.array([0]), np.array([1]))
    return LEVELS["place"][level[0]]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Zyryanka-Verkhnyaya", "Зырянка-Верхняя", "same"),
        ("Zyryankovo", "Zyriankovo", "similar"),
        ("Zyryankovo post office", "Zyryankovo", "same"),
        ("Zyryankovo Quuxville", "Quuxville", "similar"),
        ("Zyryankovo", "Quuxville", "differs"),
        ("Zyryankovo", None, "unstated"),
        ("post office", "Zyryankovo", "unstated"),
    ],
)
def test_names_of_places(left: str, right: str | None, expected: str) -> None:
    """In another script or spelling, without the words for what kind of place it is; blanks are no difference."""
    assert _level(_place(left), _place(right)) == expected


@pytest.mark.parametrize(("apart_udeg", "expected"), [(200_000, "near"), (400_000, "differs"), (600_000, "far")])
def test_distance_decides_where_names_differ(apart_udeg: int, expected: str) -> None:
    """A degree of latitude is 111 km: near up to 25 km, far beyond 60."""
    here, there = (55_000_000, 60_000_000), (55_000_000 + apart_udeg, 60_000_000)
    assert _level(_place("Zyryankovo", here), _place("Quuxville", there)) == expected


def test_places_of_one_name_far_apart_are_not_the_same() -> None:
    """Names are given again and again."""
    here, there = (55_000_000, 60_000_000), (57_000_000, 60_000_000)
    assert _level(_place("Zyryankovo", here), _place("Zyryankovo", there)) == "far"
    assert _level(_place("Zyryankovo", here), _place("Zyryankovo", here)) == "same"
