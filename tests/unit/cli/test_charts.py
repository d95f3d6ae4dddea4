"""The map of the world, months and places."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cli.views import by_period, by_place
from cli.worldmap import SHADES, world_map

_FULL = SHADES[-1]


def _where(lines: list[str]) -> list[tuple[int, int]]:
    return [(y, x) for y, line in enumerate(lines) for x, c in enumerate(line) if c == _FULL]


def test_points_lie_where_they_belong() -> None:
    """West is left, north is up, and the middle of the map is 0 E, 12 N."""
    middle, auckland, seattle = (
        _where(world_map([place], 100))[0]
        for place in ((12_000_000, 0, 1.0), (-36_848_530, 174_763_490, 1.0), (47_606_209, -122_332_069, 1.0))
    )

    assert middle == (10, 50)
    assert auckland == (16, 98)
    assert seattle == (5, 16)


@given(
    st.lists(
        st.tuples(st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000), st.floats(0.001, 1e9)),
        max_size=20,
    ),
    st.integers(10, 200),
)
def test_map_keeps_its_size_and_shows_every_point(points: list[tuple[int, int, float]], width: int) -> None:
    """Any points fit, all lines are as wide as asked for, and the heaviest cell is full."""
    lines = world_map(points, width)

    assert {width} == {len(line) for line in lines}
    assert bool(points) == (_FULL in "".join(lines))


def test_more_is_darker() -> None:
    """A place with a ten-thousandth of the most has the lightest shade."""
    text = "".join(world_map([(0, 0, 10_000.0), (0, 90_000_000, 1.0)], 100))

    assert SHADES[1] in text
    assert _FULL in text


_MEASURES = ("items", "mass_ug", "items_without_mass")


def _row(**fields: Any) -> dict[str, Any]:
    return {"period": "2016-01", "items": 1, "incidents": 1, "mass_ug": 5, "items_without_mass": 0, **fields}


def test_months_without_any_are_filled_in() -> None:
    """A gap in time is seen as a gap."""
    found = by_period([_row(period="2015-12"), _row(period="2016-02", mass_ug=7)], *_MEASURES)

    assert found == [("2015-12", 1, 5, 0), ("2016-01", 0, 0, 0), ("2016-02", 1, 7, 0)]


def test_very_many_months_become_years() -> None:
    """Nothing is lost on the way."""
    rows = [_row(period=f"{year}-05", items=2) for year in range(1990, 2017)] + [_row(period="2016", items=3)]
    found = by_period(rows, *_MEASURES)

    assert found[-1] == ("2016", 5, 10, 0)
    assert len(found) == 27


def test_places_add_up_over_classes() -> None:
    """Items and mass of the classes of one place are one line; a bare country is called that."""
    auckland = {"place_id": "geonames:1", "place_name": "Auckland", "country": "NZL"}
    country = {"place_id": "country:NZL", "place_name": "NZL", "country": "NZL"}
    places = by_place([_row(**country, items=1), _row(**auckland, items=2), _row(**auckland, items_without_mass=1)])

    assert [(place["name"], place["items"], place["mass_ug"], place["items_without_mass"]) for place in places] == [
        ("Auckland", 3, 10, 1),
        ("(country only)", 1, 5, 0),
    ]
