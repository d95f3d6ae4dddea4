"""What a case tells of each change: opened, joined, merged, split, taken back, withdrawn, closed."""

import pytest

from schemas.case import CaseReason, CaseVersion
from stream_processors.match.cases.events import CROWD
from stream_processors.runtime import Output
from tests.unit.match_cases.facts import (
    REASON,
    changes,
    folded,
    incident,
    judged,
    key,
    link,
    moved,
    number_of,
    taken,
)


def _told(*facts: Output) -> list[tuple[int, int, list[tuple[str, str]]]]:
    """Number of the case, version and changes of all that was written."""
    return [(number_of(each.case_id), each.version, changes(each)) for each in taken(facts)]


def _members(version: CaseVersion) -> dict[int, int]:
    return {number_of(one.incident_id): number_of(one.canonical_id) for one in version.members}


def test_a_link_opens_a_case_with_its_reasons() -> None:
    """Under the incident that was admitted first; of two at the same time the one with the smaller id."""
    [opened] = taken([link(3, 2, revisions=(4, 1), kind="DUPLICATE")])
    assert number_of(opened.case_id) == 3
    assert _members(opened) == {3: 3, 2: 3}
    assert [one.revision for one in opened.members] == [4, 1]
    assert changes(opened) == [("OPENED", "3"), ("MEMBER_ADDED", "3"), ("MEMBER_ADDED", "2"), ("LINK_ADDED", "3|2")]
    assert opened.changes[-1].reasons == (CaseReason(**REASON),)  # type: ignore[arg-type]  # the values are of these types
    assert opened.positions == (1, 0)
    [found] = opened.links
    assert (found.kind, found.verdict, found.duplicate_ppm) == ("DUPLICATE", "NONE", 990_000)


def test_what_does_not_count_makes_no_case() -> None:
    """To be reviewed, across classes, superseded, or under keys that are closed for one of them."""
    across = link(0, 1, classes=(0, 5))
    late = [moved(2, 2), link(2, 3)]
    closed = [key(8, scope=0), key(9, scope=5), link(4, 5, classes=(5, 5), keys=(8, 9))]
    assert _told(link(6, 7, outcome="REVIEW"), across, *late, *closed) == []


def test_a_key_takes_its_links_along_and_brings_them_back() -> None:
    """Another key that both carry holds a link up."""
    told = _told(link(0, 2), link(2, 4, keys=(7, 8)), key(7), key(7, closed=False), key(8), key(8, closed=False))
    assert told == [
        (0, 1, [("OPENED", "0"), ("MEMBER_ADDED", "2"), ("MEMBER_ADDED", "0"), ("LINK_ADDED", "2|0")]),
        (0, 2, [("MEMBER_ADDED", "4"), ("LINK_ADDED", "4|2")]),
        (
            0,
            3,
            [
                ("CLOSED", "0"),
                ("MERGED", "2"),
                ("MEMBER_LEFT", "4"),
                ("MEMBER_LEFT", "2"),
                ("MEMBER_LEFT", "0"),
                ("LINK_GONE", "2|0"),
            ],
        ),
        (2, 1, [("OPENED", "2"), ("MERGED", "0"), ("MEMBER_ADDED", "4"), ("MEMBER_ADDED", "2")]),
        (2, 2, [("CLOSED", "2"), ("MERGED", "0"), ("MEMBER_LEFT", "4"), ("MEMBER_LEFT", "2")]),
        (
            0,
            4,
            [
                ("OPENED", "0"),
                ("MERGED", "2"),
                ("MEMBER_ADDED", "4"),
                ("MEMBER_ADDED", "2"),
                ("MEMBER_ADDED", "0"),
                ("LINK_ADDED", "2|0"),
            ],
        ),
    ]


