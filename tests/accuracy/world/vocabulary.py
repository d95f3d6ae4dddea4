"""The words in which agencies write: substances, units, countries and kinds of place, in their languages."""

import csv
import gettext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pycountry

from tests.accuracy.world.drawing import Weighted

_DATA = Path(__file__).parents[3] / "stream_processors/reference/data"
LANGUAGES = ("en", "ru", "es", "pt", "fr", "de")

UNITS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"kg": ("kg", "Kilogram"), "g": ("g", "Gram", "grams"), "mg": ("mg",), "L": ("L", "Litre"), "mL": ("mL",)},
    "ru": {"kg": ("кг", "килограмм"), "g": ("г", "грамм", "гр"), "mg": ("мг",), "L": ("л", "литр"), "mL": ("мл",)},
    "es": {"kg": ("kg", "kilogramos"), "g": ("g", "gramos"), "mg": ("mg",), "L": ("litros",), "mL": ("mililitros",)},
    "pt": {"kg": ("kg",), "g": ("g", "gramas"), "mg": ("mg",), "L": ("litros",), "mL": ("mL",)},
    "fr": {"kg": ("kg", "kilogramme"), "g": ("g", "grammes"), "mg": ("mg",), "L": ("litres",), "mL": ("mL",)},
    "de": {"kg": ("kg", "Kilogramm"), "g": ("g", "Gramm"), "mg": ("mg",), "L": ("Liter",), "mL": ("mL",)},
}
COUNTED: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"TABLET": ("tablets", "Tablet", "Piece", "Unit"), "CAPSULE": ("capsules",), "BLOTTER": ("blotters", "Unit")},
    "ru": {"TABLET": ("таблеток", "таблетки"), "CAPSULE": ("капсул",), "BLOTTER": ("шт",)},
    "es": {"TABLET": ("pastillas", "comprimidos"), "CAPSULE": ("cápsulas",), "BLOTTER": ("unidades",)},
    "pt": {"TABLET": ("comprimidos",), "CAPSULE": ("cápsulas",), "BLOTTER": ("unidades",)},
    "fr": {"TABLET": ("comprimés",), "CAPSULE": ("gélules",), "BLOTTER": ("unités",)},
    "de": {"TABLET": ("Tabletten", "Stück"), "CAPSULE": ("Kapseln",), "BLOTTER": ("Stück",)},
}
SITE_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "airport": {
        "en": ("{} International Airport", "{} Airport", "{}"),
        "ru": ("аэропорт г.{}", "аэропорт {}", "г. {}"),
        "es": ("Aeropuerto de {}", "A.I. {}", "{}"),
        "pt": ("Aeroporto de {}", "{}"),
        "fr": ("Aéroport de {}", "{}"),
        "de": ("Flughafen {}", "{}"),
    },
    "mail centre": {
        "en": ("International Mail Centre, {}", "{} Mail Center", "{}"),
        "ru": ("ММПО {}", "г. {}"),
        "es": ("Centro postal {}", "{}"),
        "pt": ("Centro de correio {}", "{}"),
        "fr": ("Centre de tri postal, {}", "{}"),
        "de": ("Postzentrum {}", "{}"),
    },
    "port": {
        "en": ("Port of {}", "{} seaport", "{}"),
        "ru": ("морской порт {}", "{}"),
        "es": ("Puerto de {}", "{}"),
        "pt": ("Porto de {}", "{}"),
        "fr": ("Port de {}", "{}"),
        "de": ("Hafen {}", "{}"),
    },
    "border": {
        "en": ('BCP "{}"', "{} border crossing", "BC {}", "{}"),
        "ru": ("пункт пропуска «{}»", 'отдел пограничного контроля "{}"', 'т.п. "{}"'),
        "es": ("Paso fronterizo {}", "Aduana {}", "{}"),
        "pt": ("Fronteira de {}", "{}"),
        "fr": ("Poste frontière de {}", "{}"),
        "de": ("Grenzübergang {}", "{}"),
    },
    "city": {
        "en": ("{}", "{} city", "{} District"),
        "ru": ("г.{}", "г. {}", "город {}"),
        "es": ("{}", "CIUDAD DE {}"),
        "pt": ("{}",),
        "fr": ("{}",),
        "de": ("{}",),
    },
}
REGION_WORDS: dict[str, tuple[str, ...]] = {
    "en": ("{}", "{} region"),
    "ru": ("{}", "{} область"),
    "es": ("{}", "Provincia de {}"),
    "pt": ("{}",),
    "fr": ("{}",),
    "de": ("{}",),
}
INSTALLATIONS = {
    "airport": ("AIRPORT", "PLANE", "CUSTOMS_FACILITIES"),
    "mail centre": ("POST_OFFICE", "AIRPORT", "CUSTOMS_FACILITIES"),
    "port": ("SEAPORT", "PORT_FACILITIES", "CONTAINER"),
    "border": ("FRONTIER", "CHECKPOINT", "ROAD"),
    "city": ("FLAT_APARTMENT", "HOME_RESIDENCE", "STREET"),
}
PLACE_TYPES = {
    "airport": "AIRPORT",
    "mail centre": "INTERNATIONAL_MAIL_CENTRE",
    "port": "PORT",
    "border": "BORDER_CROSSING",
    "city": None,
}
DIALECTS: tuple[dict[str, str], ...] = (
    {},
    {"BAGGAGE": "HANDBAG", "CAR_PARTS": "INSERTED", "RESIDENCE": "FURNITURE", "OUTERWEAR": "BODY", "POSTAL": "OTHER"},
    {
        "BAGGAGE": "OTHER",
        "BODY": "OTHER",
        "SWALLOWED": "BODY",
        "TRANSPORT_VEHICLE": "CAR_PARTS",
        "CONTAINER": "FREIGHT",
    },
    {
        "CAR_PARTS": "TRANSPORT_VEHICLE",
        "OUTERWEAR": "CLOTHES",
        "FOOD": "FREIGHT",
        "GIFTS": "POSTAL",
        "HANDBAG": "BAGGAGE",
    },
)
"""How an agency's own list names what another calls otherwise; the real pairs contradict each other in such ways."""

