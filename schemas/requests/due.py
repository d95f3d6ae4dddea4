"""What is due of a thread at a moment: reminders before and at the deadline, and escalation after it. Pure.

Each notice has an id of its thread and step, so whoever sends it may try again as often as it must. Which of them were
sent is for the sender to keep.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import NAMESPACE_OID, uuid5

from schemas.directory import FocalPoint, Members
from schemas.requests.message import AGENCY, FOCAL_POINT
from schemas.requests.sight import may_see_thread, names_of
from schemas.requests.thread import State, Thread
from schemas.rights import COORDINATE, WRITE

_NAMESPACE = uuid5(NAMESPACE_OID, "ionics/notice/1")


class Step(StrEnum):
    """What a notice says.

    Attributes:
        REMINDER: the deadline comes near; to those who must answer.
        DEADLINE: it has come; to the same.
        OVERDUE: the same, to whoever asked.
        ESCALATION: it has passed for good; to the coordinators of those who must answer.
    """

    REMINDER = "REMINDER"
    DEADLINE = "DEADLINE"
    OVERDUE = "OVERDUE"
    ESCALATION = "ESCALATION"


@dataclass(frozen=True)
class Notice:
    """Something that parties of a thread are to be told.

    Attributes:
        notice_id: UUID of thread and step; with the recipient and the channel it is the key of idempotence.
        at: when it fell due.
        parties: names of those whom it concerns; `recipients` says who that is today.
    """

    notice_id: str
    thread_id: str
    step: Step
    at: datetime
    parties: tuple[str, ...]


def due(threads: Iterable[Thread], now: datetime) -> list[Notice]:
    """What open threads are to be reminded of, at this moment or since; the earliest first.

    The reminder before the deadline is left out once the deadline has come.
    """
    found = [notice for thread in threads for notice in steps(thread) if notice.at <= now]
    passed = {notice.thread_id for notice in found if notice.step is Step.DEADLINE}
    left = [each for each in found if each.step is not Step.REMINDER or each.thread_id not in passed]
    return sorted(left, key=lambda notice: (notice.at, notice.thread_id, notice.step))


def next_due(threads: Iterable[Thread], now: datetime) -> datetime | None:
    """When something falls due next, after this moment."""
    return min((notice.at for thread in threads for notice in steps(thread) if notice.at > now), default=None)


def recipients(notice: Notice, thread: Thread, members: Members) -> list[FocalPoint]:
    """Whom a notice goes to by the directory as it is given: each may act and see the thread; by id.

    Of an agency or group those who may answer; of an escalation their coordinators alone.
    """
    wanted = {COORDINATE} if notice.step is Step.ESCALATION else WRITE
    found = {}
    for person in members.focal_points.values():
        if notice.step is Step.OVERDUE:
            concerned = person.focal_point_id == thread.request.focal_point_id
        else:
            concerned = _is_concerned(person, notice, thread, members) and not wanted.isdisjoint(person.rights)
        if concerned and may_see_thread(person.focal_point_id, thread, members, notice.at):
            found[person.focal_point_id] = person
    return [found[id_] for id_ in sorted(found)]


def _is_concerned(person: FocalPoint, notice: Notice, thread: Thread, members: Members) -> bool:
    if not set(names_of(person, members)).isdisjoint(notice.parties):
        by_itself = f"{FOCAL_POINT}{person.focal_point_id}" in notice.parties
        return by_itself or person.agency_id != thread.request.agency_id
    if notice.step is not Step.ESCALATION:
        return False
    return any(thread.parties[name].agency_id == person.agency_id for name in notice.parties)


def steps(thread: Thread) -> Iterator[Notice]:
    """All that falls due of a thread if it stays as it is: nothing, unless it is open."""
    if thread.state is not State.OPEN:
        return
    awaited, asker = tuple(sorted(thread.awaited)), (f"{AGENCY}{thread.request.agency_id}",)
    yield _notice(thread, Step.REMINDER, thread.reminds_at, awaited)
    yield _notice(thread, Step.DEADLINE, thread.due_at, awaited)
    yield _notice(thread, Step.OVERDUE, thread.due_at, asker)
    yield _notice(thread, Step.ESCALATION, thread.escalates_at, tuple(sorted(thread.escalates_from)))


def _notice(thread: Thread, step: Step, at: datetime, parties: tuple[str, ...]) -> Notice:
    id_ = str(uuid5(_NAMESPACE, f"{thread.thread_id}/{step}"))
    return Notice(id_, thread.thread_id, step, at, parties)
