"""The ledger of the fault runs: silent about a run without loss, it finds each thing lost, doubled or invented."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from tests.faults.ledger import Books, Decision, compare

_POISON = "ionics.submissions/0/2"


def _books() -> Books:
    """An agency reports an incident and amends it, each delivered twice; somebody else writes garbage."""
    one, two = "event-1", "event-2"
    accepted, amended = Decision((0, 0), "ACCEPTED", one), Decision((0, 1), "ACCEPTED", two)
    again, late = Decision((0, 3), "DUPLICATE", two), Decision((0, 4), "SUPERSEDED", one)
    return Books(
        intended={one, two, "event-of-a-process-killed-too-early"},
        reported={one: ("incident", 1), two: ("incident", 2)},
        receipts_told=[accepted, amended],
        submissions={(0, 0): one, (0, 1): two, (0, 2): None, (0, 3): two, (0, 4): one},
        decisions=[accepted, amended, Decision((0, 2), "UNVERIFIED", None), again, late],
        receipts=[accepted, amended, again, late],
        incidents=[(one, (0, 0)), (two, (0, 1))],
        enriched=[(one, (0, 0)), (two, (0, 1))],
        enriched_revisions={("incident", 1), ("incident", 2)},
        revisions=[("incident", 1), ("incident", 2)],
        current={"incident": 2},
        dead_letters=[_POISON],
        poison={_POISON},
        delivered={way: [("incident", 1), ("incident", 2)] for way in ("console", "webhook")},
    )


def test_a_run_without_loss_has_no_findings() -> None:
    """What was reported stands everywhere once; garbage has its decision and its dead letter."""
    assert compare(_books()) == []


def _lose_submission(books: Books) -> None:
    for position in ((0, 0), (0, 4)):
        del books.submissions[position]


def _lose_row(books: Books) -> None:
    books.revisions.pop(0)


def _old_row(books: Books) -> None:
    books.current["incident"] = 1


def _no_receipt(books: Books) -> None:
    books.receipts_told.pop()


@pytest.mark.parametrize(
    "lose",
    [
        _lose_submission,
        lambda books: books.decisions.pop(2),
        lambda books: books.decisions.pop(3),
        lambda books: books.receipts.pop(1),
        lambda books: books.incidents.pop(0),
        lambda books: books.enriched.pop(1),
        _lose_row,
        _old_row,
        lambda books: books.current.clear(),
        _no_receipt,
        lambda books: books.dead_letters.pop(),
        lambda books: books.delivered["console"].pop(0),
        lambda books: books.unheard.append("message"),
    ],
)
def test_what_is_lost_is_found(lose: Callable[[Books], object]) -> None:
    """A record, row, receipt or dead letter that is missing, and a row that was left behind."""
    books = _books()
    lose(books)
    assert "lost" in {finding.kind for finding in compare(books)}


@pytest.mark.parametrize("side", ["decisions", "receipts", "incidents", "enriched", "revisions", "dead_letters"])
def test_what_is_doubled_is_found(side: str) -> None:
    """Each record of each side, when it stands there twice."""
    for index in range(len(getattr(_books(), side))):
        books = _books()
        getattr(books, side).append(deepcopy(getattr(books, side)[index]))
        assert {finding.kind for finding in compare(books)} == {"doubled"}


def test_a_delivery_that_is_kept_twice_is_found() -> None:
    """Of one way to tell, however often the message was sent."""
    books = _books()
    books.delivered["console"].append(("incident", 2))
    assert {finding.kind for finding in compare(books)} == {"doubled"}


def test_an_event_admitted_twice_is_found() -> None:
    """Under another submission position it is not the same record, but the same event."""
    books = _books()
    books.decisions[3] = books.receipts[2] = Decision((0, 3), "ACCEPTED", "event-2")
    books.incidents.append(("event-2", (0, 3)))
    books.enriched.append(("event-2", (0, 3)))
    assert "doubled" in {finding.kind for finding in compare(books)}


@pytest.mark.parametrize(
    "invent",
    [
        lambda books: books.submissions.update({(0, 5): "event-of-nobody"}),
        lambda books: books.decisions.append(Decision((0, 9), "REJECTED", None)),
        lambda books: books.receipts.append(Decision((0, 9), "REJECTED", "event-1")),
        lambda books: books.incidents.append(("event-9", (0, 9))),
        lambda books: books.enriched.append(("event-9", (0, 9))),
        lambda books: books.revisions.append(("incident", 3)),
        lambda books: books.receipts_told.append(Decision((0, 0), "REJECTED", "event-1")),
        lambda books: books.dead_letters.append("ionics.submissions/0/1"),
        lambda books: books.delivered["webhook"].append(("incident", 3)),
    ],
)
def test_what_is_invented_is_found(invent: Callable[[Books], object]) -> None:
    """A record, row, receipt or dead letter that nothing stands for, and a receipt that says something else."""
    books = _books()
    invent(books)
    assert "invented" in {finding.kind for finding in compare(books)}
