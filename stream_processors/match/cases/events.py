"""What is written of a case when a fact changes it: the case as it is, and what is different.

Sizes are bounded, so that no case is larger than what the log takes (`schemas.topics.cases`): members are listed up to
100,000, changes up to 10,000, and reasons of the first 20 links that are new. A case of more than 30 members lists only
the links that changed, and a link that the matcher finds between its members makes no event: a crowd of n like
incidents would otherwise write all of its links n² times.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from schemas.judgement import Pair, Verdict
from stream_processors.match.cases.fold import Edge
from stream_processors.match.cases.graph import Case
from stream_processors.match.cases.tracking import CaseKey, EdgeChange, Step, Tracker

CROWD = 30
_MOST_MEMBERS = 100_000
_MOST_CHANGES = 10_000
_MOST_LINKS = 500
_MOST_TOLD = 20

Reasons = Callable[[Pair], list[dict[str, Any]]]
"""Why the link of a pair was found."""


class Change(NamedTuple):
    """One thing that changed; a pair where it is about a link that is to be explained."""

    what: str
    subject: str
    explained: Pair | None = None


@dataclass(frozen=True)
class CaseStep:
    """What changed of one case.

    Attributes:
        now: the case; None where it is no more.
        changed: its links that changed.
    """

    key: CaseKey
    now: Case | None
    changes: list[Change]
    changed: list[EdgeChange]


def case_steps(step: Step) -> list[CaseStep]:
    """What a step changed, case by case: those that ended first, then those that only lost, then the others; by id."""
    kin = _kin(step)
    links: dict[CaseKey, list[EdgeChange]] = {}
    before, after = _places(step.before, step.edges), _places(step.after, step.edges)
    for change in step.edges:
        place = before if change.now is None else after
        links.setdefault(place(change.pair[0]), []).append(change)
    found = []
    for key in {**step.before, **step.after}:
        was, now = step.before.get(key), step.after.get(key)
        members = _of_members(was, now, step.revised)
        whole = [Change("OPENED", key[1])] if was is None else [Change("CLOSED", key[1])] if now is None else []
        changed = links.get(key, [])
        if not (whole or members or kin.get(key)) and (not changed or _is_quiet(now, changed)):
            continue
        changes = [*whole, *sorted(kin.get(key, ())), *members, *map(_of_link, changed)]
        found.append(CaseStep(key, now, changes, changed))
    return sorted(found, key=_turn)


def _turn(found: CaseStep) -> tuple[bool, bool, CaseKey]:
    return found.now is not None, any(change.what == "MEMBER_ADDED" for change in found.changes), found.key


def _places(cases: Mapping[CaseKey, Case], edges: Sequence[EdgeChange]) -> Callable[[str], CaseKey]:
    """Which of the cases an incident is in; a table is worth while for many questions alone."""
    if len(edges) > 1:
        return {member: key for key, case in cases.items() for member in case.canonical}.__getitem__
    return lambda member: next(key for key, case in cases.items() if member in case.canonical)


def _kin(step: Step) -> dict[CaseKey, list[Change]]:
    """Cases of one class that share members: MERGED where one ended and all that is left of it is in the other."""
    shared = sorted(
        (from_, to)
        for from_, was in step.before.items()
        for to, now in step.after.items()
        if from_[0] == to[0] and not was.canonical.keys().isdisjoint(now.canonical)
    )
    went = {key: [to for from_, to in shared if from_ == key] for key in step.before if key not in step.after}
    kin: dict[CaseKey, list[Change]] = {}
    for from_, to in shared:
        if from_ != to:
            what = "MERGED" if len(went.get(from_, ())) == 1 else "SPLIT"
            kin.setdefault(from_, []).append(Change(what, to[1]))
            kin.setdefault(to, []).append(Change(what, from_[1]))
    return kin


def _of_members(was: Case | None, now: Case | None, revised: Iterable[str]) -> list[Change]:
    if was is now:
        return []
    old = {} if was is None else was.canonical
    new = {} if now is None else now.canonical
    return [
        *(Change("MEMBER_ADDED", one) for one in sorted(new.keys() - old.keys())),
        *(Change("MEMBER_LEFT", one) for one in sorted(old.keys() - new.keys())),
        *(Change("MEMBER_REVISED", one) for one in sorted(revised) if one in old and one in new),
        *(Change("CANONICAL_CHANGED", one) for one, of in sorted(new.items()) if old.get(one, of) != of),
    ]


def _of_link(change: EdgeChange) -> Change:
    subject = "|".join(change.pair)
    if change.now is None:
        return Change("LINK_GONE", subject)
    return Change("LINK_ADDED" if change.was is None else "LINK_CHANGED", subject, change.pair)


def _is_quiet(now: Case | None, changed: list[EdgeChange]) -> bool:
    """Whether only the matcher's links between members of a crowd changed."""
    said = {edge.verdict for change in changed for edge in (change.was, change.now) if edge is not None}
    return now is not None and len(now.canonical) > CROWD and said <= {Verdict.NONE.value}


def written(found: CaseStep, tracker: Tracker, reasons: Reasons) -> dict[str, Any]:
    """The fields of a case event that follow from the cases; the others are version, time and positions."""
    canonical = {} if found.now is None else found.now.canonical
    members = sorted((*tracker.order(one), tracker.revision(one), of) for one, of in canonical.items())
    told = 0
    changes = []
    for change in found.changes[:_MOST_CHANGES]:
        explained = change.explained is not None and told < _MOST_TOLD
        told += explained
        why = reasons(change.explained) if explained and change.explained else []
        changes.append({"what": change.what, "subject": change.subject, "reasons": why})
    return {
        "case_id": found.key[1],
        "policy_class": found.key[0],
        "members": [
            {"incident_id": one, "revision": revision, "admitted_at": at, "canonical_id": of}
            for at, one, revision, of in members[:_MOST_MEMBERS]
        ],
        "links": [_link(pair, edge) for pair, edge in _links(found, tracker)],
        "changes": changes,
    }


def _links(found: CaseStep, tracker: Tracker) -> list[tuple[Pair, Edge]]:
    if found.now is None:
        return []
    if len(found.now.canonical) > CROWD:
        changed = {change.pair: change.now for change in found.changed if change.now is not None}
        return sorted(changed.items())[:_MOST_LINKS]
    return sorted(dict(tracker.edges_of(found.now.canonical)).items())


def _link(pair: Pair, edge: Edge) -> dict[str, Any]:
    return {
        "left": pair[0],
        "right": pair[1],
        "kind": edge.kind,
        "verdict": edge.verdict,
        "duplicate_ppm": edge.duplicate_ppm,
        "related_mbit": edge.related_mbit,
    }
