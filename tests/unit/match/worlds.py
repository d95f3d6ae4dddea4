"""Small worlds of incidents that meet often, and a fold of what the matcher says of them."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import polars as pl

from schemas.codec import codec, enriched_schema, frame
from schemas.columnar import ColumnarDecoder
from stream_processors.enrich.parts import EnrichmentParts
from stream_processors.match.features import LOOKED_AT, features
from stream_processors.match.keys import keys
from stream_processors.match.matcher import Matcher, Pair, Taken
from stream_processors.match.model import Model, shipped_model
from stream_processors.match.store import Store
from stream_processors.match.writing import encoded
from stream_processors.reference import Reference

SCHEMA_ID = 7
_MARKED = [{"packaging_mark": "blue crown"}, {"packaging_mark": "star"}]
_DECODER = ColumnarDecoder(enriched_schema(), LOOKED_AT)
_PARTS = EnrichmentParts(Reference.load())
_AUDIENCES = (["agency:police"], ["country:NLD"])
_RESTRICTED = 0.3
_ROUGH = ("country_days_place", "substance_country_days", "substance_country_month", "substance_place_week")
NARROW = shipped_model().model_copy(update={"key_limit": 3, "kind_limits": dict.fromkeys(_ROUGH, 2)})
"""A model whose keys close soon, and rough ones sooner."""


def incident_id(number: int) -> str:
    """The id of an incident."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"incident {number}"))


def value(number: int, revision: int = 1, event_type: str = "REPORTED", **body: Any) -> bytes:
    """An enriched incident as on the topic; ``body`` replaces fields of the report."""
    incident: dict[str, Any] = {
        "incident_id": incident_id(number),
        "event_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"event {number} {revision}")),
        "source_ref": f"R{number}",
        "revision": revision,
        "event_type": event_type,
        "reason": None if revision == 1 else "weighed again",
        "incident_type": "SEIZURE",
        "occurred_on": date(2024, 3, 4),
        "occurred_precision": "DAY",
        "reported_at": datetime(2024, 3, 5, tzinfo=UTC),
        "agency_id": f"agency-{number % 4}",
        "location": {"country_text": "New Zealand", "place_text": "Auckland"},
        "items": [{"substance_text": "fentanyl", "amount_text": "12.34", "unit_text": "g"}],
        "route": [],
        "tlp": "GREEN",
        "audience": ["COMMUNITY"],
        "provenance": {"producer_id": "desk", "sdk_version": "1"},
    } | body
    filled = codec("incident").decode(codec("incident").encode(incident))
    parts = filled["occurred_on"], filled["occurred_precision"], filled["location"], filled["items"], filled["route"]
    admission = {
        "admitted_event_id": incident["event_id"],
        "submission_partition": number % 12,
        "submission_offset": number * 10 + revision,
        "admitted_at": datetime(2024, 3, 5, tzinfo=UTC) + timedelta(seconds=number * 7 % 60 + revision),
        "directory_offset": 0,
        "rules_version": "1",
        "superseded": False,
        "doubts": [],
        "content_digest": f"{number}-{revision}",
        "signed_digest": f"signed-{number}-{revision}",
        "key_id": "k",
        "algorithm": "Ed25519",
        "signature": b"\x00",
        "schema_fingerprint": "f",
    }
    body_bytes = codec("admission").encode(admission) + codec("incident").encode(incident)
    return frame(SCHEMA_ID) + body_bytes + _PARTS.encode(*parts)


def decoded(values: Sequence[bytes]) -> pl.DataFrame | None:
    """Columns of values."""
    if not values:
        return None
    found = _DECODER.decode(SCHEMA_ID, values)
    assert not found.faults
    return found.columns


def stored(bodies: Sequence[Mapping[str, Any]]) -> Store:
    """A store of reports, a row each, in order."""
    columns = decoded([value(number, **body) for number, body in enumerate(bodies)])
    assert columns is not None
    found, store = features(columns), Store()
    store.stage(found, keys(found), found.rows["admitted_ms"].to_numpy())
    store.take_in()
    return store


def history(random: Random, incidents: int, *, steady: bool = False) -> list[bytes]:
    """Revisions of incidents that are much alike, amended and withdrawn now and then, some of them restricted.

    Args:
        random: where they come from.
        incidents: how many.
        steady: whether all revisions of an incident have one audience.
    """
    values = []
    for number in range(incidents):
        audience = _audience(random)
        for revision in range(1, random.choice((1, 1, 1, 2, 3)) + 1):
            gone = revision > 1 and random.random() < 0.4
            kind = "WITHDRAWN" if gone else "AMENDED" if revision > 1 else "REPORTED"
            values.append(
                value(number, revision, kind, **_stated(random), **(audience if steady else _audience(random)))
            )
    return values


