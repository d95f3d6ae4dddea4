"""Country labels of any age and language → ISO 3166-1 alpha-3.

Names and codes come from `pycountry`, with its translations; ``countries.csv`` holds only the old and odd forms that it
lacks, and ``stated.csv`` what is said instead of a country.
"""

import gettext
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pycountry
from rapidfuzz.distance import OSA

from stream_processors.reference.normalise import fold_words, is_blank
from stream_processors.reference.stated import Stated
from stream_processors.reference.tables import COUNTRIES, Tables

CountryHow = Literal[
    "code", "exact", "alias", "fuzzy", "unknown_stated", "multiple", "other_stated", "unresolved", "blank"
]

# Codes that reports use and ISO 3166-1 does not list: Kosovo is user-assigned, the others are withdrawn.
UNLISTED_CODES = {"XKX": "XK", "ANT": "AN", "YUG": "YU", "SCG": "CS", "SUN": "SU", "CSK": "CS"}

# The languages of the reporting countries; more would add names that mean another country in a language of these.
_LANGUAGES = (
    "ar bg cs da de el es et fa fi fr he hi hr hu id it ja ka kk ko ky lt lv mn nb_NO nl pl pt pt_BR ro ru sk sl sq "
    "sr sv tg th tr uk uz vi zh_CN zh_TW"
)
_FILLERS = frozenset({"the", "of", "and"})
_SHORTEST_MISSPELT = 6


@dataclass(frozen=True, slots=True)
class CountryMatch:
    """What a country label means: the alpha-3 code where there is one, and how it was found."""

    country: str | None
    how: CountryHow


class Countries:
    """Resolves country labels and codes.

    Raises:
        ReferenceDataError: a row of ``countries.csv`` has a code that is neither ISO 3166-1 alpha-3 nor one of
            `UNLISTED_CODES`.
    """

    def __init__(self, tables: Tables, stated: Stated) -> None:
        self._stated = stated
        self._alpha_2 = {country.alpha_3: country.alpha_2 for country in pycountry.countries} | UNLISTED_CODES
        self._codes = {alpha_3: alpha_3 for alpha_3 in self._alpha_2} | {"XK": "XKX", "AN": "ANT"}
        for country in pycountry.countries:
            self._codes[country.alpha_2] = self._codes[country.numeric] = country.alpha_3
        self._names = _certain((fold_words(name), country.alpha_3) for country, name in _names())
        self._aliases: dict[str, str] = {}
        for row in tables.rows(COUNTRIES):
            if row["country"] not in self._alpha_2:
                raise row.error("country", f"{row['country']!r} is not an ISO 3166-1 alpha-3 code")
            self._aliases[fold_words(row["label"])] = row["country"]
        self._by_words = _certain((_words(name), code) for name, code in (self._names | self._aliases).items())

    def alpha_2(self, alpha_3: str) -> str | None:
        """The alpha-2 code of an alpha-3 code, None where there is none."""
        return self._alpha_2.get(alpha_3)

    def resolve(self, text: str | None, code: str | None = None) -> CountryMatch:
        """The country that a label or a code means. Never raises.

        A code of the reporter decides; only where it is absent or no code is the text read: as a code in capitals, a
        name, an old or odd form, a name in another language, the same words in another order, without its brackets
        (``Iraq (Central Iraq)``), and last as a misspelling by one letter that can mean one country only.

        Args:
            text: the label as reported.
            code: ISO 3166-1 alpha-3, alpha-2 or numeric code as reported.
        """
        if code is not None and (known := self._codes.get(code.strip().upper())) is not None:
            return CountryMatch(known, "code")
        if text is None or is_blank(text):
            return CountryMatch(None, "blank" if is_blank(code) else "unresolved")
        stripped = text.strip()
        if stripped.isupper() and (known := self._codes.get(stripped)) is not None:
            return CountryMatch(known, "code")
        statement = self._stated.meaning(text)
        if statement is not None:
            return _STATED[statement]
        folded = fold_words(text)
        return (
            self._by_name(folded)
            or self._by_name(fold_words(text.partition("(")[0]), exact="alias")
            or self._misspelt(folded)
            or CountryMatch(None, "unresolved")
        )

    def _by_name(self, folded: str, exact: CountryHow = "exact") -> CountryMatch | None:
        if not folded:
            return None
        if (country := self._aliases.get(folded)) is not None:
            return CountryMatch(country, "alias")
        if (country := self._names.get(folded)) is not None:
            return CountryMatch(country, exact)
        country = self._translations.get(folded) or self._by_words.get(_words(folded))
        return None if country is None else CountryMatch(country, "alias")

    def _misspelt(self, folded: str) -> CountryMatch | None:
        if len(folded) < _SHORTEST_MISSPELT:
            return None
        found = {
            country
            for name, country in (self._names | self._aliases).items()
            if len(name) >= _SHORTEST_MISSPELT and OSA.distance(folded, name, score_cutoff=1) == 1
        }
        return CountryMatch(found.pop(), "fuzzy") if len(found) == 1 else None

    @cached_property
    def _translations(self) -> dict[str, str]:
        pairs = []
        for language in _LANGUAGES.split():
            catalogue = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
            pairs += [(fold_words(catalogue.gettext(name)), country.alpha_3) for country, name in _names()]
        return _certain(pairs)


_STATED = {
    "unknown": CountryMatch(None, "unknown_stated"),
    "other": CountryMatch(None, "other_stated"),
    "multiple": CountryMatch(None, "multiple"),
}


def _names() -> Iterable[tuple[pycountry.db.Country, str]]:
    for country in pycountry.countries:
        for field in ("name", "official_name", "common_name"):
            if (name := getattr(country, field, None)) is not None:
                yield country, name


def _words(folded: str) -> str:
    return " ".join(sorted(set(folded.split()) - _FILLERS))


def _certain(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The pairs as a dictionary, without the names that mean two countries."""
    meanings: dict[str, set[str]] = {}
    for name, country in pairs:
        if name:
            meanings.setdefault(name, set()).add(country)
    return {name: next(iter(countries)) for name, countries in meanings.items() if len(countries) == 1}
