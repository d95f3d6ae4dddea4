"""Sending the drafts of a file: every draft once, memory and connections bounded, receipts counted."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli import senders
from cli.senders import Senders
from producers import Outcome, Receipt
from producers.importers import Draft
from schemas.errors import InvalidIncidentError, LogError
from schemas.incident import COMMUNITY, IncidentContent, Item, Location, Tlp
from schemas.settings import Settings


class _Fake:
    """A producer that keeps what it is given, and answers as its class is told."""

    opened: list["_Fake"]
    most_open: int
    outcome = Outcome.ACCEPTED
    fails_to_wait = False
    too_large: frozenset[str] = frozenset()

    def __init__(self, agency_id: str, **_: Any) -> None:
        self.agency_id, self.closed, self.refs, self.waited = agency_id, False, list[str](), list[str]()
        type(self).opened.append(self)
        type(self).most_open = max(type(self).most_open, sum(not each.closed for each in type(self).opened))

    def report_many(self, reports: list[Any]) -> list[Any]:
        assert not self.closed
        for report in reports:
            if report.source_ref in self.too_large:
                raise InvalidIncidentError("SIZE", "incident", "too large")
        self.refs += [report.source_ref for report in reports]
        return [SimpleNamespace(incident_id=report.source_ref) for report in reports]

    def wait(self, submissions: list[Any], _timeout: float) -> list[Receipt]:
        assert not self.closed
        if self.fails_to_wait:
            raise LogError("receipts have not come")
        self.waited += [each.incident_id for each in submissions]
        moment = datetime(2024, 1, 1, tzinfo=UTC)
        return [
            Receipt(self.outcome, "CODE", "path", "why", each.incident_id, None, 1, None, None, moment, 0, 0)
            for each in submissions
        ]

    def close(self, _timeout: float) -> int:
        self.closed = True
        return 0


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[_Fake]:
    """A producer of its own for each test, in the place of the real one."""
    kind = type("Fake", (_Fake,), {"opened": [], "most_open": 0})
    monkeypatch.setattr(senders, "IncidentProducer", kind)
    return kind


def _draft(agency: int, number: int, lines: int = 1) -> Draft:
    content = IncidentContent(
        incident_type="SEIZURE",
        occurred_on=date(2024, 1, 1),
        location=Location(),
        items=[Item(substance_text="x")],
        audience=[COMMUNITY],
        tlp=Tlp.AMBER,
    )
    return Draft(f"a{agency}", "NZL", f"{agency}/{number}", content, number + 2, lines, "test/1")


def _senders(wait_s: float | None = 1.0) -> Senders:
    return Senders(Settings(Path("unused"), "dev-test"), wait_s)


def test_every_draft_once_and_few_producers_at_a_time(fake: type[_Fake], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred agencies, interleaved: all drafts are reported and waited for, by few producers at a time."""
    monkeypatch.setattr(senders, "_MOST_HELD", 50)
    monkeypatch.setattr(senders, "_CHUNK", 3)
    drafts = [_draft(agency, number) for number in range(5) for agency in range(200)]
    with _senders() as sending:
        for draft in drafts:
            assert sending.send(draft) == []
        sending.finish()

    wanted = Counter(draft.source_ref for draft in drafts)
    assert wanted == Counter(ref for each in fake.opened for ref in each.refs)
    assert wanted == Counter(ref for each in fake.opened for ref in each.waited)
    assert fake.most_open <= senders._MOST_OPEN
    assert all(each.closed for each in fake.opened)
    assert (sending.incidents, sending.outcomes["ACCEPTED"], sending.waiting) == (1000, 1000, 0)


def test_order_within_an_agency_is_that_of_the_file(fake: type[_Fake], monkeypatch: pytest.MonkeyPatch) -> None:
    """A large draft, which goes alone, does not overtake those before it."""
    monkeypatch.setattr(senders, "_CHUNK", 100)
    with _senders() as sending:
        for number in range(10):
            sending.send(_draft(1, number, lines=20 if number == 5 else 1))
        sending.finish()

    assert [f"1/{number}" for number in range(10)] == fake.opened[0].refs


def test_what_is_too_large_is_rejected_with_all_its_rows(fake: type[_Fake]) -> None:
    """Such an incident stops no other; each of its rows becomes a reject."""
    fake.too_large = frozenset({"1/1"})
    with _senders() as sending:
        found = [sending.send(_draft(1, number, lines=9 if number == 1 else 1)) for number in range(3)]
        sending.finish()

    assert [len(each) for each in found] == [0, 9, 0]
    assert [reject.line for reject in found[1][:2]] == [3, 4]
    assert fake.opened[0].refs == ["1/0", "1/2"]


def test_refusals_name_the_line(fake: type[_Fake]) -> None:
    """What admission rejects is found again in the file."""
    fake.outcome = Outcome.REJECTED
    with _senders() as sending:
        sending.send(_draft(1, 7))
        sending.finish()

    assert sending.refused_count == 1
    assert sending.refused == ["a1, line 9: path: why (CODE)"]


def test_receipts_that_do_not_come_stop_no_reporting(fake: type[_Fake], monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first time-out all is still reported, nothing is waited for, and the fault is kept."""
    monkeypatch.setattr(senders, "_CHUNK", 2)
    fake.fails_to_wait = True
    with _senders() as sending:
        for number in range(9):
            sending.send(_draft(1, number))
        sending.finish()

    assert (sending.incidents, sending.waiting) == (9, 9)
    assert isinstance(sending.fault, LogError)


def test_not_waiting(fake: type[_Fake]) -> None:
    """Without waiting nothing is asked for receipts."""
    with _senders(None) as sending:
        sending.send(_draft(1, 1))
        sending.finish()

    assert fake.opened[0].waited == []
    assert sending.fault is None
