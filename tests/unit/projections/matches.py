"""Links, keys, judgements and cases made by hand or from a seed, as records on their topics."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from schemas.codec import codec, frame
from schemas.reading import Record
from schemas.topics import JUDGEMENTS, cases, links

GENERATION = 901
LINKS, CASES = links(GENERATION).name, cases(GENERATION).name
_HEADS: Mapping[str, bytes] = {"match_event": frame(8), "judgement": frame(9), "case_event": frame(10)}
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_NAMES = ("RB123456789CN", "tab\there", 'quote " and \\', "nul\x00", "", "ق", "\\u0000")
_KINDS = ("DUPLICATE", "SAME_SHIPMENT", "SAME_NETWORK", "SAME_MODUS_OPERANDI")


def incident_id(number: int) -> str:
    """The id that `worlds.World` gives the incident of this number."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"incident {number}"))


def admitted_at(number: int) -> datetime:
    """When `worlds.World` has it admitted first."""
    return _EPOCH + timedelta(seconds=number * 10 + 1)


@dataclass
class Matches:
    """Writes records, each with the next offset of its topic.

    Args:
        heads: the frame of each kind.
        generation: of the topics.
    """

    heads: Mapping[str, bytes] = field(default_factory=lambda: _HEADS)
    generation: int = GENERATION
    records: list[Record] = field(default_factory=list)
    _ends: Counter[str] = field(default_factory=Counter)
    _versions: Counter[str] = field(default_factory=Counter)

    def link(self, one: int, other: int, revisions: tuple[int, int] = (1, 1), **content: Any) -> None:
        """A link between the incidents of two numbers."""
        sides = sorted([(incident_id(one), one, revisions[0]), (incident_id(other), other, revisions[1])])
        link = {
            "model": "m1",
            "kind": "DUPLICATE",
            "outcome": "LINKED",
            "possible_duplicate": False,
            "duplicate_mbit": 20_000,
            "duplicate_ppm": 990_000,
            "related_mbit": 30_000,
            "urgent": False,
            "left_class": 0,
            "right_class": 0,
            "keys": [5],
        }
        for name, (id_, number, revision) in zip(("left", "right"), sides, strict=True):
            link |= {name: id_, f"{name}_revision": revision, f"{name}_admitted_at": admitted_at(number)}
        self._write(links(self.generation).name, "match_event", {"link": link | content, "key": None, "moved": None})

    def key(self, key: int, scope: int = 0, *, closed: bool = True) -> None:
        """A key that is closed, or opened again."""
        state = {"key": key, "scope": scope, "kind": "mark", "text": "a\x00b", "closed": closed, "incidents": 40}
        self._write(links(self.generation).name, "match_event", {"link": None, "key": state, "moved": None})

    def moved(self, number: int, revision: int, *, withdrawn: bool = False) -> None:
        """An incident that moved on."""
        moved = {"incident_id": incident_id(number), "revision": revision, "withdrawn": withdrawn}
        self._write(links(self.generation).name, "match_event", {"link": None, "key": None, "moved": moved})

    def judgement(self, one: int, other: int, verdict: str, revision: int = 1, **content: Any) -> None:
        """What somebody says of a pair."""
        left, right = sorted([incident_id(one), incident_id(other)])
        said = {"focal_point_id": "analyst", "agency_id": "hq", "judged_at": _EPOCH, "reason": "seen\x00"}
        pair = {"left": left, "right": right, "revision": revision, "verdict": verdict}
        self._write(JUDGEMENTS.name, "judgement", pair | said | content)

    def case(self, *seizures: Iterable[int], policy_class: int = 0, of: int | None = None, **content: Any) -> str:
        """The next version of a case of some seizures; its id.

        Args:
            seizures: numbers of the incidents that report each; none where the case is no more.
            policy_class: of all of them.
            of: number of the incident whose case it is; else the first of the members.
            **content: replaces fields of the event.
        """
        groups = [sorted(seizure) for seizure in seizures]
        numbers = sorted(number for group in groups for number in group)
        case_id = incident_id(numbers[0] if of is None else of)
        self._versions[case_id] += 1
        members = [
            {
                "incident_id": incident_id(number),
                "revision": 1,
                "admitted_at": admitted_at(number),
                "canonical_id": incident_id(group[0]),
            }
            for number in numbers
            for group in groups
            if number in group
        ]
        pairs = [(one, other) for group in groups for one, other in pairwise(group)]
        chained = [group[0] for group in groups]
        pairs += pairwise(chained)
        within = sorted(tuple(sorted((incident_id(one), incident_id(other)))) for one, other in pairs)
        same = {incident_id(number): incident_id(group[0]) for group in groups for number in group}
        event = {
            "case_id": case_id,
            "policy_class": policy_class,
            "version": self._versions[case_id],
            "members": members,
            "links": [
                {
                    "left": left,
                    "right": right,
                    "kind": "DUPLICATE" if same[left] == same[right] else "SAME_NETWORK",
                    "verdict": "NONE",
                    "duplicate_ppm": 990_000,
                    "related_mbit": 30_000,
                }
                for left, right in within
            ],
            "changes": [{"what": "MEMBER_ADDED", "subject": id_} for id_ in sorted(same)]
            or [{"what": "CLOSED", "subject": case_id}],
            "at": _EPOCH + timedelta(hours=len(self.records)),
        }
        self._write(cases(self.generation).name, "case_event", event | content)
        return case_id

    def _write(self, topic: str, kind: str, content: dict[str, Any]) -> None:
        value = self.heads[kind] + codec(kind).encode(content)
        self.records.append(Record(topic, 0, self._ends[topic], 0, b"", value, ()))
        self._ends[topic] += 1