def _audience(random: Random) -> dict[str, Any]:
    return {"tlp": "AMBER", "audience": random.choice(_AUDIENCES)} if random.random() < _RESTRICTED else {}


def _stated(random: Random) -> dict[str, Any]:
    body: dict[str, Any] = {
        "occurred_on": date(2024, 3, 4) + timedelta(days=random.randrange(3)),
        "location": {
            "country_text": random.choice(("New Zealand", "New Zealand", "Australia")),
            "place_text": random.choice(("Auckland", "Zyryankovo", "Zyriankovo", None)),
        },
        "items": [
            {
                "substance_text": random.choice(("fentanyl", "fentanyl", "heroin")),
                "amount_text": random.choice(("12.34", "12.34", "5")),
                "unit_text": random.choice(("g", "kg")),
            }
            for _ in range(random.choice((1, 1, 2, 3)))
        ],
        "route": random.choice(
            ([], [{"role": "DEPARTURE", "country": "CHN"}, {"role": "DESTINATION", "country": "NZL"}])
        ),
        "concealment": random.choice(([], [{"code": "TOILET"}], [{"packaging_mark": "star"}], _MARKED)),
        "action_requested": random.choice(("NONE", "HOLD")),
    }
    if random.random() < 0.2:
        body["shipment"] = {"reference": random.choice(("RB123456789CN", "RB987654321CN"))}
    return body


@dataclass
class Said:
    """What a fold of the matcher's events says.

    Attributes:
        revisions: incident → its highest revision named, and whether that one withdraws it.
        links: pair → the last link.
        closed: closed keys as (scope, key).
    """

    revisions: dict[str, tuple[int, bool]] = field(default_factory=dict)
    links: dict[Pair, dict[str, Any]] = field(default_factory=dict)
    closed: set[tuple[int, int]] = field(default_factory=set)

    def take(self, taken: Taken) -> None:
        """Fold what a batch gave."""
        for moved in taken.moved:
            self._revise(moved["incident_id"], moved["revision"], withdrawn=moved["withdrawn"])
        for key in taken.keys:
            scoped = key["scope"], key["key"]
            (self.closed.add if key["closed"] else self.closed.discard)(scoped)
        for link in taken.links:
            pair = link["left"], link["right"]
            known = self.links.get(pair)
            if known is None or _revisions(known) <= _revisions(link):
                self.links[pair] = link
            for side in ("left", "right"):
                self._revise(link[side], link[f"{side}_revision"], withdrawn=False)

    def _revise(self, id_: str, revision: int, *, withdrawn: bool) -> None:
        if revision > self.revisions.get(id_, (0, False))[0]:
            self.revisions[id_] = revision, withdrawn

    def counting(self, judged: Iterable[Pair] = ()) -> dict[Pair, dict[str, Any]]:
        """Links of current revisions that are supported by an open key, or judged."""
        named = set(judged)
        return {
            pair: link
            for pair, link in sorted(self.links.items())
            if all(self.revisions[link[side]] == (link[f"{side}_revision"], False) for side in ("left", "right"))
            and (pair in named or self._is_open(link))
        }

    def _is_open(self, link: dict[str, Any]) -> bool:
        scopes = {0, link["left_class"], link["right_class"]}
        return link["outcome"] != "BELOW" and any(
            all((scope, key) not in self.closed for scope in scopes) for key in link["keys"]
        )


def _revisions(link: dict[str, Any]) -> tuple[int, int]:
    return link["left_revision"], link["right_revision"]


def run(
    batches: Iterable[tuple[Sequence[bytes], Sequence[Pair]]], model: Model = NARROW, said: Said | None = None
) -> tuple[Matcher, Said]:
    """A matcher after batches of values and judged pairs, and what it said."""
    matcher, said = Matcher(model), said or Said()
    for values, judged in batches:
        taken = matcher.take(decoded(values), judged)
        written = [codec("match_event").encode({"link": link}) for link in taken.links]
        assert [body for _, body in encoded(taken)][len(taken.moved) + len(taken.keys) :] == written
        said.take(taken)
        matcher.apply(taken)
    return matcher, said
