"""Subscriptions: a pure fold of the acts about them, on top of the members as they stand.

An act is made by whoever was an administrator when it was appended, or by a key of the agency of its focal point, from
the key's start to its end. A change by a key that was revoked, unless it is older than the moment since which the key
is said to be compromised, is taken for an end: what a thief may have changed is sent nowhere, also not where it was
sent before. An end counts for ever, whoever's key it was.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from schemas.directory.acts import Act
from schemas.directory.command import Command
from schemas.directory.entries import FocalPoint, Subscription
from schemas.directory.members import Members
from schemas.directory.subscribing import SubscriptionEnd, SubscriptionSet

ADMINISTRATOR = ""
"""Stands for an administrator, where else the agency is named that signed."""


@dataclass
class Subscriptions:
    """All subscriptions of a deployment. What was verified once is not verified again.

    Attributes:
        held: by id; those that ended too, for an id is never another agency's.
    """

    held: dict[str, Subscription] = field(default_factory=dict)
    _verified: dict[tuple[str, bytes], bool] = field(default_factory=dict)
    _parsed: dict[str, Command | None] = field(default_factory=dict)

    def of(self, members: Members) -> "Subscriptions":
        """Those of a directory as it stands now."""
        self.held = {}
        taken: set[str] = set()
        for act in members.subscribing:
            digest = act.digest
            signed = None if digest in taken else self._signer(act, digest, members)
            if signed is None:
                continue
            taken.add(digest)
            if digest not in self._parsed:
                self._parsed[digest] = act.parsed()
            made = self._made(self._parsed[digest], act.at_ms, signed[0], members.focal_points)
            if made is not None:
                self.held[made.subscription_id] = made if signed[1] else made.ended_at(act.at_ms)
        return self

    def live(self, members: Members) -> Iterator[Subscription]:
        """Those that have not ended, of focal points that are still of the agency and may act."""
        return (each for each in self.held.values() if is_live(each, members))

    def _signer(self, act: Act, digest: str, members: Members) -> tuple[str, bool] | None:
        """Which agency signed it or ADMINISTRATOR, and whether the key is good; None where nobody did who may."""
        directory = members.directory
        if act.step != "ACT":
            return None
        administrator = directory.administrator_at(act.key_id, act.at_ms)
        if administrator is not None:
            return (ADMINISTRATOR, True) if self._verify(act, digest, administrator) else None
        key = directory.keys.get(act.key_id)
        if (
            key is None
            or act.at_ms < key.start_ms
            or (key.end_ms is not None and act.at_ms >= key.end_ms)
            or not self._verify(act, digest, key.public)
        ):
            return None
        before = key.compromised_since_ms is not None and act.at_ms < key.compromised_since_ms
        return key.agency_id, not key.revoked or before

    def _verify(self, act: Act, digest: str, public: bytes) -> bool:
        name = digest, public + act.signature
        if name not in self._verified:
            self._verified[name] = act.is_signed_by(public)
        return self._verified[name]

    def _made(
        self, command: Command | None, at_ms: int, agency_id: str, people: dict[str, FocalPoint]
    ) -> Subscription | None:
        """What an act makes of the subscription that it is about; None where it may not, or is about none."""
        if isinstance(command, SubscriptionEnd):
            known = self.held.get(command.subscription_id)
            ours = known is not None and agency_id in (ADMINISTRATOR, known.agency_id)
            return known.ended_at(at_ms) if known is not None and ours else None
        if not isinstance(command, SubscriptionSet):
            return None
        known = self.held.get(command.subscription_id)
        person = people.get(command.focal_point_id)
        if person is None or agency_id not in (ADMINISTRATOR, person.agency_id):
            return None
        if known is not None and known.agency_id != person.agency_id:
            return None
        return subscription_of(command, person.agency_id, since_ms=_since(at_ms, command, known))


def is_live(subscription: Subscription, members: Members) -> bool:
    """Whether anything may be sent for it: it has not ended, and its focal point may act, for the same agency."""
    person = members.focal_points.get(subscription.focal_point_id)
    agency = members.directory.agencies.get(subscription.agency_id)
    return (
        not subscription.ended
        and person is not None
        and not person.suspended
        and person.agency_id == subscription.agency_id
        and agency is not None
        and not agency.suspended
    )


def subscription_of(command: SubscriptionSet, agency_id: str, since_ms: int) -> Subscription:
    """The entry that a command makes."""
    return Subscription(
        command.subscription_id,
        command.focal_point_id,
        agency_id,
        frozenset(command.events),
        frozenset(command.substances),
        frozenset(command.classes),
        frozenset(command.countries),
        frozenset(command.routes),
        frozenset(command.agencies),
        frozenset(command.kinds),
        command.minimum_severity,
        command.channel,
        command.address,
        command.content,
        command.acknowledge_minutes,
        tuple(command.escalate_to),
        command.limit_a_minute,
        since_ms,
    )


def _since(at_ms: int, command: SubscriptionSet, known: Subscription | None) -> int:
    """A change of a subscription that holds takes nothing away that is still on its way."""
    same = known is not None and not known.ended and known.focal_point_id == command.focal_point_id
    return known.since_ms if known is not None and same else at_ms


def of_agency(subscriptions: Iterable[Subscription], agency_id: str) -> list[Subscription]:
    """Those of an agency, by id."""
    return sorted((s for s in subscriptions if s.agency_id == agency_id), key=lambda s: s.subscription_id)
