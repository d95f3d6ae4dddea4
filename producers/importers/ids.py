"""The layout of UNODC's Individual Drug Seizures (IDS): one row a substance seized, ``;`` between columns.

What a column becomes:

=========================  ===========================================================================================
REGION, SUBREGION          nothing: the country implies them (they count for the reference)
COUNTRY                    the agency and its country; ``location.country_text``; the leg SEIZURE
ADMINISTRATIVE_DIVISION    ``location.subdivision_text``
PLACE                      ``location.place_text``
SEIZURE_DATE               ``occurred_on``; its precision is the profile's
DRUG_NAME                  ``items[].substance_text``
AMOUNT, DRUG_UNIT          ``items[].amount_text``, ``items[].unit_text``
HIDING_PLACE               ``concealment[0].text``, and its code where the list has it
INSTALLATION               ``location.installation_text``, and its code where the list has it
TRANSPORT                  ``transport_text``; ``transport_mode`` and ``carrier_type`` where the label is known
PRODUCING_COUNTRY          the leg ORIGIN
DEPARTURE_COUNTRY          the leg DEPARTURE
DESTINATION_COUNTRY        the leg DESTINATION
ROUTING                    ``routing_direction``; a label that is not known goes to ``narrative`` as ``ROUTING: …``
=========================  ===========================================================================================

Text stays as reported, spaces around it included; nothing is resolved. A blank is null, a blank country gives no leg;
"Unknown" and "Other" are text like any other, with the code of that name where there is a list.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from producers.importers.draft import Draft, Reject
from producers.importers.ids_codes import listed, routing, transport
from producers.importers.ids_countries import reporting_country
from producers.importers.references import References
from producers.importers.rows import opened, rows, unreadable
from schemas.errors import ImportFileError
from schemas.incident import (
    COMMUNITY,
    Concealment,
    DatePrecision,
    IncidentContent,
    Item,
    Location,
    RouteLeg,
    Tlp,
)

IMPORTER = "unodc-ids/1"
DELIMITER = ";"
COLUMNS = (
    "REGION",
    "SUBREGION",
    "COUNTRY",
    "ADMINISTRATIVE_DIVISION",
    "PLACE",
    "SEIZURE_DATE",
    "DRUG_NAME",
    "AMOUNT",
    "DRUG_UNIT",
    "HIDING_PLACE",
    "INSTALLATION",
    "TRANSPORT",
    "PRODUCING_COUNTRY",
    "DEPARTURE_COUNTRY",
    "DESTINATION_COUNTRY",
    "ROUTING",
)

_COUNTRY = COLUMNS.index("COUNTRY")
_DATE = COLUMNS.index("SEIZURE_DATE")
_DRUG = COLUMNS.index("DRUG_NAME")
_AFTER_UNIT = COLUMNS.index("DRUG_UNIT") + 1
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST_YEAR = 1900
_MOST_ITEMS = 1000  # what one incident takes
_REMEMBERED = 65_536  # distinct parts kept of each kind: bounds memory against a file where none repeats


@dataclass(frozen=True, slots=True)
class IdsProfile:
    """What has to be known of a file and is not written in it.

    Attributes:
        precision: alpha-3 of the countries that date to the month or the year, written as its first day. A row of
            theirs with any other day states a day, and is of precision DAY.
    """

    precision: Mapping[str, DatePrecision] = field(default_factory=dict)

    def precision_of(self, country: str, day: date) -> DatePrecision:
        """The precision of a date that a country reports."""
        precision = self.precision.get(country, DatePrecision.DAY)
        whole = day.day == 1 and (precision is not DatePrecision.YEAR or day.month == 1)
        return precision if whole else DatePrecision.DAY


UNODC_PROFILE = IdsProfile(MappingProxyType({"NZL": DatePrecision.MONTH}))
"""The profile for UNODC's own file of 2011 to 2016."""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    fields: list[str]
    country: str
    day: date
    precision: DatePrecision

    def same_seizure(self, other: "_Row") -> bool:
        """Whether all but substance, amount and unit agree; such rows are of one precision."""
        mine, theirs = self.fields, other.fields
        return mine[:_DRUG] == theirs[:_DRUG] and mine[_AFTER_UNIT:] == theirs[_AFTER_UNIT:]


def read_ids(path: Path, profile: IdsProfile = UNODC_PROFILE) -> Iterator[Draft | Reject]:
    """The incidents of an IDS file and the rows that cannot be read, in the order of the file.

    A run of adjacent rows that agree in all but DRUG_NAME, AMOUNT and DRUG_UNIT, of precision DAY and with no DRUG_NAME
    twice, is one incident of several items; any other row is an incident of its own. A reject ends a run. The number of
    items and rejects together is the number of rows.

    Args:
        path: UTF-8, plain or gzip.
        profile: what is not written in the file.

    Raises:
        ImportFileError: the file cannot be read, or its header is not that of the layout.
    """
    references = References()
    with opened(path) as text:
        for incident in _incidents(_read(path, text, profile)):
            if isinstance(incident, Reject):
                yield incident
            else:
                yield _draft(incident, references)


def agencies_of(path: Path) -> dict[str, str]:
    """The agencies that report in an IDS file, with the alpha-3 of their countries, in order of agency id.

    Reads the whole file, but makes nothing of its rows.

    Raises:
        ImportFileError: the file cannot be read, or its header is not that of the layout.
    """
    with opened(path) as text:
        labels = {fields[_COUNTRY] for _, fields in _body(path, text) if len(fields) == len(COLUMNS)}
    countries = {country for label in labels if (country := reporting_country(label)) is not None}
    return {_agency_id(country): country for country in sorted(countries)}


