"""The directory as it stands now: who may act, who subscribed to what, and where webhooks may go."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from schemas.directory import FocalPoint, Members, MembersSource, Subscription, Subscriptions, is_live
from schemas.directory.subscribing import SubscriptionSet
from schemas.directory.subscriptions import subscription_of
from schemas.topics import DIRECTORY, DIRECTORY_CLOSED
from stream_processors.disseminate.events import REQUEST
from stream_processors.disseminate.index import SubscriptionIndex
from stream_processors.disseminate.ports import CONSOLE, Delivery
from stream_processors.runtime import OneTopic

_OWN = ".asked"
"""Ends the name of what nobody subscribed to; no subscription can be named so."""


@dataclass(frozen=True)
class Standing:
    """One state of it.

    Attributes:
        subscriptions: by id, those that hold.
        index: of the same.
    """

    members: Members
    subscriptions: Mapping[str, Subscription]
    index: SubscriptionIndex

    @property
    def read_up_to(self) -> tuple[int, int]:
        """The next offsets of `ionics.directory` and `ionics.directory-closed`."""
        return self.members.directory.next_offset, self.members.next_offset

    def acts(self, focal_point_id: str, agency_id: str) -> bool:
        """Whether a focal point may act, for this agency."""
        person = self.members.focal_points.get(focal_point_id)
        agency = self.members.directory.agencies.get(agency_id)
        return (
            person is not None
            and not person.suspended
            and person.agency_id == agency_id
            and agency is not None
            and not agency.suspended
        )

    def is_wanted(self, delivery: Delivery) -> bool:
        """Whether a delivery is still anybody's: by whose subscription it came, by whose it goes, and to whom."""
        source = self.subscriptions.get(delivery.subscription_id)
        way = self.subscriptions.get(delivery.via)
        return (
            source is not None
            and source.agency_id == delivery.agency_id
            and (delivery.escalation or source.focal_point_id == delivery.recipient)
            and (not delivery.escalation or delivery.recipient in source.escalate_to)
            and (delivery.via == CONSOLE or (way is not None and way.focal_point_id == delivery.recipient))
            and self.acts(delivery.recipient, delivery.agency_id)
        )

    def ways_to(self, focal_point_id: str) -> list[str]:
        """The inbox of a focal point, and one subscription for each other channel that it uses."""
        own = (each for each in self.subscriptions.values() if each.focal_point_id == focal_point_id)
        others = {(each.channel, each.address): each.subscription_id for each in own if each.channel != CONSOLE}
        return [CONSOLE, *sorted(others.values())]


class FollowedDirectory:
    """Reads the directory on whenever it is asked for and something new is there. Safe for several threads.

    Args:
        deployment: whose directory it is.
        directory: `ionics.directory`.
        closed: `ionics.directory-closed`.
        clock: seconds.
    """

    def __init__(
        self, deployment: str, directory: OneTopic, closed: OneTopic, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source, self._subscriptions = MembersSource(deployment), Subscriptions()
        self._topics = {DIRECTORY.name: directory, DIRECTORY_CLOSED.name: closed}
        self._lock, self._clock = threading.Lock(), clock
        self._standing: Standing | None = None
        self._asked_at = float("-inf")

    def standing(self, at_most_s: float = 0.0) -> Standing:
        """The directory up to its end, or as it was at most so many seconds ago.

        Raises:
            LogError: it cannot be read.
        """
        since = self._clock() - at_most_s
        with self._lock:
            if self._standing is not None and self._asked_at >= since:
                return self._standing  # also where somebody else asked while this one waited
            asked_at = self._clock()
            if self._standing is None or self._is_behind():
                self._source.read_on(lambda topic, start: self._topics[topic].read(start))
                self._standing = _standing(self._source.members, self._subscriptions)
            self._asked_at = asked_at
            return self._standing

    def _is_behind(self) -> bool:
        members = self._source.members
        known = {DIRECTORY.name: members.directory.next_offset, DIRECTORY_CLOSED.name: members.next_offset}
        return any(self._topics[name].end() > following for name, following in known.items())


def _standing(members: Members, subscriptions: Subscriptions) -> Standing:
    held = {each.subscription_id: each for each in subscriptions.of(members).values() if is_live(each, members)}
    served = {each.focal_point_id for each in held.values() if REQUEST in each.events}
    for person in members.focal_points.values():
        own = asked_of(person)
        if person.focal_point_id not in served and is_live(own, members):
            held[own.subscription_id] = own
    return Standing(members, held, SubscriptionIndex(held.values()))


def asked_of(person: FocalPoint) -> Subscription:
    """What a focal point has without having subscribed: what it is asked comes to its inbox."""
    command = SubscriptionSet.model_construct(
        subscription_id=f"{person.focal_point_id}{_OWN}",
        focal_point_id=person.focal_point_id,
        events=[REQUEST],
        channel="console",
    )
    return subscription_of(command, person.agency_id, since_ms=0)
