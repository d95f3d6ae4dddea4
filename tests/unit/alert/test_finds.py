"""Finds that are unusually large or potent, shipments that can be stopped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stream_processors.alert.fences import fence, mass_step
from stream_processors.alert.finding import Finding
from tests.unit.alert.world import NOON, facts, report, told


def _item(amount: str, substance: str = "fentanyl", purity: str | None = None) -> dict[str, Any]:
    return {
        "items": [{"substance_text": substance, "amount_text": amount, "unit_text": "g", "purity_pct": purity}],
    }


def _usual(count: int = 40, **more: Any) -> list[bytes]:
    """Finds of the year before: 1 to 40 g, of 10 to 13 per cent."""
    at = datetime(2023, 2, 1, 12, tzinfo=UTC)
    return [
        report(100 + n, at=at + timedelta(days=n), **_item(str(n + 1), purity=str(10 + n % 4)) | more)
        for n in range(count)
    ]


def _found(values: list[bytes], *kinds: str) -> list[Finding]:
    return [each.finding for each in told(facts(values)).values() if each.finding.kind in kinds]


def test_a_find_far_above_those_of_earlier_years_is_large() -> None:
    """It says what is usual; ten times as much again is more severe."""
    assert _found([*_usual(), report(1, **_item("300"))], "LARGE") == []
    [found] = _found([*_usual(), report(1, **_item("3000"))], "LARGE")
    assert (found.severity, found.title) == ("MEDIUM", "Unusually large find: 3 kg of fentanyl")
    assert (found.reasons[0].value, "usual of the substance is up to" in found.reasons[0].words) == ("3000000000", True)
    assert _found([*_usual(), report(1, **_item("90000"))], "LARGE")[0].severity == "HIGH"


def test_a_substance_with_little_history_is_compared_with_its_class() -> None:
    """Without that of either nothing is said."""
    [found] = _found([*_usual(), report(1, **_item("90000", "heroin"))], "LARGE")
    assert "usual of other is up to" in found.reasons[0].words
    assert _found([*_usual(20), report(1, **_item("90000"))], "LARGE") == []


def test_large_and_potent_is_one_alert() -> None:
    """With both reasons; potent alone is of its own kind."""
    [found] = _found([*_usual(), report(1, **_item("90000", purity="95"))], "LARGE", "POTENT")
    assert [each.field for each in found.reasons] == ["mass_ug", "purity_pct"]
    [found] = _found([*_usual(), report(1, **_item("3", purity="95"))], "LARGE", "POTENT")
    assert (found.kind, found.reasons[0].value) == ("POTENT", "95")


def test_a_mass_that_nobody_believes_is_no_large_find() -> None:
    """Enrichment says so; it stays out of what is usual, too."""
    assert _found([*_usual(), report(1, **_item("999999999999"))], "LARGE") == []


def test_the_fence_is_robust_against_the_values_beyond_it() -> None:
    """A tenth of wild values moves it little; too few values have none."""
    usual = dict.fromkeys(range(20), 3)
    assert fence({1: 29}, 3) is None
    limit = fence(usual, 3)
    assert limit is not None
    assert limit == fence(usual | {500: 1}, 3) or (fence(usual | {500: 1}, 3) or 0) >= limit


def test_masses_have_steps_of_a_tenth_of_a_decade() -> None:
    """In whole numbers, exact at powers of ten."""
    assert [mass_step(10**n) for n in range(13)] == [10 * n for n in range(13)]
    assert mass_step(10**9 - 1) == 89


@pytest.mark.parametrize(
    ("shipment", "asks", "stands"),
    [
        ({"status": "IN_TRANSIT", "expected_on": NOON.date()}, "HOLD", True),
        ({"status": "HELD", "expected_on": NOON.date() + timedelta(days=3)}, "INSPECT", True),
        ({"status": "IN_TRANSIT", "expected_on": NOON.date() - timedelta(days=1)}, "HOLD", False),
        ({"status": "DELIVERED", "expected_on": NOON.date()}, "HOLD", False),
        ({"status": "IN_TRANSIT", "expected_on": NOON.date()}, "INFORM", False),
        ({"status": "IN_TRANSIT"}, "HOLD", False),
        (None, "HOLD", False),
    ],
)
def test_a_shipment_on_its_way_can_be_stopped(shipment: dict[str, Any] | None, asks: str, stands: bool) -> None:
    """Where its reporter asks for it and there is time."""
    found = _found([report(1, shipment=shipment, action_requested=asks)], "STOPPABLE")
    assert [each.severity for each in found] == ["CRITICAL"] * stands


def test_the_earlier_of_two_deadlines_counts() -> None:
    """And one that has passed does not."""
    shipment = {"status": "IN_TRANSIT", "expected_on": NOON.date() + timedelta(days=3)}
    for hours, expected in ((5, NOON + timedelta(hours=5)), (-5, None)):
        [found] = _found(
            [report(1, shipment=shipment, action_requested="HOLD", act_before=NOON + timedelta(hours=hours))],
            "STOPPABLE",
        )
        until = datetime.fromtimestamp((found.act_before_ms or 0) / 1000, UTC)
        assert until == expected if expected else until.date() == shipment["expected_on"]
    delivered = report(1, 2, "AMENDED", shipment=shipment | {"status": "DELIVERED"}, action_requested="HOLD")
    assert _found([report(1, shipment=shipment, action_requested="HOLD"), delivered], "STOPPABLE") == []
