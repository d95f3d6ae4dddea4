"""Which pairs are learned from: the same for a seed, of the kind asked for, and never more than memory shall hold."""

from itertools import combinations
from random import Random

import numpy as np
import pytest

from stream_processors.match.features import features
from stream_processors.match.keys import KINDS, keys
from stream_processors.match.pairing import Rows
from stream_processors.match.store import Store
from stream_processors.match.training.by_chance import shares
from stream_processors.match.training.estimating import ESTIMATED
from stream_processors.match.training.sampling import (
    at_random,
    compared,
    in_one_country,
    in_one_place,
    of_one_agency,
    part_of,
)
from tests.unit.match.worlds import decoded, history


def _store() -> tuple[Store, Rows]:
    columns = decoded(history(Random(4), 40))  # noqa: S311  # test data, not a secret
    assert columns is not None
    found, store = features(columns.unique("incident_id", keep="last", maintain_order=True)), Store()
    store.stage(found, keys(found), found.rows["admitted_ms"].to_numpy())
    store.take_in()
    return store, np.arange(store.rows.size)


def test_pairs_of_a_country_an_agency_a_place_are_of_one() -> None:
    """And never of an incident with itself."""
    store, rows = _store()
    columns = store.rows
    for drawn, names in (
        (in_one_country(store, rows, 1), ("country",)),
        (of_one_agency(store, rows, 1), ("agency_id",)),
        (in_one_place(store, rows, 1), ("country", "place_id", "place")),
    ):
        left, right = drawn
        assert len(left) > 1_000
        assert (left != right).all()
        for name in names:
            assert (columns[name][left] == columns[name][right]).all()
    left, right = at_random(rows, 1)
    assert (columns["country"][left] != columns["country"][right]).any()


def test_every_pair_of_a_group_is_as_likely() -> None:
    """The pairs of one agency, each side at random."""
    store, rows = _store()
    agency = store.rows["agency_id"][rows]
    left, right = of_one_agency(store, rows, 1)
    here = agency[left] == agency[0]

    many = np.bincount(right[here], minlength=len(rows))[agency == agency[0]]

    assert many.min() > 0.5 * many.mean()


def test_candidates_are_the_pairs_that_share_a_key_which_few_carry() -> None:
    """Against a look at every pair; how few depends on the kind of the key."""
    store, rows = _store()
    limits = np.where(np.arange(len(KINDS)) % 2, 6, 4)
    used = slice(store.keys.size)
    limit = dict(zip(store.keys["key"][used].tolist(), limits[store.keys["key_kind"][used]].tolist(), strict=True))
    carried = [
        set(store.keys["key"][first : first + count].tolist())
        for first, count in zip(store.rows["keys"][rows].tolist(), store.rows["key_count"][rows].tolist(), strict=True)
    ]
    crowd: dict[int, int] = {}
    for held in carried:
        for key in held:
            crowd[key] = crowd.get(key, 0) + 1
    expected = {
        (one, two)
        for one, two in combinations(range(len(rows)), 2)
        if any(crowd[key] <= limit[key] for key in carried[one] & carried[two])
    }

    left, right, stands_for = part_of(compared(store, rows, limits), rows, 10_000, 0)

    assert set(zip(left.tolist(), right.tolist(), strict=True)) == expected
    assert len(left) == len(expected)
    assert stands_for == 1


@pytest.mark.parametrize("part", [7, 100, 5_000])
def test_a_part_of_the_pairs_depends_on_the_set_of_them(part: int) -> None:
    """However they come, twice too; at most so many; each stands for the same number."""
    random = Random(part)  # noqa: S311  # test data, not a secret
    pairs = list(combinations(range(100), 2))
    places = np.arange(100)
    expected = part_of([(np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]))], places, 1_000, 3)
    again = [*pairs, *((two, one) for one, two in random.sample(pairs, 500))]
    random.shuffle(again)
    parts = [again[start : start + part] for start in range(0, len(again), part)]

    found = part_of([(np.array([p[0] for p in q]), np.array([p[1] for p in q])) for q in parts], places, 1_000, 3)

    assert all(np.array_equal(one, two) for one, two in zip(expected, found, strict=True))
    assert len(found[0]) <= 1_000
    assert len(found[0]) * found[2] == pytest.approx(len(pairs), rel=0.2)
    other = part_of([(np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]))], places, 1_000, 4)
    assert not np.array_equal(other[0], expected[0])


def test_shares_are_of_the_pairs_that_state_a_field() -> None:
    """A level never seen counts half a pair; what is unstated counts nothing."""
    levels = np.zeros((30, len(ESTIMATED)), np.int8)
    column = ESTIMATED.index("country")
    levels[:10, column] = 1

    found = shares(levels)

    assert found["country"] == pytest.approx([1.0, 10.5 / 11, 0.5 / 11])
    assert found["mode"] == pytest.approx([1.0, 0.5, 0.5])
