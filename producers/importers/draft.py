"""What an importer makes of a file: drafts of incidents, and rejects of the rows that cannot be read."""

from dataclasses import dataclass

from schemas.incident import IncidentContent


@dataclass(frozen=True, slots=True)
class Draft:
    """One incident as a file states it, ready to be reported by its agency.

    Attributes:
        agency_id: the agency that reports it.
        reporting_country: ISO 3166-1 alpha-3 of that agency, None where it has none.
        source_ref: the reference that makes the incident unique in the agency.
        content: what is reported, unresolved.
        line: the line of the file it begins on; the header is on line 1.
        lines: the number of rows it was made from, one an item.
        importer: name and version of the rules it was made by.
    """

    agency_id: str
    reporting_country: str | None
    source_ref: str
    content: IncidentContent
    line: int
    lines: int
    importer: str


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that cannot be read.

    Attributes:
        line: the line of the file it begins on; the header is on line 1.
        field: the column or the field path at fault, ``row`` where it is the row as a whole.
        reason: what is wrong with it.
    """

    line: int
    field: str
    reason: str
