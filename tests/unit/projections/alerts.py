"""Alerts and watches made by hand or from a seed, as records on their topics."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from schemas.codec import codec, frame
from schemas.codes import codes
from schemas.policies import policy_class
from schemas.reading import Record
from schemas.said import audience_class
from schemas.topics import WATCHES, alerts
from tests.unit.projections.matches import GENERATION, incident_id

Shared = tuple[str, tuple[str, ...]]
"""Owner and audience."""
COMMUNITY: Shared = ("", ("COMMUNITY",))
ALERTS = alerts(GENERATION).name
HEADS: Mapping[str, bytes] = {"alert": frame(11), "watch": frame(12)}
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_NAMES = ("fentanyl", "tab\there", 'quote " and \\', "nul\x00", "ق", "\\u0000", "{a,b}")


def alert_id(name: object) -> str:
    """The id of the alert of this name."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"alert {name}"))


def watch_id(name: object) -> str:
    """The id of the watch of this name."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"watch {name}"))


@dataclass
class Alerts:
    """Writes records, each with the next offset of its topic and the next revision of what it is of.

    Args:
        heads: the frame of each kind.
        generation: of the topic of alerts.
    """

    heads: Mapping[str, bytes] = field(default_factory=lambda: HEADS)
    generation: int = GENERATION
    records: list[Record] = field(default_factory=list)
    _ends: Counter[str] = field(default_factory=Counter)
    _revisions: Counter[str] = field(default_factory=Counter)

    def alert(
        self,
        name: object,
        incidents: Iterable[int | str | tuple[int, int]] = (),
        shared: Sequence[Shared] = (),
        at: datetime | None = None,
        **content: Any,
    ) -> str:
        """The next revision of an alert; its id.

        Args:
            name: of the alert.
            incidents: numbers or ids of incidents that it rests on, with the revisions unless these are the first.
            shared: what it is shared by; that of the community adds nothing.
            at: when it was raised.
            **content: replaces fields.
        """
        id_ = alert_id(name)
        self._revisions[id_] += 1
        named = [each if isinstance(each, tuple) else (each, 1) for each in incidents]
        policies = [
            {"class": policy_class(owner, to), "owner": owner, "audience": list(to)}
            for owner, to in sorted(set(shared) - {COMMUNITY})
        ]
        event = {
            "alert_id": id_,
            "revision": self._revisions[id_],
            "status": "RAISED",
            "kind": "FIRST_SEEN",
            "severity": "MEDIUM",
            "title": f"alert {name}",
            "subject": {"countries": []},
            "reasons": [{"field": "substance", "words": "never seen here before", "value": "1", "expected": "0"}],
            "incidents": [
                {"incident_id": each if isinstance(each, str) else incident_id(each), "revision": revision}
                for each, revision in named
            ],
            "policies": policies,
            "tlp": "AMBER" if policies else "GREEN",
            "raised_at": at or _EPOCH + timedelta(minutes=len(self.records)),
            "positions": [0] * 12,
        } | content
        self._write(alerts(self.generation).name, "alert", event, event["raised_at"])
        return id_

    def watch(self, name: object, owner: str, audience: Sequence[str], **content: Any) -> str:
        """The next revision of a watch; its id."""
        id_ = watch_id(name)
        self._revisions[id_] += 1
        event = {
            "watch_id": id_,
            "revision": self._revisions[id_],
            "active": True,
            "kind": "COMPANY",
            "value": f"company {name}",
            "reason": "named in a seizure",
            "audience": sorted(audience),
            "focal_point_id": "analyst",
            "agency_id": owner,
            "at": _EPOCH + timedelta(minutes=len(self.records)),
        }
        self._write(WATCHES.name, "watch", event | content, event["at"])
        return id_

    def _write(self, topic: str, kind: str, content: dict[str, Any], at: datetime) -> None:
        value, at_ms = self.heads[kind] + codec(kind).encode(content), round(at.timestamp() * 1000)
        self.records.append(Record(topic, 0, self._ends[topic], at_ms, b"", value, ()))
        self._ends[topic] += 1


def shared(owner: str, audience: Iterable[str]) -> Shared:
    """What a record of this owner and audience is shared by."""
    named = tuple(sorted(audience))
    return (owner, named) if audience_class(owner, named) else COMMUNITY


def history(seed: int, incidents: int, into: Alerts | None = None) -> list[Record]:
    """Records over the incidents of the numbers below ``incidents``: alerts and watches of all kinds, revised."""
    chance, found = Random(seed), into or Alerts()  # noqa: S311  # test data, not a secret
    policies = [COMMUNITY, ("agency-1", ("group:lab",)), ("agency-2", ("agency:police", "country:NLD"))]
    for number in range(40):
        some = chance.sample(range(incidents), chance.randint(0, 3))
        found.alert(
            number % 25,
            [(each, chance.randint(1, 3)) for each in some],
            chance.sample(policies, chance.randint(0, 3)),
            kind=chance.choice(sorted(codes("alert_kind"))),
            severity=chance.choice(sorted(codes("severity"))),
            status=chance.choice(["RAISED", "RAISED", "WITHDRAWN"]),
            title=chance.choice(_NAMES),
            subject={"substance_text": chance.choice(_NAMES), "countries": ["NLD", "CHN"], "departure": "CHN"},
            act_before=chance.choice([None, _EPOCH]),
            text=chance.choice([None, *_NAMES]),
            documents=[{"media_type": "a/b", "sha256": "0" * 64, "size": 2**40, "title": chance.choice(_NAMES)}],
        )
        found.watch(
            number % 10,
            chance.choice(["agency-1", "agency-2"]),
            chance.choice([["COMMUNITY"], ["group:lab"], ["agency:police"]]),
            active=chance.random() < 0.8,
            value=chance.choice(_NAMES),
            until=chance.choice([None, _EPOCH]),
        )
    return found.records
