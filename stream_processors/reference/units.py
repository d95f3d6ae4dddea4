"""Unit labels of many languages → UCUM, and to micrograms where a source says how many."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from stream_processors.reference.normalise import fold_words, is_blank
from stream_processors.reference.stated import Stated
from stream_processors.reference.tables import UNITS, Row, Tables

UnitHow = Literal["label", "unknown_stated", "other_stated", "unresolved", "blank"]

# The mass units of UCUM that occur in reports; for any other unit a factor to micrograms needs a source of its own.
MASS_UNITS = frozenset({"ug", "mg", "g", "kg", "t", "[oz_av]", "[lb_av]"})


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit label means.

    Attributes:
        unit: UCUM; ``{other}`` and ``{unknown}`` where the report states that, None where blank or not recognised.
        multiplier: amounts under the label are multiplied by it to be amounts of `unit` (``Thousand of doses``: 1000).
        micrograms: micrograms in one of what the label counts; None where neither mass unit nor sourced.
        source: ``mass-unit``, or the source of the factor; None without a factor.
        how: how it was read.
    """

    unit: str | None
    multiplier: Decimal
    micrograms: Decimal | None
    source: str | None
    how: UnitHow


_ONE = Decimal(1)
_BLANK = Unit(None, _ONE, None, None, "blank")
_UNRESOLVED = Unit(None, _ONE, None, None, "unresolved")
_OTHER = Unit("{other}", _ONE, None, None, "other_stated")
_UNKNOWN = Unit("{unknown}", _ONE, None, None, "unknown_stated")


class Units:
    """Recognises unit labels, from ``units.csv``.

    Raises:
        ReferenceDataError: a factor or multiplier is no positive decimal, or a factor has no source.
    """

    def __init__(self, tables: Tables, stated: Stated) -> None:
        self._stated = stated
        self._units = {fold_words(row["label"]): _unit(row) for row in tables.rows(UNITS)}

    def resolve(self, text: str | None) -> Unit:
        """The unit that a label means. Never raises; what is not recognised is ``unresolved``."""
        if text is None or is_blank(text):
            return _BLANK
        for reading in (text, text.replace("(s)", "").replace("(S)", ""), text.partition("(")[0]):
            if (unit := self._units.get(fold_words(reading))) is not None:
                return unit
        return {"unknown": _UNKNOWN, "other": _OTHER}.get(self._stated.meaning(text) or "", _UNRESOLVED)


def _unit(row: Row) -> Unit:
    micrograms = _positive(row, "micrograms") if row["micrograms"] else None
    if micrograms is None:
        return Unit(row["unit"], _positive(row, "multiplier"), None, None, "label")
    if not row["source"]:
        raise row.error("source", "is blank; a factor to micrograms needs its source")
    source = "mass-unit" if row["unit"] in MASS_UNITS else row["source"]
    return Unit(row["unit"], _positive(row, "multiplier"), micrograms, source, "label")


def _positive(row: Row, column: str) -> Decimal:
    try:
        number = Decimal(row[column])
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or number <= 0:
        raise row.error(column, f"{row[column]!r} must be a decimal above zero")
    return number
