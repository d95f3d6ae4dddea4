"""Which pairs are compared."""

from itertools import combinations
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processors.match.closing import COMMUNITY, Scoped
from stream_processors.match.index import KeyIndex
from stream_processors.match.pairing import KeyArray, distinct, pairs_of_key, pairs_of_new
from tests.unit.match.worlds import stored

_RESTRICTED = {"agency_id": "police", "tlp": "AMBER", "audience": ["country:NLD"]}
SEEDS = st.integers(0, 2**32)


def _open(closed: set[Scoped], scope: int, keys: KeyArray) -> npt.NDArray[np.bool_]:
    return np.array([(scope, key) not in closed for key in keys.tolist()], np.bool_)


@pytest.fixture(scope="module")
def classes() -> dict[str, int]:
    """Policy classes of a community incident and of two restricted ones."""
    other = {"tlp": "AMBER", "audience": ["country:PER"]}
    store = stored([{}, _RESTRICTED, other])
    return dict(zip(("community", "one", "other"), store.rows["policy_class"][:3].tolist(), strict=True))


@given(SEEDS)
@settings(max_examples=30)
def test_pairs_are_those_that_share_a_key_open_for_both_and_for_the_community(seed: int) -> None:
    """Of the rows of a batch with each other and with those before; living ones; each once."""
    random = Random(seed)  # noqa: S311  # test data, not a secret
    before, size = 6, 10
    store = stored([random.choice(({}, _RESTRICTED)) for _ in range(size)])
    of_row = store.rows["policy_class"].tolist()
    carried = [sorted(random.sample(range(5), random.randint(0, 3))) for _ in range(size)]
    alive = np.array([random.random() < 0.8 for _ in range(size)])
    closed = {(scope, key) for scope in set(of_row[:size]) | {COMMUNITY} for key in range(5) if random.random() < 0.2}

    entries = [(key, row) for row in range(size) for key in carried[row]]
    index, batch = KeyIndex(), KeyIndex()
    for into, wanted in ((index, range(before)), (batch, range(before, size))):
        chosen = [each for each in entries if each[1] in wanted]
        keys, rows = [key for key, _ in chosen], [row for _, row in chosen]
        into.add(np.array(keys, np.uint64), np.array(rows, np.uint32), np.ones(size, np.bool_))
    new = [each for each in entries if each[1] >= before and alive[each[1]]]
    asked = np.array([row for _, row in new], np.int64), np.array([key for key, _ in new], np.uint64)
    parts = list(pairs_of_new(store, (index, batch), asked, alive, lambda scope, keys: _open(closed, scope, keys)))

    def is_open(key: int, one: int, two: int) -> bool:
        return not closed & {(COMMUNITY, key), (of_row[one], key), (of_row[two], key)}

    expected = [
        (one, two)
        for one, two in combinations(range(size), 2)
        if two >= before and alive[one] and alive[two]
        if any(is_open(key, one, two) for key in set(carried[one]) & set(carried[two]))
    ]
    assert [pair for left, right in parts for pair in zip(left.tolist(), right.tolist(), strict=True)] == expected


def test_pairs_of_a_key_that_opens_are_all_of_its_members_for_whom_it_is_open(classes: dict[str, int]) -> None:
    """A class in which it is still closed has none."""
    store = stored([{}, _RESTRICTED, {}, _RESTRICTED])

    closed = {(classes["one"], 7)}
    left, right = pairs_of_key(store, np.arange(4), 7, lambda scope, keys: _open(closed, scope, keys))
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 2)]
    left, right = pairs_of_key(store, np.arange(4), 7, lambda scope, keys: _open(set(), scope, keys))
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == list(combinations(range(4), 2))


def test_distinct_pairs_come_once_the_smaller_row_first() -> None:
    """Whichever side it was on."""
    left, right = distinct(np.array([3, 1, 2, 3]), np.array([1, 3, 9, 1]))
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(1, 3), (2, 9)]
