"""No label of real reports makes a resolver raise, and the answers keep their promises."""

import csv
import gzip
from pathlib import Path

import pytest

from stream_processors.reference import Reference

pytestmark = pytest.mark.ids

COUNTRY_COLUMNS = ("COUNTRY", "PRODUCING_COUNTRY", "DEPARTURE_COUNTRY", "DESTINATION_COUNTRY")


@pytest.fixture(scope="module")
def rows(ids_file: Path) -> list[dict[str, str]]:
    """The rows of the UNODC IDS file."""
    with gzip.open(ids_file, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=";"))


def test_substance_names(reference: Reference, rows: list[dict[str, str]]) -> None:
    """Every label has an answer, and one that is on record never counts as unknown."""
    for name in {row["DRUG_NAME"] for row in rows}:
        match = reference.substance(name)

        assert match.how in {"exact", "alias", "class_only", "ambiguous", "blank"}, name


def test_countries(reference: Reference, rows: list[dict[str, str]]) -> None:
    """Every label is a country or says why it is none."""
    for label in {row[column] for row in rows for column in COUNTRY_COLUMNS}:
        assert reference.country(label).how != "unresolved", label


def test_units_and_amounts(reference: Reference, rows: list[dict[str, str]]) -> None:
    """Every label is known and every amount is read."""
    for amount, unit in {(row["AMOUNT"], row["DRUG_UNIT"]) for row in rows}:
        quantity = reference.quantity(amount, unit, None)

        assert quantity.unit_how != "unresolved", unit
        assert quantity.plausibility != "UNREADABLE", amount


def test_places(reference: Reference, rows: list[dict[str, str]]) -> None:
    """Every text has an answer, and what resolves has coordinates."""
    for text, label in {(row["PLACE"], row["COUNTRY"]) for row in rows}:
        match = reference.place(text, reference.country(label).country)

        assert (match.place_id is None) == (match.latitude_udeg is None)
