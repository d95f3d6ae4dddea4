"""Keys that close: counts, changes of a batch, and what is said of them."""

from stream_processors.match.closing import Changes, Closed, ClosedKeys
from stream_processors.match.keys import KINDS

_KIND = KINDS.index("substance_country_days")
_KEY = 1 << 63 | 5


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
    assert changes.open(50) == []
    assert changes.count((0, _KEY), -1) == 50
    assert changes.open(50) == [(0, _KEY)]
    assert changes.get((0, _KEY)) is None
    closed.apply(changes.made)
    assert len(closed) == 0


def test_a_key_that_closes_and_opens_within_a_batch_is_not_told_of() -> None:
    """It is as if nothing had been."""
    changes = Changes(ClosedKeys())
    changes.close((0, _KEY), _closed(51))
    changes.count((0, _KEY), -1)

    assert changes.open(50) == []
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
    changes.open(50)

    told = {"kind": "substance_country_days", "text": "fentanyl · NZL"}
    assert sorted(changes.events(), key=lambda event: event["scope"]) == [
        {"key": _KEY - (1 << 64), "scope": 0, "closed": True, "incidents": 60} | told,
        {"key": 9, "scope": 3, "closed": False, "incidents": 0} | told,
    ]
