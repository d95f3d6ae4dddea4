"""Who reports, and how each writes: an agency's habits are fixed, so what two agencies differ in repeats itself.

In the real file it is sources that differ, throughout: one writes grams and Russian, one kilograms cut to the gram, one
dates a day later, one knows no departure. Slips that come by chance are in `slips.py`.
"""

from dataclasses import dataclass
from functools import cache
from random import Random

from tests.accuracy.world.drawing import Weighted
from tests.accuracy.world.trade import COUNTRIES, OTHER_LANGUAGES, RUSSIAN, SPANISH
from tests.accuracy.world.vocabulary import COUNTED, DIALECTS, PLACE_STYLE, REGION_WORDS, SITE_WORDS, UNITS

_MASS_STYLES = Weighted(
    {"kg exact": 26, "g exact": 30, "kg from one": 18, "g whole": 10, "kg cut": 6, "kg short": 7, "rough": 3}
)
_TYPES = ("POLICE", "CUSTOMS", "POSTAL")


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency and its habits.

    Attributes:
        agency_id: unique; ``abroad`` agencies report what others seized.
        mass_style: how it rounds and which unit it prefers; see `writing.amount`.
        units: UCUM unit → its label for it; ``counted``: form → its label for counted things.
        place_style: site, city, region or code (IATA where there is one).
        site_words: kind of site → its pattern for a name.
        capitals: place names in capital letters.
        odd_names: share of its items named by a salt, a code, a trade or a long name.
        class_names: share of its items named by the class alone.
        monthly: dates to the month.
        later: days by which its dates lie after the day of the seizure, mostly 0.
        dialect: concealment codes that it uses for others.
        fills: field → share of reports in which it is filled where known.
    """

    agency_id: str
    kind: str
    country: str | None
    language: str
    mass_style: str
    units: dict[str, str]
    counted: dict[str, str]
    place_style: str
    site_words: dict[str, str]
    region_words: str
    capitals: bool
    odd_names: float
    class_names: float
    monthly: bool
    later: int
    dialect: dict[str, str]
    fills: dict[str, float]


@cache
def agencies() -> dict[str, tuple[Agency, ...]]:
    """Country → its agencies: police and customs everywhere, a postal one where parcels come in great numbers."""
    chance = Random(7_002)  # noqa: S311  # the same agencies each time, nothing secret
    made = {}
    for rank, country in enumerate(COUNTRIES):
        kinds = _TYPES if rank < 20 else _TYPES[:2]
        made[country] = tuple(_agency(f"{country.lower()}-{kind.lower()}", kind, country, chance) for kind in kinds)
    return made


@cache
def organisations() -> tuple[Agency, ...]:
    """International organisations, which pass on what members told them: coarse, in English, often later."""
    chance = Random(7_003)  # noqa: S311  # likewise
    return tuple(
        _agency(f"org-{name}", "INTERNATIONAL_ORGANISATION", None, chance) for name in ("cargo", "police", "precursors")
    )


def _agency(agency_id: str, kind: str, country: str | None, chance: Random) -> Agency:
    language = _language(country, chance)
    customs, abroad = kind == "CUSTOMS", country is None

    def share(low: float, high: float) -> float:
        return 0.0 if chance.random() < 0.08 else chance.uniform(low, high)

    return Agency(
        agency_id=agency_id,
        kind=kind,
        country=country,
        language=language,
        mass_style="kg short" if abroad else _MASS_STYLES.draw(chance),
        units={unit: chance.choice(labels) for unit, labels in UNITS[language].items()},
        counted={form: chance.choice(labels) for form, labels in COUNTED[language].items()},
        place_style="city" if abroad else PLACE_STYLE.draw(chance),
        site_words={kind_: chance.choice(words[language]) for kind_, words in SITE_WORDS.items()},
        region_words=chance.choice(REGION_WORDS[language]),
        capitals=chance.random() < 0.12,
        odd_names=chance.choice((0.02, 0.05, 0.05, 0.15)),
        class_names=chance.choice((0.0, 0.0, 0.02, 0.08)),
        monthly=not abroad and chance.random() < 0.04,
        later=chance.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, 1)),
        dialect=DIALECTS[0] if chance.random() < 0.5 else chance.choice(DIALECTS[1:]),
        fills={
            "region": share(0.4, 1.0),
            "place": 0.5 if abroad else chance.uniform(0.85, 1.0),
            "coordinates": share(0.0, 0.3),
            "installation": share(0.3, 1.0),
            "concealment": share(0.5, 1.0),
            "transport": share(0.6, 1.0),
            "departure": share(0.4, 0.95),
            "destination": share(0.4, 0.95),
            "origin": share(0.0, 0.6),
            "routing": share(0.2, 0.9),
            "tracking": 0.9 if customs or kind == "POSTAL" else share(0.1, 0.5),
            "carrier": share(0.2, 0.8),
            "goods": share(0.2, 0.7) if customs or kind == "POSTAL" else share(0.0, 0.2),
            "company": share(0.5, 0.95) if customs else share(0.2, 0.7),
            "vessel": 0.9 if customs else share(0.3, 0.8),
            "handle": share(0.3, 0.9) if kind == "POLICE" else share(0.0, 0.3),
            "mark": share(0.2, 0.8),
            "purity": share(0.0, 0.4),
            "form": share(0.3, 0.9),
            "narrative": share(0.1, 0.8),
            "locode": share(0.0, 0.2),
        },
    )


def _language(country: str | None, chance: Random) -> str:
    """The language of most agencies there; some write English all the same, as one of Kazakhstan's sources does."""
    if country in RUSSIAN:
        return "ru" if chance.random() < 0.65 else "en"
    if country in SPANISH:
        return "es" if chance.random() < 0.75 else "en"
    if country in OTHER_LANGUAGES:
        return OTHER_LANGUAGES[country] if chance.random() < 0.5 else "en"
    return "en"
