"""Who may see a thread."""

from dataclasses import replace
from datetime import timedelta

from schemas.directory import Group, Members
from schemas.requests import Kind, Thread, may_see_thread, readers
from tests.unit.requests.said import BEGUN, DIRECTORY, HOUR, request, said, thread

_LONG_AFTER = BEGUN + timedelta(days=100)


def _readers(found: Thread, directory: Members = DIRECTORY) -> list[str]:
    return [person.focal_point_id for person in readers(found, directory, BEGUN + HOUR)]


def test_both_sides_see_it_and_nobody_else() -> None:
    """Not with sees-all, not who is suspended; whoever it is forwarded to from then on."""
    found = thread(request("agency:aus"))
    assert _readers(found) == ["aus-chief", "aus-duty", "aus-officer", "nzl-chief", "nzl-officer"]
    assert not may_see_thread("all", found, DIRECTORY, _LONG_AFTER)
    assert not may_see_thread("nobody", found, DIRECTORY, _LONG_AFTER)
    forwarded = thread(request("agency:aus"), said(2, Kind.FORWARD, "aus-officer", to=[{"name": "agency:fji"}]))
    assert set(_readers(forwarded)) - set(_readers(found)) == {"fji-officer"}


def test_a_group_is_who_belongs_to_it_today() -> None:
    """Whoever left it sees nothing of it any more."""
    found = thread(request("group:labs"))
    assert set(_readers(found)) == {"fji-officer", "lab-officer", "nzl-chief", "nzl-officer"}
    smaller = replace(DIRECTORY, groups={"labs": Group("labs", "Laboratories", frozenset({"lab"}))})
    assert set(_readers(found, smaller)) == {"lab-officer", "nzl-chief", "nzl-officer"}


def test_a_focal_point_alone_and_its_coordinators_once_it_escalates() -> None:
    """Never where it was answered in time, however late somebody looks."""
    asked = request("focal-point:aus-duty", hours=2)
    found = thread(asked)
    assert _readers(found) == ["aus-duty", "nzl-chief", "nzl-officer"]
    assert found.escalates_at == BEGUN + 4 * HOUR
    just = found.escalates_at
    assert [may_see_thread("aus-chief", found, DIRECTORY, at) for at in (just - HOUR, just)] == [False, True]
    assert not may_see_thread("aus-officer", found, DIRECTORY, just)
    answered = thread(asked, said(2, Kind.ANSWER, "aus-duty", "focal-point:aus-duty"))
    assert not may_see_thread("aus-chief", answered, DIRECTORY, _LONG_AFTER)
    late = thread(asked, said(2, Kind.ANSWER, "aus-duty", "focal-point:aus-duty"), every=timedelta(days=1))
    assert may_see_thread("aus-chief", late, DIRECTORY, _LONG_AFTER)
