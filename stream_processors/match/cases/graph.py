"""Cases as connected components: pure functions over the links that count.

A case is a component of two incidents or more; within it, the incidents that duplicates connect are one seizure, for
which the first admitted of them stands. Ties of admission go by incident id, so a case is a function of its links.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

Order = tuple[datetime, str]
"""Admission and id of an incident: the least is the first."""
UNKNOWN = datetime.max.replace(tzinfo=UTC)
"""Admission of an incident of which no link tells it."""


class Neighbour(NamedTuple):
    """The other incident of a link that counts."""

    incident_id: str
    duplicate: bool


class Case(NamedTuple):
    """A case.

    Attributes:
        case_id: its first admitted member.
        canonical: each member → the incident that stands for its seizure.
    """

    case_id: str
    policy_class: int
    canonical: Mapping[str, str]


def cases_among(
    incidents: Iterable[str],
    neighbours: Callable[[str], Iterable[Neighbour]],
    order: Callable[[str], Order],
    policy_class: Callable[[str], int],
) -> list[Case]:
    """The cases of some incidents and of all that links connect them with; linear in their incidents and links.

    Args:
        incidents: where to begin.
        neighbours: the links of an incident.
        order: its place by admission.
        policy_class: its class, which all that it is linked with have too.
    """
    seen: set[str] = set()
    found = []
    for start in incidents:
        if start in seen:
            continue
        seen.add(start)
        members, duplicates = [start], dict[str, list[str]]()
        for member in members:  # grows while it is gone through
            for other, duplicate in neighbours(member):
                if duplicate:
                    duplicates.setdefault(member, []).append(other)
                if other not in seen:
                    seen.add(other)
                    members.append(other)
        if len(members) > 1:
            members.sort(key=order)
            found.append(Case(members[0], policy_class(members[0]), _canonical(members, duplicates)))
    return found


def _canonical(members: list[str], duplicates: Mapping[str, list[str]]) -> dict[str, str]:
    """Each member → the first of its seizure; members come by admission, so the first reached is the first."""
    canonical: dict[str, str] = {}
    for member in members:
        if member in canonical:
            continue
        canonical[member] = member
        waiting = [member]
        while waiting:
            for other in duplicates.get(waiting.pop(), ()):
                if other not in canonical:
                    canonical[other] = member
                    waiting.append(other)
    return canonical


def joined(
    left: Case, right: Case, between: tuple[str, str], order: Callable[[str], Order], *, duplicate: bool
) -> Case:
    """The case of one more link between two cases, or within one; an incident that is in none counts as its own.

    Args:
        left: the case of the one incident.
        right: the case of the other one; the same where both are in it.
        between: the two incidents.
        order: place by admission.
        duplicate: whether the link says that they are one seizure.
    """
    canonical = left.canonical if left is right else {**left.canonical, **right.canonical}
    if duplicate:
        first, second = sorted((canonical[between[0]], canonical[between[1]]), key=order)
        if first != second:
            canonical = {member: first if of == second else of for member, of in canonical.items()}
    return Case(min(left.case_id, right.case_id, key=order), left.policy_class, canonical)
