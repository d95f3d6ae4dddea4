"""Place texts and codes → a place with coordinates, only within the stated country."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from stream_processors.reference.countries import Countries
from stream_processors.reference.gazetteer import Gazetteer, Place, microdegrees
from stream_processors.reference.normalise import fold_words, is_blank
from stream_processors.reference.tables import PLACES, Row, Tables

PlaceHow = Literal["iata", "geonames", "alias", "country", "unresolved", "blank"]

_INVERTED_ARTICLE = re.compile(r"^(.*\S)\s*[(,]\s*([^\W\d_]{1,3}['’]?)\s*\)?$")
_PARTS = re.compile(r"[/,;()\"«»]+|\s[-–]\s")
_ABBREVIATIONS = {"sta": "santa", "sto": "santo", "st": "saint", "pto": "puerto", "vla": "villa", "gral": "general"}
# What kind of place it is, said beside its name.
_KIND_WORDS = frozenset(
    fold_words(
        "city town municipality district county region province village ciudad municipio comuna cidade ville stadt "
        "gemeinde город г гор район р н область обл поселок село rayon raion oblast gorod shahri tumani prison port "
        "puerto porto hafen порт مدينة محافظة منطقة ميناء"
    ).split()
)
_OF = frozenset({"de", "of", "von", "do", "da", "del"})
# "Termezskiy rayon", "Ургутский район": the district that is named after its town.
_DISTRICT_ADJECTIVE = re.compile(r"^(\w{3,}?)(?:skiy|skii|skij|sky|скии|ськии)$")


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """What a place text or code means.

    Attributes:
        place_id: ``iata:AKL`` or ``geonames:2193733``; None where there is no place.
        name: its name; the country's code where only the country is known.
        latitude_udeg: integer microdegrees, WGS 84; a country alone has none.
        longitude_udeg: likewise.
        how: how it was found; ``country`` where the country is all that was said.
    """

    place_id: str | None
    name: str | None
    latitude_udeg: int | None
    longitude_udeg: int | None
    how: PlaceHow


_BLANK = PlaceMatch(None, None, None, None, "blank")
_UNRESOLVED = PlaceMatch(None, None, None, None, "unresolved")


class Places:
    """Resolves places, from ``places.csv`` and the gazetteer.

    Raises:
        ReferenceDataError: a row of ``places.csv`` has an unlisted country or kind, or no coordinates.
    """

    def __init__(self, tables: Tables, countries: Countries, gazetteer: Gazetteer) -> None:
        self._countries = countries
        self._gazetteer = gazetteer
        self._aliases: dict[tuple[str, str], Place] = {}
        self._locodes: dict[str, tuple[Place, str]] = {}
        for row in tables.rows(PLACES):
            if countries.alpha_2(row["country"]) is None:
                raise row.error("country", f"{row['country']!r} is not an ISO 3166-1 alpha-3 code")
            if row["kind"] == "text":
                self._aliases[row["country"], fold_words(row["label"])] = _place(row)
            elif row["kind"] == "locode":
                self._locodes[_locode(row["label"])] = _place(row), row["country"]
            else:
                raise row.error("kind", f"{row['kind']!r} must be text or locode")

    def resolve(
        self,
        text: str | None,
        country: str | None,
        *,
        locode: str | None = None,
        iata: str | None = None,
        subdivision: str | None = None,
    ) -> PlaceMatch:
        """The place that is meant. Never raises.

        An explicit code decides (IATA, then UN/LOCODE), unless its place lies in another country than the one stated: a
        contradiction is not settled here. The text is looked up only within the country, so without a country it stays
        unresolved.

        Args:
            text: the place as reported, in any language and script.
            country: ISO 3166-1 alpha-3, None where unknown.
            locode: UN/LOCODE as reported.
            iata: IATA airport code as reported.
            subdivision: ISO 3166-2 code as reported; it decides between cities of one name where it can.
        """
        coded = self._by_code(country, locode, iata)
        if coded is not None:
            return coded
        stated = None if country is None else self._countries.alpha_2(country)
        if text is None or is_blank(text):
            if stated is None:
                return _BLANK if is_blank(locode) and is_blank(iata) else _UNRESOLVED
            return PlaceMatch(None, country, None, None, "country")
        if country is None or stated is None:
            return _UNRESOLVED
        return self._by_text(text, country, stated, subdivision)

    def _by_code(self, country: str | None, locode: str | None, iata: str | None) -> PlaceMatch | None:
        stated = None if country is None else self._countries.alpha_2(country)
        if iata is not None and (airport := self._gazetteer.airport(iata.strip().upper())) is not None:
            place, lies_in = airport
            if stated in {None, lies_in}:
                return _match(place, "iata")
        if locode is not None and (known := self._locodes.get(_locode(locode))) is not None:
            place, alpha_3 = known
            if country in {None, alpha_3}:
                return _match(place, "alias")
        return None

    def _by_text(self, text: str, country: str, alpha_2: str, subdivision: str | None) -> PlaceMatch:
        code = text.strip()
        if len(code) == 3 and code.isupper() and (coded := self._by_code(country, None, code)) is not None:
            return coded
        for reading in _readings(text):
            if (place := self._aliases.get((country, reading))) is not None:
                return _match(place, "alias")
            if (place := self._gazetteer.city(alpha_2, reading, subdivision)) is not None:
                return _match(place, "geonames")
        if (place := self._gazetteer.airport_named(alpha_2, text)) is not None:
            return _match(place, "iata")
        if self._countries.resolve(text).country == country:
            return PlaceMatch(None, country, None, None, "country")
        return _UNRESOLVED


def _readings(text: str) -> Iterator[str]:
    """Folded readings of a place text, the most literal first, each once."""
    seen = {""}
    for reading in _all_readings(text):
        if reading not in seen:
            seen.add(reading)
            yield reading


def _all_readings(text: str) -> Iterator[str]:
    yield fold_words(text)
    inverted = _INVERTED_ARTICLE.match(text.strip())
    if inverted is not None:
        yield fold_words(f"{inverted[2]} {inverted[1]}")
        yield fold_words(f"{inverted[2]}{inverted[1]}") if inverted[2][-1] in "'’" else ""
        yield fold_words(inverted[1])
    yield _plain(fold_words(text))
    # The narrowest part is what a list ends with ("Styria/Graz") as often as what it begins with: both are tried, the
    # last first, because a region is seldom named after a town and a town often after its region.
    for part in reversed(_PARTS.split(text)):
        folded = fold_words(part)
        yield folded
        yield _plain(folded)


def _plain(folded: str) -> str:
    """A folded text with abbreviations written out and without words for the kind of place."""
    words = [_ABBREVIATIONS.get(word, word) for word in folded.split()]
    kept = [word for word in words if word not in _KIND_WORDS]
    if len(kept) == len(words):
        return " ".join(words)
    while kept and kept[0] in _OF:
        kept = kept[1:]
    if len(kept) == 1 and (named := _DISTRICT_ADJECTIVE.match(kept[0])) is not None:
        return named[1]
    return " ".join(kept)


def _match(place: Place, how: PlaceHow) -> PlaceMatch:
    return PlaceMatch(place.place_id, place.name, place.latitude_udeg, place.longitude_udeg, how)


def _locode(text: str) -> str:
    return "".join(text.split()).upper()


def _place(row: Row) -> Place:
    try:
        latitude, longitude = Decimal(row["latitude"]), Decimal(row["longitude"])
    except InvalidOperation:
        raise row.error("latitude", "latitude and longitude must be decimal degrees") from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise row.error("latitude", "latitude must be within 90 and longitude within 180 degrees")
    return Place(row["place_id"], row["name"], microdegrees(row["latitude"]), microdegrees(row["longitude"]))
