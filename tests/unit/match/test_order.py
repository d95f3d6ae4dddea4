"""What is linked is a function of the set of events: no order, no batches, no restart changes it."""

from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.policies import classified
from stream_processors.match.features import features
from stream_processors.match.keys import keys
from stream_processors.match.matcher import Matcher
from tests.unit.match.worlds import NARROW, Pair, Said, decoded, history, incident_id, run, value

SEEDS = st.integers(0, 2**32)
_WIDE = NARROW.model_copy(update={"key_limit": 1_000, "kind_limits": {}})


def _judged(random: Random, incidents: int) -> list[Pair]:
    pairs = [tuple(sorted((incident_id(one), incident_id(two)))) for one, two in combinations(range(incidents), 2)]
    return [(pair[0], pair[1]) for pair in random.sample(pairs, 2)]


def _batches(random: Random, values: list[bytes], judged: list[Pair]) -> list[tuple[list[bytes], list[Pair]]]:
    """Values and judgements in any order, but the revisions of an incident in theirs; some come again; cut anywhere."""
    events: list[Any] = [*values, *judged]
    random.shuffle(events)
    order = {value: n for n, value in enumerate(values)}
    ids = dict(zip(values, _ids(values), strict=True))
    for id_ in set(ids.values()):
        places = [n for n, event in enumerate(events) if ids.get(event) == id_]
        for place, event in zip(places, sorted((events[n] for n in places), key=order.__getitem__), strict=True):
            events[place] = event
    for event in random.sample(values, len(values) // 4):
        events.insert(random.randint(events.index(event), len(events)), event)
    cuts = sorted(random.sample(range(len(events) + 1), random.randint(0, 5)))
    parts = [events[start:end] for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True)]
    return [([e for e in p if isinstance(e, bytes)], [e for e in p if not isinstance(e, bytes)]) for p in parts]


def _ids(values: list[bytes]) -> list[str]:
    columns = decoded(values)
    assert columns is not None
    return columns["incident_id"].to_list()


@given(SEEDS)
@settings(max_examples=20)
def test_any_order_and_any_batches_end_in_the_same_links(seed: int) -> None:
    """Closed keys and judgements included."""
    random = Random(seed)  # noqa: S311  # test data, not a secret
    values = history(random, 12)
    judged = _judged(random, 12)
    _, expected = run([(values, judged)])

    _, said = run(_batches(random, values, judged))

    assert expected.counting(judged) == said.counting(judged)
    assert expected.closed == said.closed


@given(SEEDS)
@settings(max_examples=6)
def test_links_are_those_of_each_pair_alone_under_an_open_key(seed: int) -> None:
    """A link's content, its support with it, depends on its two incidents and the model alone; keys count by scope."""
    random = Random(seed)  # noqa: S311  # test data, not a secret
    values = history(random, 8)
    _, said = run(_batches(random, values, []))

    columns = decoded(values)
    assert columns is not None
    current = columns.sort("incident_id", "revision").unique("incident_id", keep="last", maintain_order=True)
    current = classified(current.filter(current["event_type"] != "WITHDRAWN"))
    found = keys(features(current))
    carried: dict[int, set[int]] = {}
    for row, key in zip(found.row.tolist(), found.key.tolist(), strict=True):
        carried.setdefault(row, set()).add(key)
    limit = dict(zip(found.key.tolist(), NARROW.key_limits()[found.kind].tolist(), strict=True))
    classes = current["policy_class"].to_list()
    crowd: dict[tuple[int, int], int] = {}
    for row, held in carried.items():
        for key in held:
            crowd[classes[row], key] = crowd.get((classes[row], key), 0) + 1
    expected = {}
    for one, two in combinations(range(current.height), 2):
        scopes = {0, classes[one], classes[two]}
        for link in Matcher(_WIDE).take(current[[one, two]]).links:
            support = {key % 2**64 for key in link["keys"]}
            assert support <= carried[one] & carried[two]
            if any(all(crowd.get((scope, key), 0) <= limit[key] for scope in scopes) for key in support):
                expected[link["left"], link["right"]] = link
    assert _comparable(expected) == _comparable(said.counting())


