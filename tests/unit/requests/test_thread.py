"""What a thread comes to, message by message."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.codes import codes
from schemas.requests import DEADLINES, Kind, Outcome, Priority, State, Threads
from tests.unit.requests.said import BEGUN, HOUR, THREAD, record, request, said, thread, threads, uuid

_OWNER = "agency:aus"


def test_kinds_and_priorities_are_those_of_the_code_lists() -> None:
    """Which people read with their labels; each priority has a deadline."""
    assert codes("message_kind") == {kind.value for kind in Kind}
    assert codes("request_priority") == {priority.value for priority in Priority} == set(DEADLINES)


def test_an_answer_answers() -> None:
    """The first one counts for the time that it took, another one is welcome."""
    found = thread(request(_OWNER), said(2, Kind.ANSWER, "aus-officer"), said(3, Kind.ANSWER, "aus-chief"))
    assert (found.state, found.answered_at, found.awaited) == (State.ANSWERED, BEGUN + HOUR, frozenset())
    [response] = found.responses.values()
    assert (response.outcome, response.since, response.answered_at) == (Outcome.ANSWERED, BEGUN, BEGUN + HOUR)
    assert len(found.posted) == 3


def test_it_is_declined_when_all_have_declined_and_may_be_answered_all_the_same() -> None:
    """One of two who were asked does not decline for the other."""
    declined = said(2, Kind.DECLINE, "aus-officer"), said(3, Kind.DECLINE, "fji-officer")
    asked = request(_OWNER, "agency:fji")
    assert thread(asked, declined[0]).state is State.OPEN
    assert thread(asked, declined[0]).awaited == {"agency:fji"}
    assert thread(asked, *declined).state is State.DECLINED
    assert thread(asked, *declined, said(4, Kind.ANSWER, "aus-officer")).state is State.ANSWERED
    assert thread(asked, declined[0], said(4, Kind.DECLINE, "aus-duty")).posted[-1].message == declined[0]


def test_one_agency_of_a_group_answers_for_it_and_does_not_decline_for_it() -> None:
    """Its members are judged by whoever writes the message down."""
    asked = request("group:labs")
    declined = thread(asked, said(2, Kind.DECLINE, "lab-officer", "group:labs"))
    assert (declined.state, declined.awaited) == (State.OPEN, {"group:labs"})
    assert declined.responses["lab"].outcome is Outcome.DECLINED
    assert thread(asked, said(2, Kind.ANSWER, "fji-officer", "group:labs")).state is State.ANSWERED
    assert thread(asked, said(2, Kind.ANSWER, "nzl-chief", "group:labs")).state is State.OPEN


def test_whoever_it_is_forwarded_to_must_answer_and_is_a_party() -> None:
    """Whoever forwarded it stays one, and may still answer."""
    asked = request(_OWNER)
    forwarded = said(2, Kind.FORWARD, "aus-officer", to=[{"name": "agency:fji"}, {"name": "group:labs"}])
    found = thread(asked, forwarded)
    assert (found.state, found.awaited) == (State.OPEN, {"agency:fji", "group:labs"})
    assert [found.responses[id_].outcome for id_ in ("aus", "fji")] == [Outcome.FORWARDED, Outcome.OPEN]
    assert found.responses["fji"].since == BEGUN + HOUR
    assert thread(asked, forwarded, said(3, Kind.ANSWER, "aus-chief")).state is State.ANSWERED
    back = said(3, Kind.FORWARD, "fji-officer", to=[{"name": _OWNER}])
    assert thread(asked, forwarded, back).awaited == {_OWNER, "group:labs"}


def test_a_note_settles_nothing_and_comes_from_either_side() -> None:
    """Not even a note of somebody who is to answer."""
    notes = said(2, Kind.NOTE, "nzl-chief"), said(3, Kind.NOTE, "aus-duty")
    found = thread(request(_OWNER), *notes)
    assert (found.state, len(found.posted), found.responses["aus"].outcome) == (State.OPEN, 3, Outcome.OPEN)


def test_what_was_amended_is_said_once_and_even_after_the_end() -> None:
    """For it has happened. It answers, and does not open again what was closed."""
    asked = request(_OWNER, incident_id=uuid(9))
    amended = said(2, Kind.AMENDED, "aus-officer")
    assert thread(asked, amended).state is State.ANSWERED
    assert list(thread(asked, amended, amended).amendments()) == [uuid(2002)]
    closed = thread(asked, said(3, Kind.CLOSE, "nzl-officer"), amended)
    assert (closed.state, list(closed.amendments())) == (State.CLOSED, [uuid(2002)])
    assert not list(thread(request(_OWNER), amended).amendments())


_FORWARD: dict[str, Any] = {"to": [{"name": "agency:fji"}]}


@pytest.mark.parametrize(
    "message",
    [
        said(9, Kind.ANSWER, "fji-officer"),
        said(9, Kind.NOTE, "onlooker"),
        said(9, Kind.ANSWER, "fji-officer", _OWNER),
        said(9, Kind.ANSWER, "nzl-officer"),
        said(9, Kind.CLOSE, "aus-officer"),
        said(9, Kind.FORWARD, "aus-officer", to=[{"name": "agency:nzl"}]),
        said(9, Kind.FORWARD, "nzl-officer", **_FORWARD),
        said(9, Kind.ANSWER, "fji-officer", "group:labs"),
        request("agency:fji"),
        request("agency:fji", message_id=uuid(1009)),
        said(9, Kind.ANSWER, "aus-officer", message_id=uuid(1001)),
    ],
    ids=lambda message: f"{message.kind}-{message.focal_point_id}-{message.party}",
)
def test_what_nobody_may_say_here_changes_nothing(message: Any) -> None:
    """Of no party, of the other side, in another's name, a second request, another message under the same id."""
    assert thread(request(_OWNER), message) == thread(request(_OWNER))


