"""Facts as records of the log, a worker of the cases on a log in memory, and what comes out of it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.case import CaseVersion
from schemas.codec import codec, frame
from schemas.judgement import pair_of
from schemas.known_schemas import KnownSchemas
from schemas.topics import JUDGEMENTS, cases, links
from stream_processors.match import cases_group
from stream_processors.match.cases import Cases
from stream_processors.runtime import MemoryCluster, MemoryLog, Output, Worker
from tests.unit.stream_processors.world import DICTIONARY, values

LINKS, CASES = links(1).name, cases(1).name
MATCH_FRAME, JUDGEMENT_FRAME = frame(DICTIONARY.id_of("match_event")), frame(DICTIONARY.id_of("judgement"))
_NAUGHT = datetime(2026, 1, 1, tzinfo=UTC)
REASON = {
    "field": "packaging_mark",
    "level": "exact",
    "weight_mbit": 9_000,
    "surprise_mbit": 0,
    "left": "dolphin",
    "right": "dolphin",
}


def incident(number: int) -> str:
    """Id of an incident: the greater the number, the smaller the id, so that order of ids is not that of admission."""
    return f"00000000-0000-0000-0000-{999_999_999_999 - number:012d}"


def admitted(number: int) -> datetime:
    """When an incident was admitted: two at a time, so that ids decide between them."""
    return _NAUGHT + timedelta(minutes=number // 2)


def link(
    one: int,
    other: int,
    *,
    revisions: tuple[int, int] = (1, 1),
    classes: tuple[int, int] = (0, 0),
    kind: str = "SAME_NETWORK",
    outcome: str = "LINKED",
    keys: Sequence[int] = (7,),
) -> Output:
    """A link of two incidents; revisions and classes in the order in which the two are given."""
    pair = pair_of(incident(one), incident(other))
    ends = [(one, revisions[0], classes[0]), (other, revisions[1], classes[1])]
    if pair[0] != incident(one):
        ends.reverse()
    stated = {
        side + name: value
        for side, (number, revision, class_) in zip(("left", "right"), ends, strict=True)
        for name, value in (
            ("", incident(number)),
            ("_revision", revision),
            ("_class", class_),
            ("_admitted_at", admitted(number)),
        )
    }
    found = stated | {
        "model": "m1",
        "kind": kind,
        "outcome": outcome,
        "possible_duplicate": False,
        "duplicate_mbit": -4_000,
        "duplicate_ppm": 990_000 if kind == "DUPLICATE" else 10_000,
        "related_mbit": 15_000,
        "urgent": False,
        "reasons": [REASON],
        "keys": sorted(keys),
    }
    return _matched("|".join(pair), {"link": found})


def moved(number: int, revision: int, *, withdrawn: bool = False) -> Output:
    """An incident was amended or withdrawn."""
    stated = {"incident_id": incident(number), "revision": revision, "withdrawn": withdrawn}
    return _matched(incident(number), {"moved": stated})


def key(number: int, *, closed: bool = True, scope: int = 0) -> Output:
    """A key was closed or opened."""
    stated = {"key": number, "scope": scope, "kind": "mark", "text": "dolphin", "closed": closed, "incidents": 99}
    return _matched(str(number), {"key": stated})


def _matched(record_key: str, event: dict[str, Any]) -> Output:
    return Output(LINKS, 0, record_key.encode(), MATCH_FRAME + codec("match_event").encode(event))


def judged(one: int, other: int, verdict: str, revision: int = 1, reason: str = "seen both") -> Output:
    """What a person said of a pair."""
    left, right = pair_of(incident(one), incident(other))
    stated = {
        "left": left,
        "right": right,
        "revision": revision,
        "verdict": verdict,
        "reason": reason,
        "focal_point_id": "analyst",
        "agency_id": "gc3",
        "judged_at": _NAUGHT,
    }
    value = JUDGEMENT_FRAME + codec("judgement").encode(stated)
    return Output(JUDGEMENTS.name, 0, f"{left}|{right}".encode(), value)


def worker(cluster: MemoryCluster, batch: int = 100) -> Worker[Any]:
    """A fresh worker with a fresh stage."""
    return Worker(
        MemoryLog(cluster, cases_group(1), LINKS, 1, {JUDGEMENTS.name: 1}),
        Cases(KnownSchemas(lambda: DICTIONARY), 1),
        batch,
    )


def taken(facts: Iterable[Output]) -> list[CaseVersion]:
    """What a worker writes of facts that come one at a time."""
    cluster = MemoryCluster()
    running = worker(cluster)
    for fact in facts:
        cluster.append(fact)
        running.step(0)
    return written(cluster)


def written(cluster: MemoryCluster) -> list[CaseVersion]:
    """All versions of all cases, in order; each under the id of its case."""
    found = []
    for _, record_key, value, _ in values(cluster, CASES):
        found.append(CaseVersion.of(codec("case_event").decode_canonical(value[5:])))
        assert record_key == found[-1].case_id.encode()
    return found


Standing = dict[tuple[int, str], dict[str, str]]
"""Class and id of a case → its members with the incident that stands for each."""


def folded(versions: Iterable[CaseVersion]) -> Standing:
    """The cases as whoever folds the stream has them; versions go up by one."""
    last: dict[str, CaseVersion] = {}
    standing: Standing = {}
    for each in versions:
        known = last.get(each.case_id)
        assert each.version == (known.version if known else 0) + 1
        if known is not None and known.members:
            assert known.policy_class == each.policy_class
        last[each.case_id] = each
        standing.pop((each.policy_class, each.case_id), None)
        if each.members:
            standing[each.policy_class, each.case_id] = {one.incident_id: one.canonical_id for one in each.members}
    return standing


def changes(version: CaseVersion) -> list[tuple[str, str]]:
    """What changed, with incidents by their numbers."""
    return [
        (change.what, "|".join(str(number_of(one)) for one in change.subject.split("|"))) for change in version.changes
    ]


def number_of(incident_id: str) -> int:
    """The number of an incident."""
    return 999_999_999_999 - int(incident_id[-12:])
