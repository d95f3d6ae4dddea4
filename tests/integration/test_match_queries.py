"""Links and cases as a viewer is given them: which count, which wait for a person, what a case's screen says."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from projections import queries
from projections.members import write_members
from projections.migrate import drop, migrate
from projections.sink import ViewSink
from projections.viewing import viewing
from schemas.directory import Agency
from schemas.policies import policy_class
from tests.unit.projections.matches import Matches, incident_id
from tests.unit.projections.people import members, person
from tests.unit.projections.worlds import World, decode, encode

pytestmark = pytest.mark.stack

_GENERATION = 913
_COMMUNITY = {"tlp": "GREEN", "audience": ["COMMUNITY"]}
_RESTRICTED = {"tlp": "AMBER", "audience": ["agency:police"]}
_CLASS = policy_class("agency-1", ("agency:police",))
_DIRECTORY = members(
    [Agency("police", "Police", "POLICE", "FJI"), Agency("post", "Post", "POSTAL", "FJI")],
    [person("officer", "police", "read"), person("clerk", "post", "read")],
)
_MARK = {"field": "mark", "level": "exact", "weight_mbit": 9_000, "surprise_mbit": 0, "left": "x", "right": "x"}
Ask = Callable[..., Any]


@pytest.fixture
def tables(writer_url: str) -> Iterator[ViewSink]:
    """Six community incidents, the last of which is withdrawn, and a restricted one, number 7."""
    drop(writer_url, _GENERATION)
    migrate(writer_url, _GENERATION)
    world = World(1)
    values = [encode(world.record(number, **_COMMUNITY)) for number in range(6)]
    values += [encode(world.record(5, 2, "WITHDRAWN", **_COMMUNITY)), encode(world.record(7, **_RESTRICTED))]
    with psycopg.connect(writer_url, autocommit=True) as writer:
        sink = ViewSink(writer, _GENERATION, decode)
        sink.apply(values, {})
        write_members(writer, _GENERATION, _DIRECTORY)
        yield sink
    drop(writer_url, _GENERATION)


@pytest.fixture
def ask(reader_url: str) -> Iterator[Ask]:
    """Puts a question of `queries` as somebody."""
    with ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(reader_url, autocommit=True))

        def asked(name: str, viewer: str = "officer", **arguments: Any) -> Any:
            with viewing(connection, _GENERATION, viewer):
                return getattr(queries, name)(connection, _GENERATION, **arguments)

        yield asked


def _pairs(found: list[dict[str, Any]]) -> set[frozenset[int]]:
    numbers = {incident_id(number): number for number in range(9)}
    return {frozenset((numbers[row["left"]], numbers[row["right"]])) for row in found}


def _of(*pairs: tuple[int, int]) -> set[frozenset[int]]:
    return {frozenset(pair) for pair in pairs}


def test_a_link_counts_by_people_and_else_by_the_model(tables: ViewSink, ask: Ask) -> None:
    """Linked under an open key, or judged to be so; not where people, closed keys or later revisions say otherwise."""
    found = Matches()
    found.link(0, 1)
    found.link(0, 2, outcome="REVIEW")
    found.link(0, 3, outcome="BELOW", kind="NONE")
    found.link(0, 4)
    found.link(1, 2, keys=[6])
    found.link(1, 3, keys=[6, 7])
    found.link(2, 3, (1, 2))
    found.link(2, 5, (1, 1))
    found.link(2, 5, (1, 2))
    found.link(3, 4, outcome="REVIEW", keys=[6])
    found.judgement(0, 2, "SAME")
    found.judgement(0, 3, "RELATED")
    found.judgement(0, 4, "DIFFERENT")
    found.key(6)
    found.key(7)
    found.key(7, closed=False)
    tables.apply([], {}, found.records)
    counting = ask("list_links")
    assert _pairs(counting) == _of((0, 1), (0, 2), (0, 3), (1, 3))
    kinds = {frozenset((row["left"], row["right"])): row["kind"] for row in counting}
    assert kinds[frozenset((incident_id(0), incident_id(2)))] == "DUPLICATE"
    assert kinds[frozenset((incident_id(0), incident_id(3)))] == "RELATED"
    every = ask("list_links", which="all")
    assert _pairs(every) == _of((0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (3, 4))
    assert _pairs(ask("list_links", which="all", incident_id=incident_id(2))) == _of((0, 2), (1, 2))
    assert _pairs(ask("list_links", kind="RELATED")) == _of((0, 3))
    assert [(row["kind"], row["community"]) for row in ask("closed_keys")] == [("mark", True)]


def test_what_waits_for_a_person(tables: ViewSink, ask: Ask) -> None:
    """Urgent ones first, then by probability; nothing that was judged, moved on, or hangs on closed keys; by pages."""
    found = Matches()
    found.link(0, 1, outcome="REVIEW", duplicate_ppm=300, reasons=[_MARK])
    found.link(0, 2, outcome="REVIEW", duplicate_ppm=200, urgent=True)
    found.link(0, 3, possible_duplicate=True, duplicate_ppm=400)
    found.link(0, 4, outcome="REVIEW", duplicate_ppm=900)
    found.link(1, 2, outcome="REVIEW", keys=[6])
    found.link(1, 3)
    found.link(1, 5, outcome="REVIEW")
    found.judgement(0, 4, "SAME", 1)
    found.judgement(0, 4, "NONE", 2)
    found.judgement(0, 1, "DIFFERENT", 1)
    found.key(6)
    tables.apply([], {}, found.records)
    queue = ask("list_links", which="review")
    assert [(row["urgent"], row["duplicate_ppm"]) for row in queue] == [(True, 200), (False, 900), (False, 400)]
    after, pages = None, []
    for _ in queue:
        page = ask("list_links", which="review", limit=1, after=after)
        pages += page
        after = tuple(page[0][name] for name in ("urgent", "duplicate_ppm", "left", "right"))
    assert pages == queue
    assert ask("list_links", which="review", after=after) == []
    judged = next(row for row in ask("list_links", which="all") if row["verdict"] == "DIFFERENT")
    assert judged["words"] == ["marks x and x are equal"]
    assert (judged["judged_by"], judged["counts"]) == ("hq", False)


def test_a_case_on_one_screen(tables: ViewSink, ask: Ask) -> None:
    """Members by seizure, substances of each seizure once, links within, and those across classes for who sees both."""
    found = Matches()
    found.link(0, 2, reasons=[_MARK])
    found.link(2, 3, kind="SAME_NETWORK")
    found.link(2, 7, right_class=_CLASS, left_class=_CLASS)
    case_id = found.case([0, 2], [3])
    tables.apply([], {}, found.records)
    assert case_id == incident_id(0)
    seen = ask("case_document", case_id=case_id)
    assert (seen["case"]["incidents"], seen["case"]["seizures"], seen["case"]["community"]) == (3, 2, True)
    assert seen["case"]["agencies"] == ["agency-0", "agency-2"]
    order = [(row["incident_id"], row["canonical"], row["canonical_id"]) for row in seen["members"]]
    ids = {number: incident_id(number) for number in (0, 2, 3)}
    assert order == [(ids[0], True, ids[0]), (ids[2], False, ids[0]), (ids[3], True, ids[3])]
    assert _pairs(seen["links"]) == _of((0, 2), (2, 3))
    assert _pairs(seen["across"]) == _of((2, 7))
    assert {row["subject"] for row in seen["changes"]} == set(ids.values())
    items = [len(ask("items", incident_id=ids[number])) for number in (0, 3)]
    assert sum(row["items"] for row in seen["substances"]) == sum(items)
    theirs = ask("case_document", viewer="clerk", case_id=case_id)
    assert theirs == {**seen, "across": []}
    assert [row["case_id"] for row in ask("list_cases")] == [case_id]
    assert ask("list_cases", agency_id="agency-1") == []
    assert ask("case_of", incident_id=ids[2]) == case_id
    assert ask("case_of", incident_id=incident_id(1)) is None


def test_cases_that_are_not_there(tables: ViewSink, ask: Ask) -> None:
    """Absent, closed, of a class that the viewer may not see: one and the same."""
    found = Matches()
    gone = found.case([1, 4])
    found.case(of=1)
    hidden = found.case([7], [8], policy_class=_CLASS)
    tables.apply([], {}, found.records)
    for case_id in (gone, hidden, incident_id(99), "no id"):
        assert ask("case_document", viewer="clerk", case_id=case_id) is None
    assert ask("list_cases", viewer="clerk") == []


def test_a_member_that_was_narrowed_is_gone_at_once(tables: ViewSink, ask: Ask) -> None:
    """Before its case follows: from the members, the links and what the last change was about."""
    found, world = Matches(), World(2)
    found.link(0, 2)
    found.link(0, 3)
    case_id = found.case([0, 2], [3])
    narrowed = [encode(world.record(2, 2, "AMENDED", **_RESTRICTED))]
    tables.apply(narrowed, {}, found.records)
    seen = ask("case_document", viewer="clerk", case_id=case_id)
    assert incident_id(2) not in str(seen)
    assert len(seen["members"]) == 2
    tables.apply([encode(world.record(0, 2, "AMENDED", **_RESTRICTED))], {})
    assert ask("case_document", viewer="clerk", case_id=case_id) is None
    assert ask("list_cases", viewer="clerk") == []


def test_milestones_count_seizures(tables: ViewSink, ask: Ask) -> None:
    """Each from the incident that stands for it; beside them, how many were reported."""
    found = Matches()
    found.case([0, 2], [3])
    tables.apply([], {}, found.records)
    counted = ask("milestones", step=1)
    assert (counted["incidents"], counted["reported"]) == (4, 5)
    assert [row["incident_id"] for row in counted["passed"]] == [incident_id(number) for number in (0, 1, 3, 4)]
