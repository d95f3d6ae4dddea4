"""COUNTRY labels of the UNODC IDS layout → the reporting country, by the committed table ``ids_countries.csv``."""

import csv
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files


@lru_cache(maxsize=4096)
def reporting_country(label: str) -> str | None:
    """ISO 3166-1 alpha-3, XKX for Kosovo, withdrawn codes such as ANT; None where the label is no country."""
    return _table().get(_folded(label))


@cache
def _table() -> dict[str, str]:
    text = (files("producers.importers") / "ids_countries.csv").read_text("utf-8")
    return {_folded(row["label"]): row["country"] for row in csv.DictReader(text.splitlines())}


def _folded(label: str) -> str:
    """The letters and digits of a label, without marks and case; word separators count as one space."""
    plain = unicodedata.normalize("NFKD", label).casefold().replace("&", " and ")
    kept = (
        character if character.isalnum() else "" if unicodedata.combining(character) or character in "'’`" else " "
        for character in plain
    )
    return " ".join("".join(kept).split())
