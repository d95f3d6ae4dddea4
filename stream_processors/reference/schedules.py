"""The international control status of a substance at a date: 1961, 1971 and 1988 Conventions."""

import re
from dataclasses import dataclass
from datetime import date

from stream_processors.reference.dates import Precision, claimed
from stream_processors.reference.tables import SCHEDULES, Row, Tables

_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")


@dataclass(frozen=True, slots=True)
class _Listing:
    label: str
    valid_from: str
    valid_to: str  # empty while it lasts


class Schedules:
    """The listings of ``substance_schedules.csv``.

    The rows of the substance itself, nothing else: the listing of a plant or mixture is not derived from its main
    active substance, because plants and preparations have regimes of their own (khat is in no schedule, cathinone is).

    Raises:
        ReferenceDataError: a date is not ISO 8601 (year, month or day), a row ends before it begins, or names a
            substance that is not in ``substances.csv``.
    """

    def __init__(self, tables: Tables, substance_ids: frozenset[str]) -> None:
        self._listings: dict[str, list[_Listing]] = {}
        for row in tables.rows(SCHEDULES):
            if row["substance_id"] not in substance_ids:
                raise row.error("substance_id", f"{row['substance_id']!r} is not in substances.csv; add it there")
            self._listings.setdefault(row["substance_id"], []).append(_listing(row))

    def has_rows(self, substance_id: str) -> bool:
        """Whether anything is recorded; where nothing is, "no schedule" must not be read as "not controlled"."""
        return substance_id in self._listings

    def at(self, substance_id: str, on: date, precision: Precision) -> tuple[str, ...]:
        """The schedules a substance was listed in at a date, sorted: ``("1961-I", "1961-IV")``.

        A listing holds from its first day up to, and not on, its last. Where either date is of reduced precision the
        two are compared on the digits both have: in the month of a transfer the new schedule holds.

        Args:
            substance_id: as resolved.
            on: the date of the incident.
            precision: how much of it is claimed.

        Returns:
            convention and schedule of each listing; empty where none held or nothing is recorded.
        """
        moment = claimed(on, precision)
        held = {
            listing.label
            for listing in self._listings.get(substance_id, ())
            if not _before(moment, listing.valid_from) and (not listing.valid_to or _before(moment, listing.valid_to))
        }
        return tuple(sorted(held))


def _before(one: str, other: str) -> bool:
    length = min(len(one), len(other))
    return one[:length] < other[:length]


def _listing(row: Row) -> _Listing:
    for column in ("valid_from", "valid_to"):
        if row[column] and not _is_date(row[column]):
            raise row.error(column, f"{row[column]!r} is not a date; write 2013, 2013-03 or 2013-03-13")
    if row["valid_to"] and not _before(row["valid_from"], row["valid_to"]):
        raise row.error("valid_to", f"{row['valid_to']!r} is not after valid_from {row['valid_from']!r}")
    return _Listing(f"{row['convention']}-{row['schedule'].removeprefix('Table ')}", row["valid_from"], row["valid_to"])


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return False
    return True