def test_two_cases_merge_under_the_first_and_split_again() -> None:
    """The other one says where it went, and comes back with its next version."""
    told = _told(link(0, 2), link(4, 6), link(2, 4), judged(2, 4, "DIFFERENT"))
    assert told[2:] == [
        (4, 2, [("CLOSED", "4"), ("MERGED", "0"), ("MEMBER_LEFT", "6"), ("MEMBER_LEFT", "4")]),
        (0, 2, [("MERGED", "4"), ("MEMBER_ADDED", "6"), ("MEMBER_ADDED", "4"), ("LINK_ADDED", "4|2")]),
        (0, 3, [("SPLIT", "4"), ("MEMBER_LEFT", "6"), ("MEMBER_LEFT", "4"), ("LINK_GONE", "4|2")]),
        (4, 3, [("OPENED", "4"), ("SPLIT", "0"), ("MEMBER_ADDED", "6"), ("MEMBER_ADDED", "4")]),
    ]


def test_a_case_that_falls_apart_names_its_parts() -> None:
    """Its first incident held the two together."""
    told = _told(link(0, 2), link(2, 4), link(0, 6), link(6, 8), moved(0, 2, withdrawn=True))
    left = [("MEMBER_LEFT", str(number)) for number in (8, 6, 4, 2, 0)]
    assert told[-3:] == [
        (0, 5, [("CLOSED", "0"), ("SPLIT", "6"), ("SPLIT", "2"), *left, ("LINK_GONE", "6|0"), ("LINK_GONE", "2|0")]),
        (6, 1, [("OPENED", "6"), ("SPLIT", "0"), ("MEMBER_ADDED", "8"), ("MEMBER_ADDED", "6")]),
        (2, 1, [("OPENED", "2"), ("SPLIT", "0"), ("MEMBER_ADDED", "4"), ("MEMBER_ADDED", "2")]),
    ]


def test_a_judgement_taken_back_leaves_the_case_as_it_was() -> None:
    """Members, canonical incidents and links; only the version has gone on."""
    before = taken([link(0, 2, kind="DUPLICATE"), link(2, 4)])
    for verdict in ("DIFFERENT", "SAME", "RELATED"):
        facts = [link(0, 2, kind="DUPLICATE"), link(2, 4), judged(2, 4, verdict), judged(2, 4, "NONE", 2)]
        after = taken(facts)
        assert len(after) > len(before)
        assert folded(before) == folded(after)
        assert before[-1].links == after[-1].links


@pytest.mark.parametrize(
    ("verdict", "kind", "expected"),
    [
        ("SAME", "NONE", "DUPLICATE"),
        ("RELATED", "NONE", "RELATED"),
        ("RELATED", "DUPLICATE", "RELATED"),
        ("RELATED", "SAME_SHIPMENT", "SAME_SHIPMENT"),
    ],
)
def test_people_may_link_what_the_model_would_not(verdict: str, kind: str, expected: str) -> None:
    """From when the matcher has compared the pair, whatever it made of it and whatever keys are closed."""
    facts = [key(7), judged(0, 2, verdict), link(0, 2, kind=kind, outcome="BELOW")]
    [opened] = taken(facts)
    assert [(found.kind, found.verdict) for found in opened.links] == [(expected, verdict)]
    assert _members(opened) == {0: 0, 2: 0 if verdict == "SAME" else 2}


def test_canonical_incidents_follow_the_seizures() -> None:
    """One more duplicate joins two seizures; one that is gone parts them."""
    facts = [link(0, 2, kind="DUPLICATE"), link(4, 6, kind="DUPLICATE"), link(2, 6), judged(2, 6, "SAME")]
    told = taken([*facts, judged(2, 6, "NONE", 2)])
    assert changes(told[-2]) == [("CANONICAL_CHANGED", "6"), ("CANONICAL_CHANGED", "4"), ("LINK_CHANGED", "6|2")]
    assert _members(told[-2]) == {0: 0, 2: 0, 4: 0, 6: 0}
    assert _members(told[-1]) == {0: 0, 2: 0, 4: 4, 6: 4}


