"""The input: incidents under the shipped schema, framed as agencies frame them, a few per cent sent again."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas.codec import codec, frame
from schemas.identity import event_id, incident_id
from schemas.settings import Settings
from tests.benchmarks.peers.fold import Table, add

SCHEMA_ID = 7
RESUBMITTED = 0.03
_RECENT = 5_000
"""A re-submission follows its first within so many events, as a retry does."""
_DEPLOYMENT = "bench"
_COUNTRIES = [
    *("NZL", "AUS", "CHN", "IND", "MEX", "NLD", "DEU", "FRA", "ESP", "POL", "UKR", "KAZ"),
    *("THA", "VNM", "IDN", "PHL", "USA", "CAN", "BRA", "COL", "PER", "ZAF", "NGA", "KEN"),
]
_UNITS = ["kg", "kilogram", "кг", "g", "g", "g", "gram", "г", "mg", "t", "tablet", "{cap}", "mL", None]
_HEADS = ["meth", "eth", "prop", "but", "fluoro", "chloro", "bromo", "iodo", "nor", "iso", "benzo", "pyro", "hydroxy"]
_TAILS = ["amphetamine", "cathinone", "fentanyl", "nitazene", "ketamine", "cannabinoid", "zolam", "phenidine", "caine"]
_SUBSTANCES = [*(f"{head}{tail}" for tail in _TAILS for head in _HEADS), "Героин", "大麻", "Kokain (Hydrochlorid)"]
_FIRST = date(2021, 1, 1)


def incidents(events: int, seed: int) -> Iterator[tuple[dict[str, Any], bool]]:
    """Incidents in the order they are sent, and whether each was sent before."""
    chance = random.Random(seed)  # noqa: S311  # the same input each time, nothing secret
    recent: list[dict[str, Any]] = []
    for number in range(events):
        if recent and chance.random() < RESUBMITTED:
            yield chance.choice(recent), True
            continue
        fresh = _incident(chance, number)
        if len(recent) < _RECENT:
            recent.append(fresh)
        else:
            recent[number % _RECENT] = fresh
        yield fresh, False


@dataclass(frozen=True)
class Filled:
    """What was put into a topic.

    Attributes:
        reference: its table, folded from the incidents before they were encoded.
        bytes: of all values.
        resubmitted: how many events are re-submissions.
    """

    reference: Table
    bytes: int
    resubmitted: int


def fill(settings: Settings, topic: str, partitions: int, events: int, seed: int) -> Filled:
    """Make the topic and fill it."""
    admin = AdminClient(settings.client_config())
    wanted = NewTopic(topic, partitions, 1, config={"retention.ms": "-1", "message.timestamp.type": "LogAppendTime"})
    admin.create_topics([wanted])[topic].result(30)
    producer = Producer(
        settings.client_config(
            **{
                "compression.type": "lz4",
                "linger.ms": 20,
                "enable.idempotence": True,
                "partitioner": "murmur2",
                "queue.buffering.max.messages": 1_000_000,
            }
        )
    )
    head, encode = frame(SCHEMA_ID), codec("incident").encode
    table: Table = {}
    size = resubmitted = 0
    for incident, again in incidents(events, seed):
        if again:
            resubmitted += 1
        else:
            add(table, incident)
        value = head + encode(incident)
        size += len(value)
        producer.produce(topic, value, incident["incident_id"].encode())
        producer.poll(0)
    left = producer.flush(60)
    if left:
        raise TimeoutError(f"{left} records of {topic} were not taken by the broker")
    return Filled(table, size, resubmitted)


def content(chance: random.Random) -> dict[str, Any]:
    """What an agency says of an incident, as the SDK takes it."""
    legs = [("DEPARTURE", 0.6), ("TRANSIT", 0.2), ("DESTINATION", 0.6)]
    return {
        "incident_type": "SEIZURE",
        "occurred_on": _FIRST + timedelta(days=chance.randrange(5 * 365)),
        "location": {"country": chance.choice(_COUNTRIES), "place_text": f"Terminal {chance.randrange(400)}"},
        "items": [
            {name: value for name, value in _item(chance).items() if value is not None}
            for _ in range(chance.choice((1, 1, 1, 1, 1, 2, 3)))
        ],
        "route": [{"role": role, "country": _skewed(chance, _COUNTRIES)} for role, p in legs if chance.random() < p],
        "tlp": "AMBER",
        "audience": ["COMMUNITY"],
        "narrative": "Found at inspection of the consignment; samples were sent to the laboratory.",
    }


def _incident(chance: random.Random, number: int) -> dict[str, Any]:
    agency = f"agency-{number % 40}"
    reference = f"{chance.getrandbits(60):015x}"
    id_ = incident_id(_DEPLOYMENT, agency, reference)
    country = chance.choice(_COUNTRIES)
    occurred = _FIRST + timedelta(days=chance.randrange(5 * 365))
    reported = datetime(occurred.year, occurred.month, occurred.day, 9, chance.randrange(60), tzinfo=UTC)
    legs = [("DEPARTURE", 0.6), ("TRANSIT", 0.2), ("DESTINATION", 0.6)]
    return {
        "incident_id": id_,
        "event_id": event_id(id_, 1),
        "source_ref": reference,
        "revision": 1,
        "event_type": "REPORTED",
        "incident_type": "SEIZURE",
        "occurred_on": occurred,
        "occurred_precision": "DAY",
        "reported_at": reported,
        "reporting_country": country,
        "agency_id": agency,
        "location": {"country": country, "place_text": f"Terminal {chance.randrange(400)}", "installation": "AIRPORT"},
        "items": [_item(chance) for _ in range(chance.choice((1, 1, 1, 1, 1, 2, 3)))],
        "route": [{"role": role, "country": _skewed(chance, _COUNTRIES)} for role, p in legs if chance.random() < p],
        "routing_direction": "INBOUND",
        "transport_mode": "AIR",
        "concealment": [],
        "action_requested": "NONE",
        "entities": [],
        "documents": [],
        "tlp": "AMBER",
        "audience": ["COMMUNITY"],
        "narrative": "Found at inspection of the consignment; samples were sent to the laboratory.",
        "language": "en",
        "provenance": {"producer_id": str(uuid.UUID(int=number % 40)), "sdk_version": "0.1.0"},
    }


def _item(chance: random.Random) -> dict[str, Any]:
    amount = f"{chance.lognormvariate(3, 2):.{chance.randrange(4)}f}"
    text = None if chance.random() < 0.02 else "several" if chance.random() < 0.01 else amount
    return {
        "substance_text": _skewed(chance, _SUBSTANCES),
        "amount_text": text,
        "unit_text": chance.choice(_UNITS),
        "form": "POWDER",
        "purity_pct": None,
        "identified_by": "LAB",
        "hs_code": None,
    }


def _skewed(chance: random.Random, values: list[str]) -> str:
    """One of the values, the first ones far oftener."""
    return values[int(len(values) * chance.random() ** 5)]
