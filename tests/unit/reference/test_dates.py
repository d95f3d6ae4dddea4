"""A date claims no more than its precision."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stream_processors.reference.dates import Precision, claimed, period, period_label

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

    assert [claimed(on, precision) for precision in _PRECISIONS] == ["2016-03-14", "2016-03", "2016"]


@given(st.dates(min_value=date(1, 1, 2), max_value=date(9999, 12, 30)), st.sampled_from(_PRECISIONS))
def test_a_period_holds_its_date_and_nothing_of_another_label(on: date, precision: Precision) -> None:
    """First and last day bear the label; the days around do not."""
    first, last = period(on, precision)

    assert first <= on <= last
    assert claimed(on, precision) == claimed(first, precision) == claimed(last, precision)
    if first > date.min:
        assert claimed(first - timedelta(days=1), precision) != claimed(on, precision)
    if last < date.max:
        assert claimed(last + timedelta(days=1), precision) != claimed(on, precision)


def test_aggregates_count_by_month_or_by_the_year_where_only_that_is_known() -> None:
    """The label of the period that views are keyed by."""
    on = date(2016, 1, 1)
    assert [period_label(on, precision) for precision in ("DAY", "MONTH", "YEAR")] == ["2016-01", "2016-01", "2016"]
