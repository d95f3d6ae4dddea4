"""Blocking keys."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processors.match.features import features
from stream_processors.match.keys import KEYS_KEPT, KINDS, key_of, keys, shown
from tests.unit.match.worlds import decoded, value

_LEAP_DAY = date(2024, 2, 29)
_DAYS = st.dates(date(2015, 1, 1), date(2030, 12, 31))


def _keys(*bodies: Mapping[str, Any]) -> list[dict[int, tuple[str, str]]]:
    """Of each incident: key → its kind and text."""
    columns = decoded([value(number, **body) for number, body in enumerate(bodies)])
    assert columns is not None
    found = keys(features(columns))
    told: list[dict[int, tuple[str, str]]] = [{} for _ in bodies]
    for row, key, kind, text in zip(found.row, found.key.tolist(), found.kind, found.text, strict=True):
        assert key not in told[row]
        told[row][key] = KINDS[kind], text
    return told


def _shared(one: dict[int, tuple[str, str]], two: dict[int, tuple[str, str]]) -> set[str]:
    return {one[key][0] for key in one.keys() & two.keys()}


@given(_DAYS)
@settings(max_examples=30)
def test_two_days_one_apart_share_a_window_of_each_kind(day: date) -> None:
    """Windows overlap by half."""
    one, two = _keys({"occurred_on": day}, {"occurred_on": day + timedelta(days=1)})

    assert _shared(one, two) >= {
        "substance_country_days",
        "substance_place_week",
        "substance_days_amount",
        "country_days_amount",
        "country_days_place",
        "substance_country_month",
    }


@given(_DAYS)
@settings(max_examples=30)
def test_a_month_meets_each_of_its_days(day: date) -> None:
    """And the month before or after a day at its end, for a date may be one off."""
    month = {"occurred_on": day.replace(day=1), "occurred_precision": "MONTH"}
    next_day = day + timedelta(days=1)
    of_month, of_day, of_next = _keys(month, {"occurred_on": day}, {"occurred_on": next_day})
    by_month = {"substance_country_month_amount", "substance_place_month", "substance_country_month"}

    assert _shared(of_month, of_day) >= by_month
    if next_day.month == day.month or next_day.day == 1:
        assert _shared(of_month, of_next) >= by_month


def test_a_year_is_met_by_a_rare_amount_only() -> None:
    """Else a year would meet all of its days."""
    year = {"occurred_on": date(2024, 1, 1), "occurred_precision": "YEAR"}
    of_year, of_day = _keys(year, {"occurred_on": _LEAP_DAY})

    assert _shared(of_year, of_day) == {"substance_year_amount", "substance_country_amount"}


def test_an_incident_has_only_so_many_keys_and_the_most_telling_are_kept() -> None:
    """However many items and names it has."""
    items = [{"substance_text": text, "amount_text": "12.345", "unit_text": "g"} for text in "abcdefgh"]
    entities = [
        {"role": "CONSIGNOR", "kind": "COMPANY", "name": f"Acme {n}", "identifier": f"A{n:05}"} for n in range(40)
    ]
    (found,) = _keys({"items": items, "entities": entities, "shipment": {"reference": "RB123456789CN"}})

    assert len(found) == KEYS_KEPT
    assert {kind for kind, _ in found.values()} >= {"company"}
    kept = {KINDS.index(kind) for kind, _ in found.values()}
    assert max(kept) < KINDS.index("route_substance_fortnight")


def test_an_incident_that_says_nothing_has_no_keys() -> None:
    """Beside one that says something."""
    nothing = {"items": [], "location": {"country_text": None, "place_text": None}}
    assert [bool(found) for found in _keys(nothing, {})] == [False, True]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("reference", "RB123456789CN", 9802765521065048589),
        ("substance_country_days", "fentanyl\x1fNZL\x1f2024-03-04", 16329846097640494788),
        ("country_days_place", "NZL\x1fōtāhuhu\x1f2024-03-04", 4684529772646803189),
    ],
)
def test_hashes_are_these_for_good(kind: str, text: str, expected: int) -> None:
    """Links that were written name their keys by them."""
    assert key_of(KINDS.index(kind), text) == expected


def test_each_key_is_the_hash_of_its_kind_and_text() -> None:
    """It is the same whatever it comes with."""
    (found,) = _keys({})
    assert all(key == key_of(KINDS.index(kind), text) for key, (kind, text) in found.items())
    assert {kind for kind, _ in found.values()} >= {"substance_place_month", "substance_country_amount"}


def test_a_text_is_shown_with_a_separator_for_people() -> None:
    """Parts that one reads."""
    assert shown("fentanyl\x1fNZL\x1f2024-03-04") == "fentanyl · NZL · 2024-03-04"