def history(seed: int, incidents: int, classes: Sequence[int] = (0,), into: Matches | None = None) -> list[Record]:
    """Records over the incidents of the numbers below ``incidents``: cases form, change and go several times."""
    chance, found = Random(seed), into or Matches()  # noqa: S311  # test data, not a secret
    held: dict[str, int] = {}
    for _ in range(4):
        for _ in range(incidents):
            _pair(found, chance, incidents, classes)
        cases_: dict[str, int] = {}
        numbers = chance.sample(range(incidents), incidents)
        while len(numbers) > 3:
            group = sorted(numbers.pop() for _ in range(chance.choice([2, 2, 3])))
            cut = chance.randrange(1, len(group) + 1)
            seizures = [each for each in (group[:cut], group[cut:]) if each]
            if chance.random() < 0.7:
                cases_[found.case(*seizures, policy_class=chance.choice(classes))] = group[0]
        for case_id, number in held.items():
            if case_id not in cases_:
                found.case(of=number)
        held = cases_
    return found.records


def _pair(found: Matches, chance: Random, incidents: int, classes: Sequence[int]) -> None:
    one, other = chance.sample(range(incidents), 2)
    reason = {
        "field": "mark",
        "level": "exact",
        "weight_mbit": 9_000,
        "surprise_mbit": 0,
        "left": chance.choice(_NAMES),
        "right": None,
    }
    found.link(
        one,
        other,
        (chance.randint(1, 3), chance.randint(1, 3)),
        kind=chance.choice(_KINDS),
        outcome=chance.choice(["LINKED", "REVIEW", "BELOW"]),
        possible_duplicate=chance.random() < 0.3,
        reasons=[reason] * chance.randrange(3),
        keys=sorted(chance.sample(range(9), chance.randrange(3))),
        left_class=chance.choice(classes),
        right_class=chance.choice(classes),
    )
    if chance.random() < 0.3:
        found.judgement(one, other, chance.choice(["SAME", "RELATED", "DIFFERENT", "NONE"]), chance.randint(1, 3))
    if chance.random() < 0.2:
        found.key(chance.randrange(9), chance.choice(classes), closed=chance.random() < 0.7)
    if chance.random() < 0.2:
        found.moved(one, chance.randint(2, 4), withdrawn=chance.random() < 0.3)
