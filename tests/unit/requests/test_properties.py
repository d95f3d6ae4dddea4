"""Threads of any messages, as whoever can write into the topic may write them."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.reading import Record
from schemas.requests import ANSWERS, ASKS, Kind, Message, State, Threads, may_see_thread
from tests.unit.requests.said import BEGUN, DIRECTORY, HOUR, PEOPLE, THREAD, record, request, said, uuid

_NAMES = ["agency:aus", "agency:fji", "agency:nzl", "focal-point:aus-duty", "group:labs", "focal-point:nobody"]
_addressees = st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3, unique=True)


@st.composite
def _messages(draw: st.DrawFn) -> list[Message]:
    found = []
    for number in range(1, draw(st.integers(1, 13))):
        kind, by = draw(st.sampled_from(Kind)), draw(st.sampled_from(sorted(PEOPLE)))
        fields: dict[str, Any] = {"message_id": uuid(1_000 + draw(st.integers(0, 14)))}
        if kind is Kind.REQUEST:
            found.append(request(*draw(_addressees), **fields))
            continue
        if kind is Kind.FORWARD:
            fields["to"] = [{"name": name} for name in draw(_addressees)]
        party = draw(st.sampled_from([f"agency:{PEOPLE[by]}", *_NAMES]))
        found.append(said(number, kind, by, party, **fields))
    first = request(*draw(_addressees), hours=draw(st.sampled_from([1, 5, 20])), incident_id=uuid(9))
    return [*found[:2], first, *found[2:]] if draw(st.booleans()) else [first, *found]


def _records(messages: list[Message]) -> list[Record]:
    return [record(each, n, BEGUN + n * HOUR) for n, each in enumerate(messages)]


@given(_messages(), st.data())
def test_repeats_and_cuts_change_nothing(messages: list[Message], data: st.DataObject) -> None:
    """Whatever is appended again later, the thread is the same; so it is however the log is cut into batches."""
    records = _records(messages)
    found = Threads().fold(records)
    cut = Threads()
    ends = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=4)))
    for begin, end in pairwise([0, *ends, len(records)]):
        cut.fold(records[begin:end])
        cut.fold(records[: data.draw(st.integers(0, end))])
    assert cut.threads == found.threads
    again = data.draw(st.lists(st.sampled_from(messages), max_size=5))
    repeated = [record(each, len(records) + n, BEGUN + 99 * HOUR) for n, each in enumerate(again)]
    assert found.threads == Threads().fold([*records, *repeated]).threads


@given(_messages())
def test_what_does_not_count_might_as_well_not_be_there(messages: list[Message]) -> None:
    """The messages that count make the same thread by themselves."""
    records = _records(messages)
    found = Threads().fold(records).threads
    for thread in found.values():
        counted = {posted.offset for posted in thread.posted}
        assert Threads().fold(each for each in records if each.offset in counted).threads == {THREAD: thread}


@given(_messages())
def test_a_thread_is_of_its_parties(messages: list[Message]) -> None:
    """Whoever wrote in it may see it; one agency asks; who must answer was asked; the end is the end."""
    for thread in Threads().fold(_records(messages)).threads.values():
        asking = [party.name for party in thread.parties.values() if party.side == ASKS]
        assert asking == [f"agency:{thread.request.agency_id}"]
        assert thread.awaited <= {party.name for party in thread.parties.values() if party.side == ANSWERS}
        assert bool(thread.awaited) == (thread.state is State.OPEN)
        for posted in thread.posted:
            in_the_group = posted.message.party == "group:labs" and posted.message.agency_id not in {"lab", "fji"}
            seen = may_see_thread(posted.message.focal_point_id, thread, DIRECTORY, posted.at)
            assert seen or in_the_group
        closed = [n for n, posted in enumerate(thread.posted) if posted.message.kind is Kind.CLOSE]
        assert not closed or all(p.message.kind is Kind.AMENDED for p in thread.posted[closed[0] + 1 :])
        assert bool(closed) == (thread.state is State.CLOSED)
