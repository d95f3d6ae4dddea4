"""What matching looks at."""

from typing import Any

import polars as pl
import pytest

from stream_processors.match.features import ITEMS_COMPARED, TOKENS_COMPARED, Features, features
from tests.unit.match.worlds import decoded, value


def _features(**body: Any) -> Features:
    columns = decoded([value(1, **body)])
    assert columns is not None
    return features(columns)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"transport_mode": "UNKNOWN"}, "mode"),
        ({"trafficking_channel": "OTHER"}, "channel"),
        ({"location": {"country_text": "New Zealand", "installation": "UNKNOWN"}}, "installation"),
        ({"location": {"country_text": "New Zealand", "subdivision_text": "--"}}, "region"),
        ({"location": {"country_text": "New Zealand", "place_text": "post office"}}, "place"),
        ({"location": {"country_text": "nowhere in particular"}}, "country"),
        ({"concealment": [{"code": "UNKNOWN"}]}, "concealment"),
        ({"shipment": {"reference": "n/a"}}, "reference"),
        ({"route": [{"role": "TRANSIT", "country": "CHN"}]}, "departure"),
    ],
)
def test_what_says_nothing_is_null(body: dict[str, Any], name: str) -> None:
    """So it never counts as a difference."""
    assert _features(**body).rows[name].to_list() == [None]


def test_a_class_of_substances_is_no_substance() -> None:
    """An opioid and an opioid are not the same substance; the class is told apart."""
    items = [{"substance_text": "synthetic cannabinoid", "amount_text": "5", "unit_text": "g"}]
    found = _features(items=items).items

    assert found["substance"].to_list() == [None]
    assert found["substance_label"].to_list() == ["synthetic cannabinoid"]


def test_a_country_alone_is_no_place() -> None:
    """The middle of a country is where nothing happened."""
    found = _features(location={"country_text": "New Zealand"}).rows

    assert found.select("country", "place", "place_id", "latitude", "longitude").row(0) == ("NZL", *[None] * 4)


def test_a_name_that_nobody_could_resolve_stands_for_itself() -> None:
    """Two reports of it share it."""
    items = [{"substance_text": text, "amount_text": None, "unit_text": None} for text in ("Quux-7 ", "quux 7")]

    assert _features(items=items).items["substance"].unique().to_list() == ["text:quux7"]


def test_ends_of_a_route_are_the_first_departure_and_the_last_destination() -> None:
    """What lies between is not compared."""
    route = [
        {"role": role, "country": country}
        for role, country in (("DEPARTURE", "CHN"), ("DESTINATION", "AUS"), ("ORIGIN", "IND"), ("DESTINATION", "NZL"))
    ]
    assert _features(route=route).rows.select("departure", "destination", "origin").row(0) == ("CHN", "NZL", "IND")


def test_the_items_of_most_mass_and_so_many_tokens_are_compared() -> None:
    """However many a report has."""
    items = [{"substance_text": "fentanyl", "amount_text": f"{n}", "unit_text": "g"} for n in range(1, 100)]
    entities = [{"role": "CONSIGNOR", "kind": "COMPANY", "name": f"Acme {n}", "identifier": None} for n in range(100)]
    found = _features(items=items, entities=entities)

    assert found.items["amount"].to_list() == [str(n) for n in range(99, 99 - ITEMS_COMPARED, -1)]
    assert found.tokens.height == TOKENS_COMPARED


def test_features_of_a_batch_are_those_of_each_incident_alone() -> None:
    """In order."""
    bodies: list[dict[str, Any]] = [
        {"items": [], "route": []},
        {"shipment": {"reference": "RB 123 456 789 CN"}, "route": [{"role": "DEPARTURE", "country": "CHN"}]},
        {"concealment": [{"code": "TOILET", "packaging_mark": "Blue crown"}, {"code": "OTHER"}]},
        {"tlp": "AMBER", "audience": ["country:NLD"], "location": {"country_text": "Peru", "place_text": "Lima"}},
    ]
    columns = decoded([value(number, **body) for number, body in enumerate(bodies)])
    assert columns is not None
    together = features(columns)

    for number in range(len(bodies)):
        alone = features(columns[[number]])
        assert together.rows[[number]].equals(alone.rows)
        for one, all_ in ((alone.items, together.items), (alone.tokens, together.tokens)):
            assert one.drop("row").equals(all_.filter(pl.col("row") == number).drop("row"))
