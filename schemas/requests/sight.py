"""Who may see a thread: its parties, and nobody else. PostgreSQL holds the same rule as row-level security."""

from collections.abc import Iterator
from datetime import datetime

from schemas.directory import FocalPoint, Members
from schemas.requests.message import AGENCY, FOCAL_POINT, GROUP
from schemas.requests.thread import Thread
from schemas.rights import COORDINATE


def names_of(person: FocalPoint, members: Members) -> list[str]:
    """The names of parties that somebody is one of, by the directory as it is given; its own first."""
    groups = sorted(id_ for id_, group in members.groups.items() if person.agency_id in group.members)
    return [
        f"{FOCAL_POINT}{person.focal_point_id}",
        f"{AGENCY}{person.agency_id}",
        *(f"{GROUP}{id_}" for id_ in groups),
    ]


def may_see_thread(focal_point_id: str, thread: Thread, members: Members, now: datetime) -> bool:
    """Whether a focal point may see a thread, by the directory as it is given.

    Whoever is a party, by itself, its agency or a group that its agency belongs to. Coordinators of the agency of a
    focal point that was asked alone, once the thread has escalated from it. The capability `sees-all` gives nothing.
    """
    person = members.focal_points.get(focal_point_id)
    agency = None if person is None else members.directory.agencies.get(person.agency_id)
    if person is None or person.suspended or agency is None or agency.suspended:
        return False
    if not thread.parties.keys().isdisjoint(names_of(person, members)):
        return True
    escalated = now >= thread.escalates_at and person.agency_id in thread.escalates_to
    return escalated and COORDINATE in person.rights


def readers(thread: Thread, members: Members, now: datetime) -> Iterator[FocalPoint]:
    """All who may see a thread, by id."""
    for focal_point_id, person in sorted(members.focal_points.items()):
        if may_see_thread(focal_point_id, thread, members, now):
            yield person
