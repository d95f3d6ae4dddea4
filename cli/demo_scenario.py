"""What the demonstration plays: a dozen invented reporters and a few weeks of invented incidents."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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


@dataclass(frozen=True)
class Asking:
    """A question of one focal point to the owner of an incident, and what that one answers."""

    asker: str
    owner: str
    question: str
    answer: str


ASKING = Asking(
    "demo-deu-police",
    "demo-kaz-customs",
    "The consignee is ours. Which name stood on the waybill, and is the label kept?",
    "A company in Leipzig; a picture of the label is with our liaison officer.",
)
"""About the first act of `connected`."""


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


def pressing(run: str, now: datetime) -> Act:
    """A parcel on its way, of which the reporter asks those at its destination to stop it while there is time."""
    agency = next(agency for agency in AGENCIES if agency.agency_id == "demo-nld-customs")
    arrival = now.date() + timedelta(days=2)
    content = {
        "incident_type": "SUSPICIOUS_SHIPMENT",
        "occurred_on": now.date(),
        "location": {"country": "NLD", "place_text": "Schiphol"},
        "items": [{"substance_text": "carfentanil", "amount_text": "48", "unit_text": "g"}],
        "route": [
            {"role": "DEPARTURE", "country": "CHN"},
            {"role": "TRANSIT", "country": "NLD"},
            {"role": "DESTINATION", "country": "AUS"},
        ],
        "transport_mode": "MAIL",
        "shipment": {
            "reference": f"RB{run.upper()}NL",
            "status": "IN_TRANSIT",
            "expected_on": arrival,
        },
        "audience": ["COMMUNITY"],
        "tlp": "AMBER",
        "action_requested": "INSPECT",
        "act_before": now + timedelta(hours=40),
    }
    return Act(agency, f"demo-{run}-stop", content)


def connected(run: str, today: date) -> list[Act]:
    """One seizure that two agencies report, and three parcels of one sender; the first act is of the seizure."""
    by_id = {agency.agency_id: agency for agency in AGENCIES}
    day = today - timedelta(days=9)
    seizure = {
        "incident_type": "SEIZURE",
        "occurred_on": day,
        "audience": ["COMMUNITY"],
        "tlp": "AMBER",
        "action_requested": "CALL_BACK",
    }
    first = seizure | {
        "location": {"country": "KAZ", "place_text": "пункт пропуска «Хоргос»"},
        "items": [{"substance_text": "протонитазен", "amount_text": "2374.1", "unit_text": "грамм"}],
        "route": [{"role": "DEPARTURE", "country_text": "Китай"}, {"role": "DESTINATION", "country_text": "Германия"}],
    }
    again = seizure | {
        "location": {"country": "KAZ", "place_text": "Khorgos checkpoint"},
        "items": [{"substance_text": "protonitazene", "amount_text": "2.3741", "unit_text": "kg"}],
        "route": [{"role": "DEPARTURE", "country": "CHN"}, {"role": "DESTINATION", "country": "DEU"}],
    }
    reports = [("demo-kaz-customs", first), ("demo-deu-police", again)]
    for agency_id, amount, place in (
        ("demo-aus-border", "412", "Sydney"),
        ("demo-nzl-customs", "96.5", "Auckland"),
        ("demo-can-border", "230", "Vancouver"),
    ):
        parcel = seizure | {
            "location": {"country": by_id[agency_id].country, "place_text": place},
            "items": [{"substance_text": "metonitazene", "amount_text": amount, "unit_text": "g"}],
            "route": [{"role": "DEPARTURE", "country": "CHN"}],
            "transport_mode": "MAIL",
            "concealment": [{"code": "POSTAL", "packaging_mark": f"blue lotus {run}"}],
        }
        reports.append((agency_id, parcel))
    return [Act(by_id[id_], f"demo-{run}-c{n}", content) for n, (id_, content) in enumerate(reports)]
