"""Control status is that of the date, compared on what both dates claim."""

from datetime import date

import pytest

from stream_processors.reference import Precision, Reference

GHB = "SJZRECIVHVDYJC-UHFFFAOYSA-N"
CANNABIS = "mix:cannabis-herb"
MORNING_AFTER = date(2020, 12, 3)


def test_a_listing_holds_from_its_first_day_up_to_its_last(reference: Reference) -> None:
    """Cannabis left Schedule IV of 1961 on 2 December 2020."""
    assert reference.schedules(CANNABIS, date(2020, 12, 1), "DAY") == ("1961-I", "1961-IV")
    assert reference.schedules(CANNABIS, date(2020, 12, 2), "DAY") == ("1961-I",)
    assert reference.schedules(CANNABIS, MORNING_AFTER, "DAY") == ("1961-I",)


@pytest.mark.parametrize(
    ("on", "precision", "expected"),
    [
        (date(2013, 2, 28), "DAY", ("1971-IV",)),
        (date(2013, 3, 1), "DAY", ("1971-II",)),
        (date(2013, 3, 1), "MONTH", ("1971-II",)),
        (date(2012, 7, 1), "YEAR", ("1971-IV",)),
        (date(2013, 1, 1), "YEAR", ("1971-II",)),
        (date(2000, 5, 1), "DAY", ()),
    ],
)
def test_dates_are_compared_on_the_digits_both_have(
    reference: Reference, on: date, precision: Precision, expected: tuple[str, ...]
) -> None:
    """GHB moved to Schedule II in March 2013; of the day the record says nothing."""
    assert expected == reference.schedules(GHB, on, precision)


def test_tables_of_1988_are_named_by_their_number(reference: Reference) -> None:
    """Acetic anhydride moved from Table II to Table I at the end of 2001."""
    anhydride = "WFDIJRYMOXRFFG-UHFFFAOYSA-N"

    assert reference.schedules(anhydride, date(1999, 1, 1), "DAY") == ("1988-II",)
    assert reference.schedules(anhydride, date(2016, 1, 1), "DAY") == ("1988-I",)


def test_nothing_recorded_is_told_from_not_listed_then(reference: Reference) -> None:
    """Both give no schedule; only one has rows."""
    assert reference.schedules("mix:khat", MORNING_AFTER, "DAY") == ()
    assert not reference.has_schedule_rows("mix:khat")
    assert reference.schedules(GHB, date(1990, 1, 1), "DAY") == ()
    assert reference.has_schedule_rows(GHB)


def test_a_plant_does_not_inherit_from_its_active_substance(reference: Reference) -> None:
    """Cathinone is listed, khat is not."""
    cathinone = reference.substance("Khat").active_substance_id

    assert cathinone is not None
    assert reference.schedules(cathinone, MORNING_AFTER, "DAY")
    assert reference.schedules("mix:khat", MORNING_AFTER, "DAY") == ()


def test_an_id_that_is_not_on_record_has_no_schedule(reference: Reference) -> None:
    """It is an answer, not an error."""
    assert reference.schedules("AAAA", MORNING_AFTER, "YEAR") == ()
