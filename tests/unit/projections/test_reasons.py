"""Reasons in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.reasons import sentence, sentences


def _reason(
    field: str, level: str, left: str | None, right: str | None, weight: int = 1_000, surprise: int = 0
) -> dict[str, Any]:
    worth = {"weight_mbit": weight, "surprise_mbit": surprise}
    return {"field": field, "level": level, "left": left, "right": right, **worth}


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (("reference", "same", "RB123456789CN", "RB123456789CN"), "same tracking reference RB123456789CN"),
        (("packaging_mark", "same", None, None), "same packaging mark"),
        (("amount", "exact", "4538.56 g", "4.53856 kg"), "amounts 4538.56 g and 4.53856 kg are equal"),
        (("date", "one_day", "2026-03-14", "2026-03-15"), "dates one day apart: 2026-03-14 and 2026-03-15"),
        (("date", "same_day", "2026-03-14", "2026-03-14"), "same day 2026-03-14"),
        (("country", "same", "NZL", "NZL"), "same country NZL"),
        (("place", "same", "Auckland", "Окленд"), "same place: Auckland and Окленд"),
        (("purity", "differs", None, None), "different purities"),
        (("moon_phase", "waxing_a_bit", None, "full"), "moon phase: waxing a bit: full"),
        (("moon_phase", "exact", None, None), "moon phases are equal"),
    ],
)
def test_what_a_reason_says(reason: tuple[str, str, str | None, str | None], said: str) -> None:
    """Known fields and levels have sentences; others are named."""
    assert sentence(_reason(*reason)) == said


def test_what_speaks_against_says_so() -> None:
    """And the weightiest comes first, on either side."""
    reasons = [_reason("country", "same", "NZL", "NZL", 500), _reason("place", "far", "a", "b", -9_000)]
    assert sentences(reasons) == ["against it: places far apart: a and b", "same country NZL"]
    assert sentences(reasons, 1) == ["against it: places far apart: a and b"]


def test_what_two_share_comes_first_where_it_is_surprising() -> None:
    """A mark says little for one seizure, and much for one network."""
    mark = _reason("packaging_mark", "same", "blue lotus", "blue lotus", -100, 14_000)
    assert sentences([_reason("date", "same_day", "x", "x", 7_000), mark]) == [
        "same packaging mark blue lotus",
        "same day x",
    ]


_TEXTS = st.text(max_size=8)


@given(_TEXTS, _TEXTS, st.none() | _TEXTS, st.none() | _TEXTS, st.integers())
def test_any_reason_can_be_said(field: str, level: str, left: str | None, right: str | None, weight: int) -> None:
    """Whatever a later model calls its fields and levels, and whatever braces agencies write; nothing said is lost."""
    said = sentence(_reason(field, level, left, right, weight))
    assert all(part in said for part in (left, right) if part)
