"""Alerts are a function of the set of facts; events do not depend on where batches are cut or workers start anew."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processors.alert import fences, history
from stream_processors.alert.facts import Revised
from stream_processors.alert.reading import Given
from stream_processors.runtime import MemoryCluster
from tests.unit.alert.expected import contents, folded, standing
from tests.unit.alert.world import AUDIENCES, cut, events, facts, output, said, told, worker
from tests.unit.alert.world import history as drawn_history
from tests.unit.stream_processors.world import drain

SEEDS = st.integers(0, 10_000)


@pytest.fixture(autouse=True, scope="module")
def _short_history() -> Iterator[None]:
    """A small world has a history soon, so that everything comes up in it."""
    with pytest.MonkeyPatch.context() as patch:
        enough = {history.WORLD: 8, history.REGION: 6, history.ELSE: 4}
        patch.setattr(history, "ENOUGH_INCIDENTS", enough)
        patch.setattr(history, "ENOUGH_DAYS", 20)
        patch.setattr(fences, "OBSERVATIONS", 6)
        yield


def _drawn(seed: int) -> Random:
    return Random(seed)  # noqa: S311  # examples, and each is to come again


def _world(random: Random, incidents: int = 60) -> list[Given]:
    return [*facts(drawn_history(random, incidents)), *said(random)]


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_any_order_of_arrival_ends_in_the_same_alerts(seed: int) -> None:
    """Told one by one in any order, some of them twice: what stands is what all facts together make."""
    random = _drawn(seed)
    world = _world(random)
    assert told(cut(random, [*world, *random.sample(world, 5)])) == standing(world)


def test_everything_comes_up() -> None:
    """A world in which a kind of alert never stands would prove nothing of it."""
    kinds = {each.finding.kind for seed in range(8) for each in standing(_world(_drawn(seed), 150)).values()}
    named = {"FIRST_SEEN", "UNKNOWN_NAME", "SURGE", "NEW_ROUTE", "LARGE", "POTENT", "WATCHED", "STOPPABLE", "SPECIAL"}
    assert kinds == named


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_report_then_withdraw_is_as_if_it_had_not_happened(seed: int) -> None:
    """To the bit: every alert that the incidents had a part in says what it would say without them."""
    random = _drawn(seed)
    world = _world(random)
    gone = {each.fact.incident_id for each in world if isinstance(each, Revised) and random.random() < 0.3}
    withdrawn = [
        Revised(each.fact._replace(revision=9), withdrawn=True)
        for each in world
        if isinstance(each, Revised) and each.fact.incident_id in gone
    ]
    without = [each for each in world if not (isinstance(each, Revised) and each.fact.incident_id in gone)]
    assert told([*world, *cut(random, withdrawn)]) == standing(without)


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.sampled_from([None, *AUDIENCES]))
def test_people_are_told_what_follows_from_what_they_see(seed: int, audience: list[str] | None) -> None:
    """Alerts of a world as they see them are those of a world without the incidents that they do not see."""
    random = _drawn(seed)
    world = _world(random)

    def sees(owner: str, named: tuple[str, ...]) -> bool:
        return "COMMUNITY" in named or (audience is not None and (owner, list(named)) == ("agency-1", audience))

    def in_sight(each: Given) -> bool:
        if isinstance(each, Revised):
            return sees(each.fact.owner, each.fact.audience)
        return sees(*_shared(each))

    seen = {id_: each for id_, each in contents(world).items() if all(sees(*_policy(p)) for p in each["policies"])}
    last = {each.fact.incident_id: each for each in _by_revision(world)}
    filtered = [
        each
        for each in world
        if in_sight(each) and (not isinstance(each, Revised) or in_sight(last[each.fact.incident_id]))
    ]
    assert seen == contents(_held(filtered, world))


def _by_revision(world: list[Given]) -> list[Revised]:
    return sorted((each for each in world if isinstance(each, Revised)), key=lambda each: each.fact.revision)


def _held(filtered: list[Given], world: list[Given]) -> list[Given]:
    """Of watches and special alerts only those whose current revision is seen: rights are of today."""
    latest: dict[str, Given] = {}
    for each in world:
        if not isinstance(each, Revised) and each.outranks(latest.get(each.key)):  # type: ignore[arg-type]  # of one key there is one kind
            latest[each.key] = each
    return [each for each in filtered if isinstance(each, Revised) or latest[each.key] in filtered]


def _shared(each: Given) -> tuple[str, tuple[str, ...]]:
    owner = getattr(each, "agency_id", None) or each.author_agency  # type: ignore[union-attr]  # no incident comes here
    return owner, tuple(each.audience)  # type: ignore[union-attr]  # the same


def _policy(policy: dict[str, object]) -> tuple[str, tuple[str, ...]]:
    return str(policy["owner"]), tuple(policy["audience"])  # type: ignore[arg-type]  # a list of names in the schema


@settings(max_examples=6, deadline=None)
@given(SEEDS)
def test_events_depend_neither_on_batches_nor_on_restarts(seed: int) -> None:
    """The same records in the same order: the same bytes, whether one worker takes all at once or each takes a few."""
    random = _drawn(seed)
    records = [output(each) for each in drawn_history(random, 40)] + [output(each) for each in said(random)]
    random.shuffle(records)
    at_once, by_few = MemoryCluster(), MemoryCluster()
    running = worker(at_once, 1)
    for record in records:
        at_once.append(record)
        running.step(0)
    again = worker(by_few, 7)
    for number, record in enumerate(records):
        by_few.append(record)
        if random.random() < 0.2 or number == len(records) - 1:
            drain(again)
        if random.random() < 0.1:
            again = worker(by_few, random.randrange(1, 20))
    assert folded(events(at_once)) == folded(events(by_few))


@settings(max_examples=5, deadline=None)
@given(SEEDS)
def test_a_worker_that_lost_its_positions_says_nothing_twice(seed: int) -> None:
    """It goes on behind its last event; revisions go up by one, and what stands is what the facts make."""
    random = _drawn(seed)
    values = drawn_history(random, 30)
    notes = said(random)
    cluster = MemoryCluster()
    for each in [*values, *notes]:
        cluster.append(output(each))
        if random.random() < 0.2:
            drain(worker(cluster, 5))
        if random.random() < 0.1:
            cluster.positions.clear()
    drain(worker(cluster, 50))
    assert folded(events(cluster)) == contents([*facts(values), *notes])
