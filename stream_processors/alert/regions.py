"""Regions of the world: the sub-regions of UN M49, for Africa and America the intermediate ones.

``regions.csv`` has a row for each country code that the reference data can give; withdrawn codes and Kosovo, which M49
does not list, stand where their land lies.
"""

import csv
from functools import cache
from importlib.resources import files


@cache
def _rows() -> dict[str, tuple[str, str]]:
    text = (files("stream_processors.alert") / "regions.csv").read_text("utf-8")
    return {row["country"]: (row["region"], row["name"]) for row in csv.DictReader(text.splitlines())}


def region_of(country: str) -> str | None:
    """M49 code of the region of a country, ISO 3166-1 alpha-3."""
    found = _rows().get(country)
    return None if found is None else found[0]


@cache
def region_name(region: str) -> str:
    """Name of a region."""
    return next(name for code, name in _rows().values() if code == region)
