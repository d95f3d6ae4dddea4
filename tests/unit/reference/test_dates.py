"""A date claims no more than its precision."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stream_processors.reference.dates import Precision, period, period_label

_PRECISIONS: list[Precision] = ["DAY", "MONTH", "YEAR"]


def test_the_period_of_each_precision() -> None:
    """A day, a month with its leap day, a year."""
    on = date(2016, 2, 10)

    assert (on, on) == period(on, "DAY")
    assert (date(2016, 2, 1), date(2016, 2, 29)) == period(on, "MONTH")
    assert (date(2016, 1, 1), date(2016, 12, 31)) == period(on, "YEAR")


def test_the_label_of_each_precision() -> None:
    """ISO 8601, cut."""
    on = date(2016, 3, 14)

    assert [period_label(on, precision) for precision in _PRECISIONS] == ["2016-03-14", "2016-03", "2016"]


@given(st.dates(min_value=date(1, 1, 2), max_value=date(9999, 12, 30)), st.sampled_from(_PRECISIONS))
def test_a_period_holds_its_date_and_nothing_of_another_label(on: date, precision: Precision) -> None:
    """First and last day bear the label; the days around do not."""
    first, last = period(on, precision)

    assert first <= on <= last
    assert period_label(on, precision) == period_label(first, precision) == period_label(last, precision)
    if first > date.min:
        assert period_label(first - timedelta(days=1), precision) != period_label(on, precision)
    if last < date.max:
        assert period_label(last + timedelta(days=1), precision) != period_label(on, precision)
