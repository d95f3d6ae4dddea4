"""The index of keys: what it finds is what a dictionary of lists would."""

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processors.match.index import KeyIndex, spread

_KEYS = 12
SEEDS = st.integers(0, 2**32)


@given(SEEDS)
@settings(max_examples=50)
def test_living_rows_of_a_key_are_found_after_any_batches_and_merges(seed: int) -> None:
    """Each entry once; rows that died in between may or may not be among the others."""
    random = Random(seed)  # noqa: S311  # test data, not a secret
    index, oracle, alive = KeyIndex(), Counter[tuple[int, int]](), np.zeros(0, np.bool_)
    for _ in range(random.randint(1, 12)):
        first, rows = len(alive), random.choice((0, 1, 1, 2, 5, 40))
        entries = [(random.randrange(_KEYS) << 60, first + row) for row in range(rows) for _ in range(3)]
        random.shuffle(entries)
        oracle.update(entries)
        alive = np.append(alive, np.ones(rows, np.bool_))
        alive[random.sample(range(len(alive)), len(alive) // 5)] = False
        keys, numbers = [key for key, _ in entries], [row for _, row in entries]
        index.add(np.array(keys, np.uint64), np.array(numbers, np.uint32), alive)

    asked = np.array([random.randrange(_KEYS) << 60 for _ in range(6)], np.uint64)
    where, found = index.find(asked)
    got = Counter(zip(where.tolist(), found.tolist(), strict=True))
    expected = Counter(
        {(n, row): count for n, key in enumerate(asked.tolist()) for (k, row), count in oracle.items() if k == key}
    )
    assert {each: n for each, n in got.items() if alive[each[1]]} == {
        each: n for each, n in expected.items() if alive[each[1]]
    }
    assert got <= expected


def test_entries_of_dead_rows_go_when_their_run_is_merged() -> None:
    """Else an incident that is amended again and again would fill the index."""
    index, alive = KeyIndex(), np.zeros(1_000, np.bool_)
    for row in range(1_000):
        alive[:] = False
        alive[row] = True
        index.add(np.array([7], np.uint64), np.array([row], np.uint32), alive)

    assert index.entries < 20
    assert 999 in index.find(np.array([7], np.uint64))[1].tolist()


def test_runs_are_few_however_many_batches_came() -> None:
    """About one for each doubling, so that looking up stays cheap."""
    index, alive = KeyIndex(), np.ones(4_096, np.bool_)
    for row in range(4_096):
        index.add(np.array([row], np.uint64), np.array([row], np.uint32), alive)

    assert index.entries == 4_096
    assert index.runs <= 13


def test_an_empty_index_finds_nothing() -> None:
    """Neither does adding nothing fail."""
    index = KeyIndex()
    index.add(np.empty(0, np.uint64), np.empty(0, np.uint32), np.empty(0, np.bool_))

    where, found = index.find(np.array([1, 2], np.uint64))
    assert (where.tolist(), found.tolist()) == ([], [])


@pytest.mark.parametrize(
    ("first", "counts", "expected"),
    [([5, 9, 2], [2, 0, 3], [5, 6, 2, 3, 4]), ([], [], []), ([3], [1], [3])],
)
def test_spread_lists_the_numbers_of_each_range(first: list[int], counts: list[int], expected: list[int]) -> None:
    """One range after the other."""
    found = spread(np.array(first, np.int64), np.array(counts, np.int64), sum(counts))
    assert found.tolist() == expected
