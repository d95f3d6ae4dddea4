"""What the demonstration plays: a dozen invented reporters and a few weeks of invented incidents."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from schemas.directory import Agency

AGENCIES = (
    Agency("demo-nld-customs", "Dutch customs (demo)", "CUSTOMS", "NLD"),
    Agency("demo-deu-police", "German police (demo)", "POLICE", "DEU"),
    Agency("demo-usa-postal", "US postal inspection (demo)", "POSTAL", "USA"),
    Agency("demo-can-border", "Canadian border services (demo)", "CUSTOMS", "CAN"),
    Agency("demo-aus-border", "Australian border force (demo)", "CUSTOMS", "AUS"),
    Agency("demo-nzl-customs", "New Zealand customs (demo)", "CUSTOMS", "NZL"),
    Agency("demo-ind-narcotics", "Indian narcotics bureau (demo)", "POLICE", "IND"),
    Agency("demo-gha-police", "Ghanaian police (demo)", "POLICE", "GHA"),
    Agency("demo-nga-ndlea", "Nigerian drug agency (demo)", "POLICE", "NGA"),
    Agency("demo-est-police", "Estonian police (demo)", "POLICE", "EST"),
    Agency("demo-bra-federal", "Brazilian federal police (demo)", "POLICE", "BRA"),
    Agency("demo-kaz-customs", "Kazakh customs (demo)", "CUSTOMS", "KAZ"),
)
_PLACES = {
    "NLD": ("Schiphol", "Rotterdam"), "DEU": ("Leipzig", "Frankfurt am Main"), "USA": ("New York", "Chicago"),
    "CAN": ("Vancouver", "Mississauga"), "AUS": ("Sydney", "Melbourne"), "NZL": ("Auckland", "Christchurch"),
    "IND": ("Mumbai", "Delhi"), "GHA": ("Accra", "Tema"), "NGA": ("Lagos", "Kano"), "EST": ("Tallinn", "Narva"),
    "BRA": ("São Paulo", "Santos"), "KAZ": ("Алматы", "Астана"),
}  # fmt: skip
_SUBSTANCES = (
    ("tramadol", "tablet", (500, 60_000), "IND"),
    ("protonitazene", "g", (5, 900), "CHN"),
    ("metonitazene HCl", "g", (2, 400), "CHN"),
    ("Fluorofentanyl", "g", (1, 250), "MEX"),
    ("carfentanil", "g", (1, 60), "CHN"),
    ("ketamine", "kg", (1, 80), "NLD"),
    ("MDMB-4en-PINACA", "g", (50, 4_000), "CHN"),
    ("мефедрон", "kg", (1, 30), "RUS"),
    ("cocaine", "kg", (1, 400), "COL"),
    ("methamphetamine", "kg", (1, 120), "MMR"),
)
NEW_SUBSTANCE = "N-desethyl etonitazepyne-7"
"""A name that no list knows: normal for a new substance, and a signal."""


@dataclass(frozen=True)
class Act:
    """One thing that an agency does."""

    agency: Agency
    source_ref: str
    content: dict[str, Any]


def acts(seed: int, run: str, today: date, count: int) -> Iterator[Act]:
    """Reports of a few weeks up to `today`; equal seeds give equal acts."""
    chance = random.Random(seed)  # noqa: S311  # a scenario, not a secret
    for number in range(count):
        agency = AGENCIES[number % len(AGENCIES)] if number < len(AGENCIES) else chance.choice(AGENCIES)
        country = agency.country or "AUT"
        name, unit, (low, high), origin = chance.choice(_SUBSTANCES)
        if number % 29 == 17:
            name, unit, (low, high), origin = NEW_SUBSTANCE, "g", (1, 40), "CHN"
        by_mail = unit == "g"
        destination = chance.choice([country, country, "DEU", "USA", "AUS"])
        content = {
            "incident_type": "SUSPICIOUS_SHIPMENT" if chance.random() < 0.2 else "SEIZURE",
            "occurred_on": today - timedelta(days=chance.randrange(60)),
            "location": {"country": country, "place_text": chance.choice(_PLACES[country])},
            "items": [{"substance_text": name, "amount_text": str(chance.randint(low, high)), "unit_text": unit}],
            "route": [
                {"role": "DEPARTURE", "country": origin},
                {"role": "SEIZURE", "country": country},
                {"role": "DESTINATION", "country": destination},
            ],
            "transport_mode": "MAIL" if by_mail else "AIR",
            "concealment": [{"code": "POSTAL"}] if by_mail else [{"code": "BAGGAGE"}],
            "audience": ["COMMUNITY"],
            "tlp": "AMBER",
            "action_requested": "INFORM",
        }
        yield Act(agency, f"demo-{run}-{number:04d}", content)
