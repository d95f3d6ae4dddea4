"""Keys that close: counts, changes of a batch, and what is said of them."""

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processors.match.closing import Changes, Closed, ClosedKeys, by_scope
from stream_processors.match.keys import KINDS

_KIND = KINDS.index("substance_country_days")
_KEY = 1 << 63 | 5
_LIMITS = np.where(np.arange(len(KINDS)) == _KIND, 50, 2)


def _closed(incidents: int) -> Closed:
    return Closed(_KIND, "fentanyl · NZL", incidents)


def test_changes_are_seen_at_once_and_the_closed_keys_change_when_they_are_applied() -> None:
    """A batch that is thrown away leaves nothing behind."""
    closed = ClosedKeys()
    changes = Changes(closed)
    changes.close((0, _KEY), _closed(51))

    assert changes.get((0, _KEY)) == _closed(51)
    assert (0, _KEY) not in closed
    closed.apply(changes.made)
    assert closed.get((0, _KEY)) == _closed(51)
    assert closed.get((9, _KEY)) is None


def test_a_closed_key_is_counted_on_and_opens_at_the_limit() -> None:
    """Withdrawals open it; what was closed before and is open now is named."""
    closed = ClosedKeys()
    closed.apply({(0, _KEY): _closed(52)})
    changes = Changes(closed)

    assert changes.count((0, _KEY), -1) == 51
    assert changes.open(_LIMITS) == []
    assert changes.count((0, _KEY), -1) == 50
    assert changes.open(_LIMITS) == [(0, _KEY)]
    assert changes.get((0, _KEY)) is None
    closed.apply(changes.made)
    assert len(closed) == 0


def test_a_key_that_closes_and_opens_within_a_batch_is_not_told_of() -> None:
    """It is as if nothing had been."""
    changes = Changes(ClosedKeys())
    changes.close((0, _KEY), _closed(51))
    changes.count((0, _KEY), -1)

    assert changes.open(_LIMITS) == []
    assert list(changes.events()) == []


def test_counting_an_open_key_changes_nothing() -> None:
    """Open keys are counted by the index."""
    changes = Changes(ClosedKeys())

    assert changes.count((0, _KEY), 3) == 0
    assert changes.made == {}


def test_events_tell_the_key_as_a_signed_number_with_its_scope_and_count() -> None:
    """As the schema has it: Avro knows no unsigned numbers. An open key tells no count."""
    closed = ClosedKeys()
    closed.apply({(3, 9): _closed(51)})
    changes = Changes(closed)
    changes.close((0, _KEY), _closed(60))
    changes.count((3, 9), -1)
    changes.open(_LIMITS)

    told = {"kind": "substance_country_days", "text": "fentanyl · NZL"}
    assert sorted(changes.events(), key=lambda event: event["scope"]) == [
        {"key": _KEY - (1 << 64), "scope": 0, "closed": True, "incidents": 60} | told,
        {"key": 9, "scope": 3, "closed": False, "incidents": 0} | told,
    ]


@given(st.integers(0, 2**32))
@settings(max_examples=30)
def test_which_keys_are_open_is_as_the_closed_keys_will_say(seed: int) -> None:
    """Of each scope by itself, before and after the changes are applied."""
    random = Random(seed)  # noqa: S311  # test data, not a secret
    closed, keys = ClosedKeys(), np.arange(6, dtype=np.uint64)
    for _ in range(4):
        changes = Changes(closed)
        for _ in range(random.randint(0, 6)):
            scoped = random.randrange(2), random.randrange(6)
            if changes.get(scoped) is None:
                changes.close(scoped, _closed(random.choice((50, 51))))
            else:
                changes.count(scoped, random.choice((-1, 1)))
        changes.open(_LIMITS)
        told = {scope: changes.are_open(scope, keys).tolist() for scope in range(2)}
        closed.apply(changes.made)
        for scope, open_ in told.items():
            assert open_ == [(scope, key) not in closed for key in range(6)]
            assert closed.of(scope) == {key for key in range(6) if (scope, key) in closed}


def test_scopes_come_each_once_with_where_they_are() -> None:
    """Ascending; none where there is nothing."""
    found = [(scope, where.tolist()) for scope, where in by_scope(np.array([7, 0, 7, 3]))]
    assert found == [(0, [1]), (3, [3]), (7, [0, 2])]
    assert list(by_scope(np.empty(0, np.int64))) == []
