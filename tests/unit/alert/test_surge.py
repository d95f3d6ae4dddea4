"""Surges: against the place's own past, one alert an episode, and nothing of what came too late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from stream_processors.alert.baseline import ALPHA, LEAST, Expected, _bound, expected, poisson_bound
from stream_processors.alert.finding import Finding
from stream_processors.alert.judging import Alerting, KeptAlerts
from stream_processors.alert.surge import Surge
from tests.unit.alert.world import facts, report, told


def _month(year: int, month: int, count: int, start: int, **body: Any) -> list[bytes]:
    """So many incidents of a month, admitted on the day they happened."""
    when = [datetime(year, month, 1 + n % 28, 12, tzinfo=UTC) for n in range(count)]
    return [report(start + n, at=at, **body) for n, at in enumerate(when)]


def _year(counts: list[int], **body: Any) -> list[bytes]:
    return [each for n, count in enumerate(counts, 1) for each in _month(2023, n, count, 1000 * n, **body)]


def _surges(values: list[bytes]) -> list[Finding]:
    return [each.finding for each in told(facts(values)).values() if each.finding.kind == "SURGE"]


def test_a_month_far_above_its_past_is_a_surge() -> None:
    """It says how many there were and how many were to be expected, in steps of doubling."""
    past = _year([2, 1, 3, 2, 2, 1, 3, 2, 2, 1, 2, 2])
    assert _surges([*past, *_month(2024, 1, 4, 50_000)]) == []
    [found] = _surges([*past, *_month(2024, 1, 11, 50_000)])
    assert (found.named, found.severity) == (("NZL", "other", "2024-01"), "MEDIUM")
    assert (found.reasons[0].value, found.reasons[0].expected) == ("9", "2.0")
    [more] = _surges([*past, *_month(2024, 1, 18, 50_000)])
    assert (more.reasons[0].value, more.severity, more.raised_ms) == ("18", "HIGH", found.raised_ms)


def test_months_that_follow_each_other_are_one_alert() -> None:
    """It goes on under its first month, and says each."""
    past = _year([2, 1, 3, 2, 2, 1, 3, 2, 2, 1, 2, 2])
    [found] = _surges([*past, *_month(2024, 1, 12, 50_000), *_month(2024, 2, 20, 60_000)])
    assert (found.named[2], found.title) == ("2024-01", "Surge of other in NZL, 2024-01 to 2024-02")
    assert len(found.reasons) == 2


def test_without_a_past_nothing_is_a_surge() -> None:
    """A country that has just begun to report."""
    assert _surges(_year([0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 60])) == []


def test_months_in_which_a_country_is_silent_say_nothing() -> None:
    """Else it would surge whenever it reports again."""
    silent = _year([9, 11, 10, 8, 9, 12, 10, 0, 0, 0, 0, 0])
    assert _surges([*silent, *_month(2024, 1, 14, 50_000)]) == []
    other = [*silent, *(each for n in range(8, 13) for each in _month(2023, n, 1, 70_000 + n, items=_CATHINONE))]
    [found] = _surges([*other, *_month(2024, 1, 40, 50_000)])
    assert found.named[1] == "other"


_CATHINONE = [{"substance_text": "mephedrone", "amount_text": "1", "unit_text": "g"}]


def test_what_comes_too_late_raises_no_alert_and_feeds_the_past() -> None:
    """A back-load of a year raises none, and what was a surge before may be none after it."""
    past = _year([2, 1, 3, 2, 2, 1, 3, 2, 2, 1, 2, 2])
    surge = _month(2024, 1, 11, 50_000)
    at = datetime(2024, 6, 1, tzinfo=UTC)
    load = [
        report(90_000 + n, at=at, occurred_on=(datetime(2023, 1, 10, tzinfo=UTC) + timedelta(days=n)).date())
        for n in range(300)
    ]
    assert len(_surges([*past, *surge])) == 1
    assert _surges([*past, *surge, *load]) == []


def test_what_comes_too_late_asks_nothing_of_its_past() -> None:
    """A history that is imported would else be worked out again and again, a month with each of its reports."""
    asked: list[tuple[int, ...]] = []

    def expect(counts: tuple[int, ...]) -> Expected:
        asked.append(counts)
        return expected(counts)

    def take(values: list[bytes]) -> None:
        alerting = Alerting(KeptAlerts(), [Surge(expect)])
        for given in facts(values):
            alerting.take(given)

    days = [datetime(2023, 1 + n % 12, 1 + n % 28, tzinfo=UTC) for n in range(240)]
    take([report(n, at=datetime(2024, 6, 1, tzinfo=UTC), occurred_on=day.date()) for n, day in enumerate(days)])
    assert asked == []
    take([report(n, at=day + timedelta(hours=1), occurred_on=day.date()) for n, day in enumerate(days)])
    assert asked


def test_the_bound_is_that_of_the_negative_binomial() -> None:
    """Its tail by simulation: below alpha at the bound, not below it one less."""
    random = np.random.default_rng(3)
    mean, variance = 4.0, 10.0
    draws = random.poisson(random.gamma(mean**2 / (variance - mean), (variance - mean) / mean, 2_000_000))
    bound = _bound(mean, variance, 0.01)
    assert np.mean(draws >= bound) < 0.01 <= np.mean(draws >= bound - 1)


def test_with_little_dispersion_it_comes_near_to_poisson() -> None:
    """And never below: the mean is not known but estimated."""
    counts = (4, 5, 3, 4, 4, 5, 3, 4) * 3
    assert poisson_bound(4.02) <= expected(counts).least <= poisson_bound(4.02) + 2
    assert expected((0,) * 24) == (0.5 / 24, LEAST)


def test_an_outbreak_of_the_past_does_not_hide_the_next() -> None:
    """It weighs as much as the bound."""
    usual = (2, 1, 3, 2, 2, 1, 3, 2, 2, 1, 2, 2) * 2
    assert expected((*usual[:-1], 80)).least < 40


@pytest.mark.parametrize("mean", [0.02, 0.5, 3.0, 40.0, 900.0, 20_000.0])
def test_a_bound_is_found_whatever_the_mean(mean: float) -> None:
    """From nearly never to thousands a month."""
    for factor in (1.01, 2.0, 30.0):
        bound = _bound(mean, mean * factor, ALPHA)
        assert mean < bound < mean + 60 * (mean * factor) ** 0.5 + 60
