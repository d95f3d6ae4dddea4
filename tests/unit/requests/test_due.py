"""What is due of threads at a moment, and to whom."""

from datetime import datetime, timedelta

import pytest

from schemas.requests import Kind, Notice, Priority, Step, Thread, due, next_due, recipients
from tests.unit.requests.said import BEGUN, DIRECTORY, HOUR, request, said, thread

_MINUTE = timedelta(minutes=1)


def _steps(found: Thread, now: datetime) -> list[str]:
    return [notice.step.value for notice in due([found], now)]


def _to(found: Thread, step: Step) -> list[str]:
    [notice] = [each for each in due([found], found.escalates_at) if each.step is step]
    return [person.focal_point_id for person in recipients(notice, found, DIRECTORY)]


@pytest.mark.parametrize(
    ("priority", "hours", "before", "after"),
    [
        ("URGENT", 48, 12 * HOUR, 6 * HOUR),
        ("URGENT", 10, 5 * HOUR, 6 * HOUR),
        ("ROUTINE", 240, 48 * HOUR, 24 * HOUR),
        ("IMMEDIATE", 4, HOUR, 30 * _MINUTE),
        ("IMMEDIATE", 0.25, 7.5 * _MINUTE, 15 * _MINUTE),
    ],
)
def test_when_people_are_reminded(priority: str, hours: float, before: timedelta, after: timedelta) -> None:
    """Before the deadline, at it, and after it; nearer to it where little time was given."""
    found = thread(request("agency:aus", hours=hours, priority=priority))
    assert found.priority is Priority(priority)
    assert found.due_at - found.reminds_at == before
    assert found.escalates_at - found.due_at == after
    assert _steps(found, found.reminds_at - _MINUTE) == []
    assert _steps(found, found.reminds_at) == ["REMINDER"]
    assert _steps(found, found.due_at - _MINUTE) == ["REMINDER"]
    assert _steps(found, found.due_at) == ["DEADLINE", "OVERDUE"]
    assert _steps(found, found.escalates_at) == ["DEADLINE", "OVERDUE", "ESCALATION"]
    assert _steps(found, found.escalates_at + timedelta(days=99)) == ["DEADLINE", "OVERDUE", "ESCALATION"]


def test_the_next_moment_is_the_first_to_come() -> None:
    """Whoever sends them need not look before."""
    found = thread(request("agency:aus"))
    moments = [BEGUN]
    while (at := next_due([found], moments[-1])) is not None:
        moments.append(at)
    assert moments[1:] == [found.reminds_at, found.due_at, found.escalates_at]


@pytest.mark.parametrize("kind", [Kind.ANSWER, Kind.DECLINE, Kind.CLOSE])
def test_nothing_is_due_of_a_thread_that_is_not_open(kind: Kind) -> None:
    """However late it is."""
    by = "nzl-officer" if kind is Kind.CLOSE else "aus-officer"
    found = thread(request("agency:aus"), said(2, kind, by))
    assert due([found], found.escalates_at) == []
    assert next_due([found], BEGUN) is None


def test_a_notice_has_the_same_id_whenever_it_is_asked_for() -> None:
    """Of its thread and step, so that it is sent once under a key of idempotence; other ones have other ids."""
    found = thread(request("agency:aus"))

    def ids(notices: list[Notice]) -> list[str]:
        return [notice.notice_id for notice in notices]

    once = due([found], found.escalates_at)
    later = due([thread(request("agency:aus"), said(2, Kind.NOTE, "aus-officer"))], found.escalates_at + HOUR)
    assert ids(once) == ids(later)
    assert len({*ids(once), *ids(due([found], found.reminds_at))}) == 4


def test_who_is_reminded() -> None:
    """Those who may answer for who must; whoever asked; and coordinators, when it escalates. All may see the thread."""
    found = thread(request("agency:aus", "focal-point:aus-duty", "group:labs"))
    both = ["aus-chief", "aus-duty", "aus-officer", "fji-officer", "lab-officer"]
    assert _to(found, Step.DEADLINE) == both
    assert _to(found, Step.OVERDUE) == ["nzl-officer"]
    assert _to(found, Step.ESCALATION) == ["aus-chief"]
    alone = thread(request("focal-point:aus-duty"))
    assert (_to(alone, Step.DEADLINE), _to(alone, Step.ESCALATION)) == (["aus-duty"], ["aus-chief"])
    unknown = thread(request("focal-point:nobody"))
    assert (_to(unknown, Step.DEADLINE), _to(unknown, Step.ESCALATION)) == ([], [])


def test_whom_it_was_forwarded_to_is_reminded_in_their_place() -> None:
    """Who passed it on is done with it."""
    found = thread(request("agency:aus"), said(2, Kind.FORWARD, "aus-officer", to=[{"name": "agency:fji"}]))
    assert _to(found, Step.DEADLINE) == ["fji-officer"]
