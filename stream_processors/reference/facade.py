"""One object that answers every question about reference data, each distinct question once."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, cast

from stream_processors.reference import dates
from stream_processors.reference.countries import Countries, CountryMatch
from stream_processors.reference.dates import Precision
from stream_processors.reference.gazetteer import Gazetteer
from stream_processors.reference.places import PlaceMatch, Places
from stream_processors.reference.plausibility import Ceilings
from stream_processors.reference.quantities import Quantities, Quantity
from stream_processors.reference.schedules import Schedules
from stream_processors.reference.stated import Stated
from stream_processors.reference.substances import SubstanceMatch, Substances
from stream_processors.reference.tables import Tables
from stream_processors.reference.units import Units
from stream_processors.reference.version import reference_version

_Resolver = TypeVar("_Resolver", bound=Callable[..., object])

# Distinct questions remembered of each kind: bounds memory against a flood of made-up texts.
_REMEMBERED = 65_536


class Reference:
    """The reference data and the resolvers over it. Every answer depends on the question and on `version` alone.

    No resolver raises on any text: what cannot be resolved is an answer that says so.

    Attributes:
        version: what the answers are made from; another version may answer differently.
    """

    def __init__(self, tables: Tables, version: str) -> None:
        self.version = version
        stated = Stated(tables)
        countries = Countries(tables, stated)
        self._substances = Substances(tables, stated)
        self._schedules = Schedules(tables, self._substances.ids)
        self._quantities = Quantities(Units(tables, stated), Ceilings(tables))
        self._substance = _remembering(self._substances.resolve)
        self._quantity = _remembering(self._quantities.resolve)
        self._schedules_at = _remembering(self._schedules.at)
        self._country = _remembering(countries.resolve)
        self._place = _remembering(Places(tables, countries, Gazetteer()).resolve)

    @classmethod
    def load(cls, extensions: Path | None = None) -> "Reference":
        """Read the reference data, and an extension over it.

        Args:
            extensions: a directory with CSV files named and shaped as ours (``data/README.md``); None for none.

        Raises:
            ReferenceDataError: a file cannot be read or a row breaks a rule; the message names file, line and column.
        """
        return cls(Tables(extensions), reference_version(extensions))

    def substance(self, text: str | None, language: str | None = None) -> SubstanceMatch:
        """What a reported substance name means; see `Substances.resolve`."""
        return self._substance(text, language)

    def schedules(self, substance_id: str, on: date, precision: Precision) -> tuple[str, ...]:
        """The international schedules a substance was listed in at a date; see `Schedules.at`."""
        return self._schedules_at(substance_id, on, precision)

    def has_schedule_rows(self, substance_id: str) -> bool:
        """Whether anything is recorded of its scheduling: nothing recorded is not "not controlled"."""
        return self._schedules.has_rows(substance_id)

    def quantity(self, amount_text: str | None, unit_text: str | None, substance_id: str | None) -> Quantity:
        """The quantity that a report states, its mass and whether to believe it; see `Quantities.resolve`."""
        return self._quantity(amount_text, unit_text, self._substances.kinds(substance_id))

    def country(self, text: str | None, code: str | None = None) -> CountryMatch:
        """The country that a label or a code means; see `Countries.resolve`."""
        return self._country(text, code)

    def place(
        self,
        text: str | None,
        country: str | None,
        *,
        locode: str | None = None,
        iata: str | None = None,
        subdivision: str | None = None,
    ) -> PlaceMatch:
        """The place that is meant, within its country; see `Places.resolve`."""
        return self._place(text, country, locode=locode, iata=iata, subdivision=subdivision)

    def period(self, occurred_on: date, precision: Precision) -> tuple[date, date]:
        """The first and the last day an incident may have happened on."""
        return dates.period(occurred_on, precision)

    def period_label(self, occurred_on: date, precision: Precision) -> str:
        """The date cut to what it claims: ``2016-03-14``, ``2016-03`` or ``2016``."""
        return dates.period_label(occurred_on, precision)


def _remembering(resolver: _Resolver) -> _Resolver:
    return cast("_Resolver", lru_cache(maxsize=_REMEMBERED)(resolver))
