"""Cases are a function of the set of facts; versions do not depend on where batches are cut or workers start anew."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.case import CaseVersion
from schemas.codec import codec
from stream_processors.runtime import MemoryCluster, Output
from tests.unit.match_cases.expected import expected
from tests.unit.match_cases.facts import CASES, folded, judged, key, link, moved, worker, written
from tests.unit.stream_processors.world import drain

_KINDS = ["DUPLICATE", "DUPLICATE", "SAME_NETWORK", "SAME_SHIPMENT", "NONE"]


def _drawn(seed: object) -> random.Random:
    return random.Random(str(seed))  # noqa: S311  # examples, and each is to come again


def _class(number: int, revision: int) -> int:
    """One incident in four is restricted at first, and one in four after an amendment."""
    return 5 if (number + revision) % 4 == 0 else 0


def _link(one: int, other: int, revisions: tuple[int, int]) -> Output:
    """The link of a pair at two revisions, which is a function of these."""
    drawn = _drawn((one, other, revisions))
    return link(
        one,
        other,
        revisions=revisions,
        classes=(_class(one, revisions[0]), _class(other, revisions[1])),
        kind=drawn.choice(_KINDS),
        outcome=drawn.choice(["LINKED", "LINKED", "LINKED", "REVIEW", "BELOW"]),
        keys=drawn.sample(range(3), drawn.randint(1, 2)),
    )


NUMBERS = st.integers(0, 5)
PAIRS = st.lists(NUMBERS, min_size=2, max_size=2, unique=True).map(lambda two: (min(two), max(two)))
REVISIONS = st.sampled_from([1, 1, 1, 1, 1, 1, 2, 3])
LINKS = st.builds(lambda pair, one, other: _link(*pair, (one, other)), PAIRS, REVISIONS, REVISIONS)
MOVES = st.builds(lambda n, revision: moved(n, revision, withdrawn=(n + revision) % 3 == 0), NUMBERS, st.integers(2, 3))
KEYS = st.builds(
    lambda n, scope, closed: key(n, scope=scope, closed=closed),
    st.integers(0, 2),
    st.sampled_from([0, 5]),
    st.booleans(),
)
VERDICTS = st.sampled_from(["SAME", "RELATED", "DIFFERENT", "NONE"])
JUDGED = st.builds(
    lambda pair, verdict, revision, why: judged(*pair, verdict, revision, why),
    PAIRS,
    VERDICTS,
    st.integers(1, 3),
    st.sampled_from(["a", "b"]),
)
FACTS = st.lists(st.one_of(LINKS, LINKS, LINKS, LINKS, MOVES, KEYS, JUDGED), min_size=4, max_size=30)


def _key_of(fact: Output) -> tuple[int, int] | None:
    found = None if fact.topic.endswith("judgements") else codec("match_event").decode((fact.value or b"")[5:])["key"]
    return found and (found["key"], found["scope"])


def shuffled(facts: list[Output], seed: int) -> list[Output]:
    """The facts in another order, some of them twice; what is said of one key and class stays in its order."""
    drawn = _drawn(seed)
    other = [fact for fact in facts for _ in range(drawn.choice([1, 1, 2]))]
    drawn.shuffle(other)
    for name in {_key_of(fact) for fact in facts} - {None}:
        places = [n for n, fact in enumerate(other) if _key_of(fact) == name]
        in_order = sorted((other[n] for n in places), key=[fact for fact in facts if _key_of(fact) == name].index)
        for place, fact in zip(places, in_order, strict=True):
            other[place] = fact
    return other


def run(
    facts: list[Output], cuts: random.Random | None = None, restarts: frozenset[int] = frozenset()
) -> MemoryCluster:
    """Facts that come a few at a time, in batches of any size, to workers that start anew here and there."""
    cluster = MemoryCluster()
    running = worker(cluster)
    for number, fact in enumerate(facts):
        cluster.append(fact)
        if number in restarts:
            running = worker(cluster)
        running._limit = cuts.randint(1, 4) if cuts else 1
        if cuts is None or cuts.random() < 0.6:
            running.step(0)
    drain(running)
    return cluster


@settings(max_examples=150)
@given(facts=FACTS, seed=st.integers(0, 2**32), restarts=st.frozensets(st.integers(0, 40), max_size=4))
def test_any_order_gives_the_cases_that_the_set_of_facts_makes(
    facts: list[Output], seed: int, restarts: frozenset[int]
) -> None:
    """Shuffled, repeated, cut and interleaved, with workers that start anew; versions go up by one all the time."""
    other = shuffled(facts, seed)
    assert expected(facts) == expected(other)
    assert expected(facts) == folded(written(run(other, _drawn(seed), restarts)))


@settings(max_examples=80)
@given(facts=FACTS, seed=st.integers(0, 2**32), restarts=st.frozensets(st.integers(0, 23), max_size=4))
def test_neither_cuts_nor_restarts_change_a_version(facts: list[Output], seed: int, restarts: frozenset[int]) -> None:
    """The same facts in the same order; all that is written is the same, but for the clock of the log."""
    whole = [fact for fact in facts if not fact.topic.endswith("judgements")]
    calm, cut = run(whole), run(whole, _drawn(seed), restarts)
    assert _timeless(written(calm)) == _timeless(written(cut))
    calm, restarted = run(facts), run(facts, None, restarts)
    assert _timeless(written(calm)) == _timeless(written(restarted))


@settings(max_examples=100)
@given(facts=FACTS, cut=st.integers(0, 10))
def test_processing_changes_nothing(facts: list[Output], cut: int) -> None:
    """A batch that was thrown away comes again with the same events, whatever of the state it touches."""
    cluster = run(facts[:cut])
    running = worker(cluster)
    running.step(0)
    stage: Any = running._stage
    ends = dict(cluster.ends)
    for fact in facts[cut:]:
        cluster.append(fact)
    inputs = [where for where in sorted(cluster.records) if where.topic != CASES]
    batch = [record for where in inputs for record in cluster.records[where] if record.offset >= ends.get(where, 0)]
    assert stage.process(batch).outputs == stage.process(batch).outputs


def _timeless(versions: list[CaseVersion]) -> list[CaseVersion]:
    return [replace(each, at=datetime(2026, 1, 1, tzinfo=UTC)) for each in versions]


@settings(max_examples=60)
@given(facts=FACTS, more=FACTS)
def test_lost_positions_lose_and_repeat_nothing(facts: list[Output], more: list[Output]) -> None:
    """A worker goes on from the positions in the last event: it gets to the same cases, and no version is repeated."""
    cluster = run(facts)
    cluster.positions.clear()
    for fact in more:
        cluster.append(fact)
    drain(worker(cluster))
    assert expected([*facts, *more]) == folded(written(cluster))


@settings(max_examples=100)
@given(facts=FACTS)
def test_changes_say_what_is_different(facts: list[Output]) -> None:
    """Members and canonical incidents of a version are those of the one before and its changes; so are small links."""
    last: dict[str, CaseVersion] = {}
    for each in written(run(facts)):
        known = last.get(each.case_id)
        old = {one.incident_id: one for one in known.members} if known else {}
        new = {one.incident_id: one for one in each.members}
        said: dict[str, set[str]] = {}
        for change in each.changes:
            assert change.subject not in said.setdefault(change.what, set())
            said[change.what].add(change.subject)
        assert said
        assert said.get("MEMBER_ADDED", set()) == new.keys() - old.keys()
        assert said.get("MEMBER_LEFT", set()) == old.keys() - new.keys()
        both = new.keys() & old.keys()
        assert said.get("CANONICAL_CHANGED", set()) == {i for i in both if new[i].canonical_id != old[i].canonical_id}
        assert said.get("MEMBER_REVISED", set()) == {i for i in both if new[i].revision != old[i].revision}
        assert ("OPENED" in said) == (not old)
        assert ("CLOSED" in said) == (not new)
        assert list(each.members) == sorted(each.members, key=lambda one: (one.admitted_at, one.incident_id))
        assert {end for found in each.links for end in (found.left, found.right)} == new.keys()
        before, after = _pairs(known), _pairs(each)
        assert said.get("LINK_ADDED", set()) <= after.keys()
        assert not said.get("LINK_GONE", set()) & after.keys()
        shared = before.keys() & after.keys()
        assert said.get("LINK_CHANGED", set()) >= {pair for pair in shared if before[pair] != after[pair]}
        last[each.case_id] = each


def _pairs(version: CaseVersion | None) -> dict[str, Any]:
    return {} if version is None else {f"{one.left}|{one.right}": one for one in version.links}
