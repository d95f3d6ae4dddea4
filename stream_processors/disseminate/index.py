"""Which subscriptions an event meets: an inverted index, of sets that are bits of one large integer each.

Bit *i* stands for subscription *i*. Of each field there is the set of those that ask nothing of it, and of each value
the set of those that ask for it; what an event meets is the intersection, over the fields, of the union of these.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from schemas.directory import Subscription
from stream_processors.disseminate.events import SEVERITIES, Event

_FIELDS = ("substances", "classes", "countries", "routes", "agencies")


class SubscriptionIndex:
    """Subscriptions that hold, found by what they ask for."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._all = list(subscriptions)
        fields = tuple((name, [getattr(each, name) for each in self._all]) for name in (*_FIELDS, "kinds"))
        self._asking = {name: _sets(asked) for name, asked in fields}
        self._anything = {name: _bits(n for n, one in enumerate(asked) if not one) for name, asked in fields}
        self._events = _sets([each.events for each in self._all])
        self._of_people = _sets([frozenset({each.focal_point_id}) for each in self._all])
        ranks = [SEVERITIES.index(each.minimum_severity) for each in self._all]
        self._from_severity = [_bits(n for n, least in enumerate(ranks) if least <= rank) for rank in range(4)]

    def __len__(self) -> int:
        return len(self._all)

    def met(self, event: Event) -> Iterator[Subscription]:
        """The subscriptions that ask for an event, and began before it, in the order in which they were given."""
        found = self._events.get(event.kind, 0) & self._from_severity[SEVERITIES.index(event.severity)]
        if event.to is not None:
            found &= _union(self._of_people, event.to)
        for name in _FIELDS:
            if not found:
                return
            found &= self._anything[name] | _union(self._asking[name], getattr(event, name))
        found &= self._anything["kinds"] | self._asking["kinds"].get(event.code, 0)
        while found:
            lowest = found & -found
            subscription = self._all[lowest.bit_length() - 1]
            if subscription.since_ms <= event.at_ms:
                yield subscription
            found ^= lowest


def _union(sets: dict[str, int], values: Iterable[str]) -> int:
    found = 0
    for value in values:
        found |= sets.get(value, 0)
    return found


def _sets(asked: list[frozenset[str]]) -> dict[str, int]:
    """The set of each value."""
    numbers = defaultdict[str, list[int]](list)
    for number, values in enumerate(asked):
        for value in values:
            numbers[value].append(number)
    return {value: _bits(found) for value, found in numbers.items()}


def _bits(numbers: Iterable[int]) -> int:
    """An integer with these bits, made in one piece."""
    listed = list(numbers)
    octets = bytearray(max(listed, default=0) // 8 + 1)
    for number in listed:
        octets[number // 8] |= 1 << number % 8
    return int.from_bytes(octets, "little")
