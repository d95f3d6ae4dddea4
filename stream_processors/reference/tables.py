"""The reference tables: CSV files of ours, and the same files of an extension laid over them.

A table is a UTF-8, comma-separated file with one header line. An extension directory holds files of the same names and
columns; a row whose key stands in ours replaces it, any other row is added. Whatever is wrong is named by file, line
and column.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ReferenceDataError

DATA_DIRECTORY = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, and where it stands."""

    file: str
    line: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def error(self, column: str, message: str) -> ReferenceDataError:
        """The error to raise about one value of this row."""
        return ReferenceDataError(f"{self.file}, line {self.line}, column {column}: {message}")


@dataclass(frozen=True, slots=True)
class Table:
    """The shape of one reference table: its columns, those that must not be blank, and its key."""

    file_name: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    key: tuple[str, ...]


SUBSTANCES = Table(
    "substances.csv",
    (
        "substance_id",
        "preferred_name",
        "inchikey",
        "smiles",
        "cas",
        "cas_evidence",
        "formula",
        "molar_mass",
        "class",
        "subclass",
        "effect_group",
        "active_substance_id",
        "structure_evidence",
        "structure_confidence",
        "notes",
    ),
    ("substance_id", "preferred_name", "class", "subclass", "effect_group"),
    ("substance_id",),
)
NAMES = Table(
    "substance_names.csv",
    (
        "substance_id",
        "name",
        "name_normalised",
        "language",
        "kind",
        "source",
        "confidence",
        "form_hint",
        "in_ids",
        "ambiguous",
        "note",
    ),
    ("substance_id", "name", "language", "kind", "source", "confidence"),
    ("substance_id", "name"),
)
SCHEDULES = Table(
    "substance_schedules.csv",
    (
        "substance_id",
        "preferred_name",
        "convention",
        "schedule",
        "valid_from",
        "valid_from_precision",
        "valid_from_basis",
        "valid_to",
        "decision",
        "source",
        "source_type",
        "confidence",
        "note",
    ),
    ("substance_id", "convention", "schedule", "valid_from", "source"),
    ("substance_id", "convention", "schedule", "valid_from"),
)
UNITS = Table(
    "units.csv",
    ("label", "language", "unit", "multiplier", "micrograms", "source", "note"),
    ("label", "language", "unit", "multiplier"),
    ("label",),
)
PLAUSIBILITY = Table(
    "plausibility.csv",
    ("scope", "value", "measure", "ceiling", "rationale"),
    ("scope", "measure", "ceiling", "rationale"),
    ("scope", "value", "measure"),
)
STATED = Table("stated.csv", ("label", "language", "means"), ("label", "language", "means"), ("label",))
COUNTRIES = Table(
    "countries.csv", ("label", "language", "country", "note"), ("label", "language", "country"), ("label",)
)
PLACES = Table(
    "places.csv",
    ("country", "kind", "label", "place_id", "name", "latitude", "longitude", "source"),
    ("country", "kind", "label", "place_id", "name", "latitude", "longitude", "source"),
    ("country", "kind", "label"),
)

TABLES = (SUBSTANCES, NAMES, SCHEDULES, UNITS, PLAUSIBILITY, STATED, COUNTRIES, PLACES)


class Tables:
    """All reference tables, an extension already laid over them.

    Args:
        extensions: a directory with CSV files named and shaped as ours; None for none.

    Raises:
        ReferenceDataError: a file cannot be read, is not one of ours by name, or a row breaks the table's shape.
    """

    def __init__(self, extensions: Path | None = None) -> None:
        self._rows = {table.file_name: dict(_keyed(DATA_DIRECTORY / table.file_name, table)) for table in TABLES}
        for path in extension_files(extensions):
            table = next(table for table in TABLES if table.file_name == path.name)
            self._rows[table.file_name].update(_keyed(path, table))

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of a table, ours first, then those that the extension added."""
        return iter(self._rows[table.file_name].values())


def extension_files(extensions: Path | None) -> list[Path]:
    """The CSV files of an extension directory in order of their names.

    Raises:
        ReferenceDataError: the directory is missing, or holds a CSV file that no table is named after.
    """
    if extensions is None:
        return []
    if not extensions.is_dir():
        raise ReferenceDataError(
            f"{extensions}: is not a directory; give the directory that holds the extension's CSV files"
        )
    files = sorted(extensions.glob("*.csv"))
    known = sorted(table.file_name for table in TABLES)
    for path in files:
        if path.name not in known:
            raise ReferenceDataError(f"{path}: no reference table has this name; use one of {', '.join(known)}")
    return files


def _keyed(path: Path, table: Table) -> Iterator[tuple[tuple[str, ...], Row]]:
    seen: dict[tuple[str, ...], int] = {}
    for row in _read(path, table):
        key = tuple(row[column] for column in table.key)
        if key in seen:
            raise row.error(
                "+".join(table.key), f"{' / '.join(key)!r} stands in line {seen[key]} already; keep one row"
            )
        seen[key] = row.line
        yield key, row


def _read(path: Path, table: Table) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            header = next(reader, [])
            _check_header(path, header, table)
            for fields in reader:
                if not fields:
                    continue
                if len(fields) != len(header):
                    raise ReferenceDataError(
                        f"{path}, line {reader.line_num}: has {len(fields)} values for {len(header)} columns;"
                        " quote a value that holds a comma"
                    )
                row = Row(str(path), reader.line_num, dict(zip(header, map(str.strip, fields), strict=True)))
                for column in table.required:
                    if not row[column]:
                        raise row.error(column, "is blank, and must not be")
                yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReferenceDataError(f"{path}: cannot be read as UTF-8 CSV ({error})") from error


def _check_header(path: Path, header: list[str], table: Table) -> None:
    missing = [column for column in table.columns if column not in header]
    surplus = [column for column in header if column not in table.columns]
    if missing or surplus or len(set(header)) != len(header):
        raise ReferenceDataError(
            f"{path}, line 1: the columns must be {','.join(table.columns)}"
            f" (missing: {','.join(missing) or 'none'}; not known: {','.join(surplus) or 'none'})"
        )
