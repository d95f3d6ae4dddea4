"""What is history in a generation is told to nobody."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from schemas.directory import Directory, Members, Subscription
from schemas.reading import Record
from schemas.topics import alerts
from stream_processors.disseminate.events import Event, Kind
from stream_processors.disseminate.index import SubscriptionIndex
from stream_processors.disseminate.matching import DAY_MS, Matching
from stream_processors.disseminate.ports import Delivery, Position
from stream_processors.disseminate.standing import Standing

_SINCE = 1_700_000_000_000
_SUBSCRIPTION = Subscription(
    *("sub", "officer", "police"),
    events=frozenset({"alert"}),
    **dict.fromkeys(("substances", "classes", "countries", "routes", "agencies", "kinds"), frozenset[str]()),
    minimum_severity="LOW",
    channel="webhook",
    address="https://hooks.example/",
    content=False,
    acknowledge_minutes=5,
    escalate_to=("chief",),
    limit_a_minute=20,
    since_ms=0,
)


class _Kept:
    """Takes what is added, and decodes nothing."""

    def __init__(self) -> None:
        self.kept: list[tuple[Delivery, Position]] = []

    def add(self, deliveries: Sequence[tuple[Delivery, Position]]) -> None:
        self.kept += deliveries

    def decoded(self, *_: object) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(
    ("at_ms", "told"), [(_SINCE - DAY_MS - 1, 0), (_SINCE - DAY_MS, 1), (_SINCE, 1), (_SINCE + DAY_MS, 1)]
)
def test_what_was_known_a_day_before_readers_went_over_is_history(at_ms: int, told: int) -> None:
    """What came since then is told, with where the views must have come, and by when it is to be acknowledged."""
    directory = Directory("dev-test", next_offset=9, generation=2, generation_since_ms=_SINCE)
    members = Members(directory, next_offset=4)
    standing = Standing(members, {"sub": _SUBSCRIPTION}, SubscriptionIndex([_SUBSCRIPTION]))
    event = Event("alert", "00000000-0000-5000-8000-000000000001", 1, "d", at_ms, "HIGH", "SURGE", withdrawn=False)
    kept = cast("Any", _Kept())
    kind = Kind("alert", "alert", alerts, lambda *_: event)
    matching = Matching(kept, lambda: standing, cast("Any", None), kept)
    assert matching.keep_events(kind, [Record("ionics.alerts.g2", 0, 6, 0, b"", b"", ())]) == told
    assert [position for _, position in kept.kept] == [Position("ionics.alerts.g2", 0, 7, 9, 4)] * told
    assert [delivery.acknowledge_s for delivery, _ in kept.kept] == [300] * told