def _comparable(links: dict[Pair, dict[str, Any]]) -> dict[Pair, dict[str, Any]]:
    """Without the first admission, which may be that of an earlier revision, and the version of the wider model."""
    left_out = ("model", "left_admitted_at", "right_admitted_at")
    return {pair: {name: each for name, each in link.items() if name not in left_out} for pair, link in links.items()}


@given(SEEDS)
@settings(max_examples=10)
def test_a_matcher_that_is_restored_goes_on_as_if_nothing_had_been(seed: int) -> None:
    """The state is a fold of the inputs up to the stored positions."""
    random = Random(seed)  # noqa: S311  # test data, not a secret
    values, judged = history(random, 12), _judged(random, 12)
    batches = _batches(random, values, judged)
    _, expected = run(batches)
    cut = random.randrange(len(batches) + 1)

    _, said = run(batches[:cut])
    restored = Matcher(NARROW)
    before = [pair for _, pairs in batches[:cut] for pair in pairs], [v for some, _ in batches[:cut] for v in some]
    restored.apply(restored.take(None, before[0], silent=True))
    restored.apply(restored.take(decoded(before[1]), silent=True))
    for some, pairs in batches[cut:]:
        taken = restored.take(decoded(some), pairs)
        said.take(taken)
        restored.apply(taken)

    assert expected.counting(judged) == said.counting(judged)
    assert expected.closed == said.closed


@given(SEEDS)
@settings(max_examples=10)
def test_what_was_taken_and_not_applied_leaves_no_trace(seed: int) -> None:
    """A batch whose transaction was aborted comes again, cut otherwise."""
    random = Random(seed)  # noqa: S311  # test data, not a secret
    values = history(random, 10)
    _, expected = run([(values, [])])
    matcher, said = Matcher(NARROW), Said()
    for some, _ in _batches(random, values, []):
        matcher.take(decoded(random.sample(values, 5)))
        taken = matcher.take(decoded(some))
        said.take(taken)
        matcher.apply(taken)

    assert expected.counting() == said.counting()
    assert expected.closed == said.closed


@given(SEEDS)
@settings(max_examples=10)
def test_what_a_viewer_may_not_see_changes_nothing_that_it_sees(seed: int) -> None:
    """Links and closed keys of the classes that a viewer sees are those of a world without the others."""
    random = Random(seed)  # noqa: S311  # test data, not a secret
    values = history(random, 12, steady=True)
    columns = decoded(values)
    assert columns is not None
    classes = dict(zip(values, classified(columns)["policy_class"].to_list(), strict=True))
    _, among = run(_batches(random, values, []))
    for seen in [{0}, *({0, one} for one in sorted(set(classes.values()) - {0}))]:
        _, alone = run([([each for each in values if classes[each] in seen], [])])

        shown = among.counting().items()
        assert alone.counting() == {
            pair: link for pair, link in shown if {link["left_class"], link["right_class"]} <= seen
        }
        assert alone.closed == {scoped for scoped in among.closed if scoped[0] in seen}


def test_report_and_withdrawal_leave_links_and_keys_as_if_it_had_never_been() -> None:
    """A crowd that closes a key goes away again, and the links that it supported are back."""
    crowd = [value(number) for number in range(8)]
    _, expected = run([(crowd[:3], [])])
    assert len(expected.counting()) == 3

    _, said = run([(crowd, [])])
    assert said.counting() == {}
    gone = [value(number, 2, "WITHDRAWN") for number in range(3, 8)]
    _, said = run([(crowd, []), (gone[:2], []), (gone[2:], [])])

    assert expected.counting() == said.counting()
    assert said.closed == expected.closed


@pytest.mark.parametrize("asks", ["HOLD", "NONE"])
def test_an_incident_that_asks_for_action_and_meets_another_agencys_comes_first(asks: str) -> None:
    """Among the links of one batch, whatever their ids."""
    reports = [value(2 * number + twin, **_rare(f"{number}.789")) for number in range(1, 6) for twin in (0, 1)]
    reports[5] = value(7, **_rare("3.789"), action_requested=asks)
    links = Matcher(_WIDE).take(decoded(reports)).links

    urgent = [link["urgent"] for link in links]
    assert sorted(urgent, reverse=True) == urgent
    assert (asks == "HOLD") == urgent[0]
    assert not urgent[-1]


def _rare(amount: str) -> dict[str, Any]:
    return {"items": [{"substance_text": "carfentanil", "amount_text": amount, "unit_text": "g"}]}