CLASS_NAMES = {
    "Isotonitazene": "nitazene",
    "Protonitazene": "nitazene",
    "Metonitazene": "nitazene",
    "Fentanyl": "opioid",
    "Acetylfentanyl": "fentanyl analogue",
    "Carfentanil": "fentanyl analogue",
    "5F-ADB": "synthetic cannabinoid",
    "AB-FUBINACA": "synthetic cannabinoid",
    "ADB-BUTINACA": "synthetic cannabinoid",
    "alpha-PVP": "synthetic cathinone",
    "Mephedrone": "synthetic cathinone",
    "Methylone": "synthetic cathinone",
    "LSD": "hallucinogens",
    "2C-B": "phenethylamines",
    "Clonazolam": "benzodiazepine",
    "Alprazolam": "benzodiazepine",
    "Diazepam": "benzodiazepine",
    "Pseudoephedrine": "non-specified precursors",
    "1-Phenyl-2-propanone": "non-specified precursors",
}
"""What a report says that names only the class."""


@dataclass(slots=True)
class SubstanceNames:
    """What one substance is called.

    Attributes:
        plain: language → its usual names.
        odd: salts, codes, long and trade names in any language, which resolve to the same substance.
        street: names of the street.
    """

    plain: dict[str, list[str]] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)
    street: list[str] = field(default_factory=list)


@cache
def substance_names() -> dict[str, SubstanceNames]:
    """Preferred name → its names, from the reference data, without those that are ambiguous."""
    with (_DATA / "substances.csv").open(encoding="utf-8", newline="") as lines:
        preferred = {row["substance_id"]: row["preferred_name"] for row in csv.DictReader(lines)}
    found: dict[str, SubstanceNames] = {}
    with (_DATA / "substance_names.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["ambiguous"] or len(row["name"]) < 3:
                continue
            names = found.setdefault(preferred[row["substance_id"]], SubstanceNames())
            language, _, _ = row["language"].partition("-")
            if row["kind"] in ("preferred", "translation"):
                names.plain.setdefault(language, []).append(row["name"])
            elif row["kind"] == "street":
                names.street.append(row["name"])
            else:
                names.odd.append(row["name"])
    return found


@cache
def country_names(language: str) -> dict[str, tuple[str, ...]]:
    """Alpha-3 → its names in a language, the usual one first."""
    words = gettext.NullTranslations()
    if language != "en":
        words = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
    found = {}
    for country in pycountry.countries:
        names = [getattr(country, "common_name", None), country.name]
        found[country.alpha_3] = tuple(dict.fromkeys(words.gettext(name) for name in names if name))
    return found


PLACE_STYLE = Weighted({"site": 55, "city": 30, "region": 7, "code": 8})
"""How agencies name where they seized: the site itself, its town, only the region, or by a code."""
