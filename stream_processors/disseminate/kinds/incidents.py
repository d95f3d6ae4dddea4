"""Incidents as they are admitted and enriched: each revision."""

from collections.abc import Mapping
from typing import Any

from schemas.topics import enriched
from stream_processors.disseminate.events import Event, Kind


def read_incident(record: Mapping[str, Any]) -> Event:
    """The event of an enriched incident. Each is LOW: what it weighs is the alerts' to say."""
    admitted, enrichment = record["admitted"], record["enrichment"]
    incident, admission = admitted["incident"], admitted["admission"]
    legs = [
        (str(leg["role"]), read["country"])
        for leg, read in zip(incident["route"], enrichment["legs"], strict=False)
        if read["country"]
    ]
    departures = [country for role, country in legs if role == "DEPARTURE"]
    destinations = [country for role, country in legs if role == "DESTINATION"]
    items = enrichment["substances"]
    return Event(
        kind="incident",
        event_id=incident["incident_id"],
        revision=incident["revision"],
        digest=str(incident["revision"]),
        at_ms=round(admission["admitted_at"].timestamp() * 1000),
        severity="LOW",
        code=str(incident["incident_type"]),
        withdrawn=str(incident["event_type"]) == "WITHDRAWN",
        substances=frozenset(item["substance_id"] for item in items if item["substance_id"]),
        classes=frozenset(item["substance_class"] for item in items if item["substance_class"]),
        countries=frozenset({enrichment["place_country"], *(country for _, country in legs)} - {None}),
        routes=frozenset(f"{one}>{other}" for one in departures[:1] for other in destinations[-1:]),
        agencies=frozenset({incident["agency_id"]}),
    )


INCIDENTS = Kind("incident", "enriched", enriched, lambda value, *_: read_incident(value))
