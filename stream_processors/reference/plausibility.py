"""Ceilings above which the amount of one record is taken for a slip of unit or of decimals."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, get_args

from stream_processors.reference.tables import PLAUSIBILITY, Row, Tables

Scope = Literal["substance", "subclass", "class", "effect_group", "any"]
Measure = Literal["mass", "volume", "plants", "area", "count"]

# What one unit is in the measure's own unit: grams, litres, square metres, pieces.
_VOLUMES = {
    "L": Decimal(1),
    "mL": Decimal("0.001"),
    "cL": Decimal("0.01"),
    "m3": Decimal(1000),
    "[gal_us]": Decimal("3.785411784"),
}
_AREAS = {"m2": Decimal(1), "har": Decimal(10_000), "{acre}": Decimal("4046.8564224")}
_PLANTS = frozenset({"{plant}", "{bush}", "{seed}"})
_MICROGRAMS_IN_GRAM = 1_000_000


@dataclass(frozen=True, slots=True)
class Kinds:
    """What is known of a substance, from the narrowest to the widest; None where unknown."""

    substance: str | None = None
    subclass: str | None = None
    substance_class: str | None = None
    effect_group: str | None = None


class Ceilings:
    """The ceilings of ``plausibility.csv``; the narrowest scope that has one for the measure decides.

    Raises:
        ReferenceDataError: a scope or measure is not listed, or a ceiling is no positive decimal.
    """

    def __init__(self, tables: Tables) -> None:
        self._ceilings = {_key(row): _ceiling(row) for row in tables.rows(PLAUSIBILITY)}

    def exceeded(self, amount: Decimal, unit: str | None, micrograms: int | None, kinds: Kinds) -> bool:
        """Whether one record may not plausibly state so much.

        Args:
            amount: the amount in `unit`.
            unit: UCUM, None where not recognised: then nothing is known to be too much but a number beyond any count.
            micrograms: the mass, where there is one; it decides then.
            kinds: what the substance is known to be.
        """
        measure, size = _measured(amount, unit, micrograms)
        for scope, value in _scopes(kinds):
            ceiling = self._ceilings.get((scope, value, measure))
            if ceiling is not None:
                return size > ceiling
        return False


def _scopes(kinds: Kinds) -> Iterator[tuple[str, str]]:
    yield "substance", kinds.substance or ""
    yield "subclass", kinds.subclass or ""
    yield "class", kinds.substance_class or ""
    yield "effect_group", kinds.effect_group or ""
    yield "any", ""


def _measured(amount: Decimal, unit: str | None, micrograms: int | None) -> tuple[Measure, Decimal]:
    if micrograms is not None:
        return "mass", Decimal(micrograms) / _MICROGRAMS_IN_GRAM
    if unit in _VOLUMES:
        return "volume", amount * _VOLUMES[unit]
    if unit in _AREAS:
        return "area", amount * _AREAS[unit]
    return ("plants" if unit in _PLANTS else "count"), amount


def _key(row: Row) -> tuple[str, str, str]:
    if row["scope"] not in get_args(Scope):
        raise row.error("scope", f"{row['scope']!r} must be one of {', '.join(get_args(Scope))}")
    if row["measure"] not in get_args(Measure):
        raise row.error("measure", f"{row['measure']!r} must be one of {', '.join(get_args(Measure))}")
    if (row["scope"] == "any") == bool(row["value"]):
        raise row.error("value", "must be blank for the scope any, and only for it")
    return row["scope"], row["value"], row["measure"]


def _ceiling(row: Row) -> Decimal:
    try:
        ceiling = Decimal(row["ceiling"])
    except InvalidOperation:
        ceiling = Decimal(0)
    if not ceiling.is_finite() or ceiling <= 0:
        raise row.error("ceiling", f"{row['ceiling']!r} must be a decimal above zero")
    return ceiling
