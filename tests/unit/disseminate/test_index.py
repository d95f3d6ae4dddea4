"""The index finds what a look at each subscription finds."""

from random import Random

from schemas.directory import Subscription
from stream_processors.disseminate.events import SEVERITIES, Event
from stream_processors.disseminate.index import SubscriptionIndex

_CODES = [f"code-{n}" for n in range(6)]


def _some(chance: Random, most: int = 2) -> frozenset[str]:
    return frozenset(chance.sample(_CODES, chance.choice([0, 0, *range(1, most + 1)])))


def _subscription(chance: Random, number: int) -> Subscription:
    return Subscription(
        subscription_id=f"sub-{number}",
        focal_point_id=f"person-{number % 7}",
        agency_id="agency",
        events=frozenset(chance.sample(["incident", "alert", "request"], chance.randint(1, 3))),
        substances=_some(chance),
        classes=_some(chance),
        countries=_some(chance),
        routes=_some(chance),
        agencies=_some(chance),
        kinds=_some(chance),
        minimum_severity=chance.choice(SEVERITIES),
        channel="console",
        address=None,
        content=False,
        acknowledge_minutes=None,
        escalate_to=(),
        limit_a_minute=20,
        since_ms=chance.choice([0, 0, 0, 100]),
    )


def _event(chance: Random) -> Event:
    return Event(
        kind=chance.choice(["incident", "alert", "request"]),
        event_id="id",
        revision=1,
        digest="1",
        at_ms=50,
        severity=chance.choice(SEVERITIES),
        code=chance.choice(_CODES),
        withdrawn=False,
        substances=_some(chance, 4),
        classes=_some(chance, 4),
        countries=_some(chance, 4),
        routes=_some(chance, 4),
        agencies=_some(chance, 4),
        to=chance.choice([None, None, frozenset({"person-1", "person-3"})]),
    )


def _meets(event: Event, asked: Subscription) -> bool:
    pairs = [
        (asked.substances, event.substances),
        (asked.classes, event.classes),
        (asked.countries, event.countries),
        (asked.routes, event.routes),
        (asked.agencies, event.agencies),
        (asked.kinds, frozenset({event.code})),
    ]
    return (
        event.kind in asked.events
        and SEVERITIES.index(event.severity) >= SEVERITIES.index(asked.minimum_severity)
        and asked.since_ms <= event.at_ms
        and (event.to is None or asked.focal_point_id in event.to)
        and all(not wanted or wanted & found for wanted, found in pairs)
    )


def test_it_finds_what_a_look_at_each_finds() -> None:
    """In their order; of what asks for nothing in particular, too."""
    chance, found = Random(7), 0  # noqa: S311  # test data, not a secret
    for size in (0, 1, 7, 300):
        subscriptions = [_subscription(chance, number) for number in range(size)]
        index = SubscriptionIndex(subscriptions)
        for _ in range(200):
            event = _event(chance)
            expected = [each for each in subscriptions if _meets(event, each)]
            assert list(index.met(event)) == expected
            found += len(expected)
    assert found > 1_000
