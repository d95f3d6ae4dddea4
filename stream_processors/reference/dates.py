"""The period that a date of reduced precision stands for.

Some agencies write the first of the month for "in this month": a date without its precision would claim a day.
"""

from calendar import monthrange
from datetime import date
from typing import Literal

Precision = Literal["DAY", "MONTH", "YEAR"]


def period(occurred_on: date, precision: Precision) -> tuple[date, date]:
    """The first and the last day, both included, that an incident may have happened on."""
    year, month = occurred_on.year, occurred_on.month
    if precision == "YEAR":
        return date(year, 1, 1), date(year, 12, 31)
    if precision == "MONTH":
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return occurred_on, occurred_on


def period_label(occurred_on: date, precision: Precision) -> str:
    """The month that aggregates count by, ``2016-03``, or the year where only that is known, ``2016``."""
    return occurred_on.isoformat()[: 4 if precision == "YEAR" else 7]


def claimed(occurred_on: date, precision: Precision) -> str:
    """The ISO 8601 date cut to what it claims: ``2016-03-14``, ``2016-03`` or ``2016``."""
    return occurred_on.isoformat()[: {"DAY": 10, "MONTH": 7, "YEAR": 4}[precision]]