def _agency_id(country: str) -> str:
    return f"ids-{country.lower()}"


def _body(path: Path, text: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    found = rows(text, DELIMITER)
    _, header = next(found, (0, []))
    if tuple(name.strip().upper() for name in header) != COLUMNS:
        raise ImportFileError(
            f"{path}, line 1: the header must be {DELIMITER.join(COLUMNS)}; it is {DELIMITER.join(header)[:300]!r}"
        )
    return found


def _read(path: Path, text: Iterator[str], profile: IdsProfile) -> Iterator[_Row | Reject]:
    for line, fields in _body(path, text):
        yield unreadable(line, fields, COLUMNS) or _row(line, fields, profile)


def _row(line: int, fields: list[str], profile: IdsProfile) -> _Row | Reject:
    country = reporting_country(fields[_COUNTRY])
    if country is None:
        return Reject(line, "COUNTRY", f"{fields[_COUNTRY]!r} is no country that can report")
    day = _date(fields[_DATE])
    if day is None:
        return Reject(line, "SEIZURE_DATE", f"{fields[_DATE]!r} is not a date from 1900 on, written YYYY-MM-DD")
    if _reported(fields[_DRUG]) is None:
        return Reject(line, "DRUG_NAME", "is blank")
    return _Row(line, fields, country, day, profile.precision_of(country, day))


@lru_cache(maxsize=_REMEMBERED)
def _date(text: str) -> date | None:
    plain = text.strip()
    if not _ISO_DATE.fullmatch(plain):
        return None
    try:
        day = date.fromisoformat(plain)
    except ValueError:
        return None
    return day if day.year >= _EARLIEST_YEAR else None


def _incidents(read: Iterable[_Row | Reject]) -> Iterator[list[_Row] | Reject]:
    """The rows of each incident; a run with a substance twice, or too long, falls apart into its rows."""
    run: list[_Row] = []
    last: _Row | None = None
    substances: set[str] = set()
    apart = False
    for row in read:
        if isinstance(row, Reject):
            if run:
                yield run
            run, last = [], None
            yield row
            continue
        substance = row.fields[_DRUG]
        if last is None or row.precision is not DatePrecision.DAY or not row.same_seizure(last):
            if run:
                yield run
            run, last, substances, apart = [row], row, {substance}, False
        elif not apart and substance not in substances and len(run) < _MOST_ITEMS:
            run.append(row)
            substances.add(substance)
        else:
            yield from ([one] for one in run)
            yield [row]
            run, apart = [], True
    if run:
        yield run


def _draft(incident: list[_Row], references: References) -> Draft:
    first = incident[0]
    return Draft(
        agency_id=_agency_id(first.country),
        reporting_country=first.country,
        source_ref=references.of([row.fields for row in incident]),
        content=_content(incident),
        line=first.line,
        lines=len(incident),
        importer=IMPORTER,
    )


def _content(incident: list[_Row]) -> IncidentContent:
    first = incident[0]
    _, _, country, division, place, *_ = first.fields
    hiding, installation, transported, producing, departure, destination, routed = first.fields[_AFTER_UNIT:]
    mode, carrier = transport(transported)
    direction, narrative = _routing(routed)
    return IncidentContent(
        incident_type="SEIZURE",
        occurred_on=first.day,
        occurred_precision=first.precision,
        location=_location(country, division, place, installation),
        items=[_item(*row.fields[_DRUG:_AFTER_UNIT]) for row in incident],
        audience=[COMMUNITY],
        tlp=Tlp.AMBER,
        route=list(_route(producing, departure, country, destination)),
        routing_direction=direction,
        transport_mode=mode,
        carrier_type=carrier,
        transport_text=_reported(transported),
        concealment=list(_concealment(hiding)),
        narrative=narrative,
        source_system="UNODC IDS",
    )


def _reported(text: str) -> str | None:
    return None if not text or text.isspace() else text


@lru_cache(maxsize=_REMEMBERED)
def _item(drug: str, amount: str, unit: str) -> Item:
    return Item(substance_text=drug, amount_text=_reported(amount), unit_text=_reported(unit))


@lru_cache(maxsize=_REMEMBERED)
def _location(country: str, division: str, place: str, installation: str) -> Location:
    return Location(
        country_text=country,
        subdivision_text=_reported(division),
        place_text=_reported(place),
        installation=listed("installation", installation),
        installation_text=_reported(installation),
    )


@lru_cache(maxsize=_REMEMBERED)
def _route(producing: str, departure: str, country: str, destination: str) -> tuple[RouteLeg, ...]:
    legs = (("ORIGIN", producing), ("DEPARTURE", departure), ("SEIZURE", country), ("DESTINATION", destination))
    return tuple(RouteLeg(role=role, country_text=text) for role, text in legs if _reported(text) is not None)


@lru_cache(maxsize=_REMEMBERED)
def _concealment(text: str) -> tuple[Concealment, ...]:
    return () if _reported(text) is None else (Concealment(code=listed("concealment", text), text=text),)


@lru_cache(maxsize=_REMEMBERED)
def _routing(text: str) -> tuple[str | None, str | None]:
    """The routing direction and, for a label that has none, the words that keep it from being lost."""
    direction = routing(text)
    return direction, None if direction is not None or _reported(text) is None else f"ROUTING: {text}"
