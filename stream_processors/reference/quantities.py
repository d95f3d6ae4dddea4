"""A reported amount and unit → a canonical quantity, its mass where there is one, and whether to believe it."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal

from stream_processors.reference.amounts import canonical, read_amount, split_unit
from stream_processors.reference.normalise import is_blank
from stream_processors.reference.plausibility import Ceilings, Kinds
from stream_processors.reference.units import Unit, UnitHow, Units

Plausibility = Literal["OK", "ZERO", "NEGATIVE", "IMPLAUSIBLE", "UNREADABLE", "MISSING"]

_EXACT = Context(prec=120)  # 38 digits times the longest factor, without rounding
_LARGEST_MASS = 2**63 - 1  # an Avro long


@dataclass(frozen=True, slots=True)
class Quantity:
    """What was seized, in canonical form.

    Attributes:
        amount: decimal text in `unit`, without exponent and trailing zeros; None where missing or unreadable.
        unit: UCUM; ``{other}`` or ``{unknown}`` where stated so, None where blank or not recognised.
        mass_ug: micrograms, rounded half to even; only for mass units or a factor with a source, never below zero.
        mass_source: ``mass-unit``, or the source of the factor; None without `mass_ug`.
        plausibility: OK, or why the amount should stay out of sums.
        unit_how: how the unit was read.
    """

    amount: str | None
    unit: str | None
    mass_ug: int | None
    mass_source: str | None
    plausibility: Plausibility
    unit_how: UnitHow


class Quantities:
    """Puts amounts, units and ceilings together."""

    def __init__(self, units: Units, ceilings: Ceilings) -> None:
        self._units = units
        self._ceilings = ceilings

    def resolve(self, amount_text: str | None, unit_text: str | None, kinds: Kinds) -> Quantity:
        """The quantity that a report states. Never raises.

        Where the unit is blank and the amount carries one (``2.786 kilogram``) that one is taken.

        Args:
            amount_text: the amount as reported.
            unit_text: the unit as reported.
            kinds: what the substance is known to be, for the ceiling.
        """
        unit = self._units.resolve(unit_text)
        if amount_text is None or not amount_text.strip():
            return Quantity(None, unit.unit, None, None, "MISSING", unit.how)
        number = read_amount(amount_text)
        if number is None and is_blank(unit_text):
            number, unit = self._carried(amount_text, unit)
        if number is None:
            return Quantity(None, unit.unit, None, None, "UNREADABLE", unit.how)
        amount = _EXACT.multiply(number, unit.multiplier)
        mass = _mass(number, unit)
        too_much = mass is not None and mass > _LARGEST_MASS
        if too_much or self._ceilings.exceeded(amount, unit.unit, mass, kinds):
            plausibility: Plausibility = "IMPLAUSIBLE"
        else:
            plausibility = "OK" if amount > 0 else "NEGATIVE" if amount < 0 else "ZERO"
        kept = None if too_much else mass
        source = None if kept is None else unit.source
        return Quantity(canonical(amount), unit.unit, kept, source, plausibility, unit.how)

    def _carried(self, amount_text: str, blank: Unit) -> tuple[Decimal | None, Unit]:
        number_text, label = split_unit(amount_text)
        unit = self._units.resolve(label)
        return (read_amount(number_text), unit) if unit.unit is not None else (None, blank)


def _mass(number: Decimal, unit: Unit) -> int | None:
    if unit.micrograms is None or number < 0:
        return None
    exact = _EXACT.multiply(number, unit.micrograms)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN, context=_EXACT))
