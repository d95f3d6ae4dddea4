"""Our own CSV layout, described field by field in ``docs/csv-layout.md``: one row an item, one header line.

Adjacent rows with the same `source_ref` are the items of one incident.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from producers.importers.csv_columns import REQUIRED, SOURCE_REF, Column, column, incident_fields
from producers.importers.draft import Draft, Reject
from producers.importers.references import References
from producers.importers.rows import opened, rows, unreadable
from schemas.errors import ImportFileError, InvalidIncidentError
from schemas.identity import check_name
from schemas.incident import validate_content

IMPORTER = "csv-layout/1"

_DELIMITERS = ",;\t"
_LONG_TEXT = frozenset({"narrative"})
_LONGEST_REFERENCE = 200
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9].*")
_DATES = {"occurred_on": _ISO_DATE, "shipment_expected_on": _ISO_DATE, "act_before": _ISO_TIMESTAMP}
_HOW_DATES = {_ISO_DATE: "a date, YYYY-MM-DD", _ISO_TIMESTAMP: "a timestamp, such as 2024-03-01T14:00:00Z"}
_ITEM_PATH = re.compile(r"items\[([0-9]+)\]")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    source_ref: str | None
    incident: dict[Column, str]
    item: dict[str, str]
    fault: Reject | None = None


def read_csv(path: Path, *, agency_id: str, reporting_country: str | None) -> Iterator[Draft | Reject]:
    """The incidents of a file in our layout and the rows that cannot be read, in the order of the file.

    An incident that breaks a rule is rejected with all its rows. The number of items and rejects together is the number
    of rows.

    Args:
        path: UTF-8, plain or gzip; with ``,``, ``;`` or tab between columns, whichever the header has most of.
        agency_id: the agency that reports.
        reporting_country: ISO 3166-1 alpha-3 of the agency, None where it has none.

    Raises:
        ImportFileError: the file cannot be read, or a column is unknown, there twice or missing.
        IdentityError: `agency_id` is not a name of an agency.
    """
    check_name("agency", agency_id)
    references = References()
    begun: dict[str, int] = {}
    with opened(path) as text:
        for group in _groups(_read(path, text)):
            fault = _fault(group, begun)
            drafted = fault or _draft(group, agency_id, reporting_country, references)
            if isinstance(drafted, Draft):
                yield drafted
            else:
                yield from _rejected(group, drafted)


def _read(path: Path, text: Iterator[str]) -> Iterator[_Row]:
    first = next(text, "")
    delimiter = max(_DELIMITERS, key=first.count)
    found = rows(_again(first, text), delimiter)
    _, names = next(found, (0, []))
    header = tuple(name.strip() for name in names)
    places = _places(path, header)
    referred = header.index(SOURCE_REF) if SOURCE_REF in header else len(header)
    for line, fields in found:
        source_ref = (fields[referred].strip() or None) if referred < len(fields) else None
        fault = unreadable(line, fields, header, _LONG_TEXT)
        yield _Row(line, source_ref, {}, {}, fault) if fault else _row(line, source_ref, fields, places)


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest


def _places(path: Path, header: tuple[str, ...]) -> list[Column]:
    places = []
    for name in header:
        place = column(name)
        if place is None:
            raise ImportFileError(f"{path}, line 1: {name!r} is no column of the layout; see docs/csv-layout.md")
        places.append(place)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ImportFileError(f"{path}, line 1: {', '.join(twice)} stands there twice; keep one")
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise ImportFileError(f"{path}, line 1: {', '.join(missing)} is missing; see docs/csv-layout.md")
    return places


def _row(line: int, source_ref: str | None, fields: list[str], places: list[Column]) -> _Row:
    incident: dict[Column, str] = {}
    item: dict[str, str] = {}
    fault = None
    if source_ref is not None and len(source_ref) > _LONGEST_REFERENCE:
        fault = Reject(line, SOURCE_REF, f"is longer than {_LONGEST_REFERENCE} characters")
    for place, cell in zip(places, fields, strict=True):
        value = cell if place.as_reported else cell.strip()
        if place.kind == "source_ref" or not value or value.isspace():
            continue
        form = _DATES.get(place.name)
        if form is not None and not form.fullmatch(value):
            fault = fault or Reject(line, place.name, f"{value!r} is not {_HOW_DATES[form]}")
        if place.kind == "item":
            item[place.field] = value
        else:
            incident[place] = value
    return _Row(line, source_ref, incident, item, fault)


def _groups(read: Iterator[_Row]) -> Iterator[list[_Row]]:
    group: list[_Row] = []
    for row in read:
        if group and (row.source_ref is None or row.source_ref != group[0].source_ref):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _fault(group: list[_Row], begun: dict[str, int]) -> Reject | None:
    """Why rows are not one incident: one cannot be read, the reference was there before, or they disagree."""
    first = group[0]
    for row in group:
        if row.fault is not None:
            return row.fault
    if first.source_ref is not None:
        earlier = begun.setdefault(first.source_ref, first.line)
        if earlier != first.line:
            reason = f"{first.source_ref!r} is that of line {earlier} already; put the rows of one incident together"
            return Reject(first.line, SOURCE_REF, reason)
    for row in group[1:]:
        for place, value in row.incident.items():
            if first.incident.get(place) != value:
                reason = f"differs from line {first.line}, which has the same source_ref; repeat it or leave it blank"
                return Reject(row.line, place.name, reason)
    return None


def _draft(group: list[_Row], agency_id: str, country: str | None, references: References) -> Draft | Reject:
    first = group[0]
    fields: dict[str, Any] = incident_fields(first.incident) | {"items": [row.item for row in group]}
    try:
        content = validate_content(fields)
    except InvalidIncidentError as error:
        of_item = _ITEM_PATH.match(error.path)
        return Reject(group[int(of_item[1])].line if of_item else first.line, error.path, error.message)
    source_ref = first.source_ref
    if source_ref is None:
        said = {place.name: value for place, value in first.incident.items()}
        source_ref = references.of([said, first.item])
    return Draft(agency_id, country, source_ref, content, first.line, len(group), IMPORTER)


def _rejected(group: list[_Row], fault: Reject) -> Iterator[Reject]:
    for row in group:
        if row.line == fault.line:
            yield fault
        else:
            yield row.fault or Reject(
                row.line, SOURCE_REF, f"belongs to the incident that is rejected at line {fault.line}"
            )