@pytest.mark.parametrize("kind", [Kind.ANSWER, Kind.NOTE, Kind.DECLINE, Kind.FORWARD, Kind.CLOSE])
def test_nothing_is_said_after_a_close(kind: Kind) -> None:
    """Whoever says it."""
    by = "nzl-officer" if kind is Kind.CLOSE else "aus-officer"
    later = said(9, kind, by, **(_FORWARD if kind is Kind.FORWARD else {}))
    closed = (request(_OWNER), said(2, Kind.CLOSE, "nzl-chief"))
    assert thread(*closed, later) == thread(*closed)
    assert thread(closed[0], later) != thread(closed[0])


def test_a_thread_begins_with_its_request() -> None:
    """In the name of one's own agency, to somebody else; what came before it is of no thread."""
    answered = said(2, Kind.ANSWER, "aus-officer")
    assert thread(answered, request(_OWNER)).state is State.OPEN
    assert not threads(answered).threads
    assert not threads(request(_OWNER, party=_OWNER)).threads
    assert not threads(request(_OWNER, "agency:nzl")).threads


def test_a_focal_point_is_asked_alone_until_it_escalates() -> None:
    """Then a coordinator of its agency may answer for it, even where the answer comes to stand before another one."""
    asked, late = request("focal-point:aus-duty", hours=2), timedelta(hours=5)
    name = "focal-point:aus-duty"
    own = said(2, Kind.ANSWER, "aus-duty", name)
    other = said(3, Kind.ANSWER, "aus-chief", name)
    assert thread(asked, own).state is State.ANSWERED
    assert thread(asked, other).state is State.OPEN
    assert thread(asked, said(2, Kind.ANSWER, "aus-officer")).state is State.OPEN
    assert thread(asked, other, every=late).state is State.ANSWERED
    assert thread(asked, other, every=late).escalates_to == ["aus"]
    assert thread(asked, own).escalates_to == []
    assert len(thread(asked, own, other, every=late).posted) == 3
    assert len(thread(asked, own, said(4, Kind.NOTE, "nzl-officer"), other).posted) == 3


def test_a_thread_ends_at_a_thousand_messages() -> None:
    """Each message folds it anew."""
    notes = [said(n, Kind.NOTE, "nzl-officer") for n in range(2, 1_003)]
    found = thread(request(_OWNER, incident_id=uuid(9)), *notes, said(1_004, Kind.AMENDED, "aus-officer"))
    assert len(found.posted) == 1_001


def test_what_cannot_be_read_changes_nothing() -> None:
    """And is not read twice."""
    good = record(request(_OWNER), 0, BEGUN)
    bad = [record(request(_OWNER), n, BEGUN) for n in (1, 2)]
    bad[0].value, bad[1].value = None, b"\x00\x00\x00\x00\x01nonsense"
    found = Threads().fold([good, *bad])
    assert (len(found.threads[THREAD].posted), found.next_offset) == (1, 3)
    assert found.fold([record(said(4, Kind.ANSWER, "aus-officer"), 1, BEGUN)]).threads[THREAD].state is State.OPEN
