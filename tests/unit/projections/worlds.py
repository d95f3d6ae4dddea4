"""Enriched incidents made from a seed: few keys, so that they meet, and every odd case of the definitions."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import polars as pl

from schemas.codec import codec, enriched_schema, frame
from schemas.columnar import ColumnarDecoder
from schemas.policies import classified

SCHEMA_ID = 7
_DECODER = ColumnarDecoder(enriched_schema())
_COUNTRIES = ("NLD", "USA", "NZL", "CHN")
_HOWS = ("unknown_stated", "multiple", "other_stated", "unresolved", "blank")
_ROLES = ("ORIGIN", "DEPARTURE", "TRANSIT", "SEIZURE", "DESTINATION", "UNKNOWN")
_NAMES = ("fentanyl", "Фентанил", "tab\there", 'quote " and \\', "line\nbreak\r", "nul\x00", "", "\\N", "NULL", "{a,b}")
_AUDIENCES = (["agency:police", "country:NLD"], ["group:lab"], ["agency:agency-1"], ["country:USA", "group:pacific"])
_PLACES = (("iata:AMS", "Amsterdam", "NLD"), ("geonames:1", "Auckland", "NZL"), (None, None, "USA"), (None, None, None))


def decode(values: list[bytes]) -> pl.DataFrame:
    """Columns of values under the schema id of these tests."""
    decoded = _DECODER.decode(SCHEMA_ID, values)
    assert not decoded.faults
    return classified(decoded.columns)


def encode(record: dict[str, Any]) -> bytes:
    """A record as the value on the topic."""
    return frame(SCHEMA_ID) + codec("enriched").encode(record)


@dataclass
class World:
    """A source of records; the same seed gives the same ones."""

    seed: int
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311  # test data, not a secret

    def record(self, number: int, revision: int = 1, event_type: str = "REPORTED", **body: Any) -> dict[str, Any]:
        """One revision of the incident with this number; ``body`` replaces fields of the incident."""
        chance = self.random
        items = chance.choice([0, 1, 1, 1, 2, 3])
        legs = [self._leg() for _ in range(chance.choice([0, 1, 2, 3, 5]))]
        day = date(2016, 1, 1) + timedelta(days=chance.randrange(90))
        place_id, place_name, country = chance.choice(_PLACES)
        located = chance.random() < 0.3
        incident = {
            "incident_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"incident {number}")),
            "event_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"event {number} {revision}")),
            "source_ref": f"REF-{number}",
            "revision": revision,
            "event_type": event_type,
            "reason": None if event_type == "REPORTED" else chance.choice([None, *_NAMES]),
            "incident_type": chance.choice(["SEIZURE", "STOPPED_SHIPMENT"]),
            "occurred_on": day,
            "occurred_precision": "DAY",
            "reported_at": datetime(2026, 1, 1, tzinfo=UTC),
            "agency_id": f"agency-{number % 3}",
            "location": {},
            "items": [{"substance_text": chance.choice(_NAMES), "amount_text": "1"} for _ in range(items)],
            "route": [{"role": role} for role, _ in legs],
            "tlp": "GREEN",
            "audience": ["COMMUNITY"],
            "provenance": {"producer_id": "p", "sdk_version": "1"},
        }
        if chance.random() < 0.2:
            incident |= {"tlp": "AMBER", "audience": chance.choice(_AUDIENCES)}
        return {
            "admitted": {"admission": self._admission(number, revision), "incident": incident | body},
            "enrichment": {
                "reference_version": "r1",
                "period_first": day.replace(day=1),
                "period_last": day,
                "period": chance.choice([day.strftime("%Y-%m"), "2016"]),
                "place_country": country,
                "place_country_how": "code" if country else "blank",
                "place_id": place_id,
                "place_name": place_name,
                "place_latitude_udeg": chance.choice([52_000_000, 0]) if located else None,
                "place_longitude_udeg": 4_000_000 if located else None,
                "place_how": "iata",
                "legs": [enriched for _, enriched in legs],
                "substances": [self._substance() for _ in range(items)],
            },
        }

    def history(self, incidents: int) -> list[bytes]:
        """The values of incidents with one to four revisions each, gaps and withdrawals included, by incident."""
        values = []
        for number in range(incidents):
            revisions = sorted(self.random.sample(range(1, 8), self.random.choice([1, 1, 2, 3, 4])))
            kinds = ["REPORTED"] + [self.random.choice(["AMENDED", "AMENDED", "WITHDRAWN"]) for _ in revisions[1:]]
            values += [encode(self.record(number, *each)) for each in zip(revisions, kinds, strict=True)]
        return values

    def _leg(self) -> tuple[str, dict[str, Any]]:
        role = self.random.choice(_ROLES)
        if self.random.random() < 0.8:
            return role, {"country": self.random.choice(_COUNTRIES), "how": "code"}
        return role, {"country": None, "how": self.random.choice(_HOWS)}

    def _substance(self) -> dict[str, Any]:
        how = self.random.choice(["exact", "exact", "ambiguous", "unknown"])
        return {
            "substance_id": self.random.choice(["sub:a", "sub:b"]) if how == "exact" else None,
            "candidates": ['sub:"x"', "sub:y,z"] if how == "ambiguous" else [],
            "substance_class": self.random.choice([None, "opioid", "cathinone"]),
            "substance_how": how,
            "substance_confidence": "high",
            "schedules": self.random.choice([[], ["1961-I"]]),
            "schedule_listed": False,
            "mass_ug": self.random.choice([None, 0, 5, 2**62, -3]),
            "plausibility": self.random.choice(["OK", "OK", "IMPLAUSIBLE"]),
        }

    def _admission(self, number: int, revision: int) -> dict[str, Any]:
        return {
            "admitted_event_id": "e",
            "submission_partition": number % 12,
            "submission_offset": number * 10 + revision,
            "admitted_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number * 10 + revision),
            "directory_offset": 0,
            "rules_version": "1",
            "superseded": False,
            "doubts": self.random.choice([[], ["CLOCK_IN_DOUBT"]]),
            "content_digest": f"{number}-{revision}",
            "signed_digest": f"signed-{number}-{revision}",
            "key_id": "k",
            "algorithm": "Ed25519",
            "signature": b"\x00\xff",
            "schema_fingerprint": "f",
        }