def test_a_duplicate_found_within_a_case_makes_one_seizure_of_two() -> None:
    """Members and id of the case stay."""
    told = taken([link(0, 2), link(2, 4), link(0, 4, kind="DUPLICATE")])
    assert changes(told[-1]) == [("CANONICAL_CHANGED", "4"), ("LINK_ADDED", "4|0")]
    assert _members(told[-1]) == {0: 0, 2: 2, 4: 0}


def test_a_withdrawal_that_a_later_revision_took_back_changes_nothing() -> None:
    """Whichever of the two comes first."""
    late = taken([link(0, 2, revisions=(3, 1)), moved(0, 2, withdrawn=True)])
    assert folded(late) == folded(taken([moved(0, 2, withdrawn=True), link(0, 2, revisions=(3, 1))]))
    assert [each.version for each in late] == [1]


def test_a_withdrawn_member_leaves() -> None:
    """The rest goes on; without a rest the case is no more."""
    told = taken([link(0, 2), link(2, 4), moved(4, 2, withdrawn=True), moved(2, 2, withdrawn=True)])
    assert changes(told[2]) == [("MEMBER_LEFT", "4"), ("LINK_GONE", "4|2")]
    assert changes(told[3]) == [("CLOSED", "0"), ("MEMBER_LEFT", "2"), ("MEMBER_LEFT", "0"), ("LINK_GONE", "2|0")]
    assert (told[3].members, told[3].links, told[3].policy_class) == ((), (), 0)


def test_a_revision_that_is_linked_anew_is_told() -> None:
    """Without a word of the matcher that the incident moved on, which it gives before."""
    told = taken([link(0, 2), link(0, 2, revisions=(1, 2))])
    assert [(changes(each), [one.revision for one in each.members]) for each in told[1:]] == [
        ([("MEMBER_REVISED", "2")], [1, 2])
    ]


def test_a_case_never_tells_of_a_case_of_another_class() -> None:
    """An incident that goes over to another audience leaves one case and is in another; neither names the other."""
    told = taken([link(0, 2), link(0, 2, revisions=(2, 2), classes=(5, 5))])
    assert [(each.policy_class, each.version, [change.what for change in each.changes]) for each in told] == [
        (0, 1, ["OPENED", "MEMBER_ADDED", "MEMBER_ADDED", "LINK_ADDED"]),
        (0, 2, ["CLOSED", "MEMBER_LEFT", "MEMBER_LEFT", "LINK_GONE"]),
        (5, 3, ["OPENED", "MEMBER_ADDED", "MEMBER_ADDED", "LINK_ADDED"]),
    ]


def test_of_two_judgements_at_once_the_same_one_holds_everywhere() -> None:
    """Two people wrote revision 1 of a pair: which one holds does not depend on whose came first."""
    both = [judged(0, 2, "DIFFERENT", 1, "a"), judged(0, 2, "SAME", 1, "b")]
    assert folded(taken([link(0, 2), *both])) == folded(taken([*reversed(both), link(0, 2)])) == {}
    assert folded(taken([link(0, 2), judged(0, 2, "SAME", 2), *both])) == {
        (0, incident(0)): {incident(0): incident(0), incident(2): incident(0)}
    }


def test_a_crowd_is_told_of_members_and_of_people_only() -> None:
    """A link that the matcher finds between members of a large case makes no event; a new member and a person do."""
    chain = [link(2 * n, 2 * n + 2) for n in range(CROWD)]
    told = taken([*chain, link(0, 4), link(2, 8), judged(0, 4, "RELATED"), link(3, 4)])
    assert len(told) == CROWD + 2
    assert [len(found.links) for found in told[-4:]] == [CROWD - 1, 1, 1, 1]
    assert changes(told[-2]) == [("LINK_CHANGED", "4|0")]
    assert len(told[-1].members) == CROWD + 2
    quiet = taken([*chain, link(0, 4), moved(4, 2)])
    assert {len(each.members) for each in quiet[-2:]} == {CROWD - 2, 2}
