"""Subscriptions: a pure fold of the acts about them, on top of the members as they stand.

An act is made by whoever was an administrator when it was appended, or by a key of the agency of its focal point, from
the key's start to its end. A change by a key that was revoked, unless it is older than the moment since which the key
is said to be compromised, is taken for an end: what a thief may have changed is sent nowhere, also not where it was
sent before. An end counts for ever, whoever's key it was.
"""

from collections.abc import Mapping

from schemas.directory.acts import Act
from schemas.directory.command import Command
from schemas.directory.entries import Subscription
from schemas.directory.members import Members
from schemas.directory.subscribing import SubscriptionEnd, SubscriptionSet

ADMINISTRATOR = ""
"""Stands for an administrator, where else the agency is named that signed."""


class Subscriptions:
    """The fold. What it verified once it does not verify again; safe for several threads."""

    def __init__(self) -> None:
        self._verified: dict[tuple[str, bytes], bool] = {}
        self._parsed: dict[str, Command | None] = {}

    def of(self, members: Members) -> dict[str, Subscription]:
        """All subscriptions of a directory, by id; those that ended too, for an id is never another agency's."""
        held: dict[str, Subscription] = {}
        taken: set[str] = set()
        for act, of_then in members.subscribing:
            digest = act.digest
            signed = None if digest in taken else self._signer(act, digest, members)
            if signed is None:
                continue
            taken.add(digest)
            if digest not in self._parsed:
                self._parsed[digest] = act.parsed()
            made = _made(self._parsed[digest], act.at_ms, signed[0], of_then, held)
            if made is not None:
                held[made.subscription_id] = made if signed[1] else made.ended_at(act.at_ms)
        return held

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
    command: Command | None,
    at_ms: int,
    agency_id: str,
    of_then: str | None,
    held: Mapping[str, Subscription],
) -> Subscription | None:
    """What an act makes of the subscription that it is about; None where it may not, or is about none.

    Args:
        command: that the act carries.
        at_ms: when it was appended.
        agency_id: that signed it, or ADMINISTRATOR.
        of_then: the agency of the focal point when it was appended; one that moves on takes no subscription along.
        held: what was made before.
    """
    if not isinstance(command, SubscriptionEnd | SubscriptionSet):
        return None
    known = held.get(command.subscription_id)
    if isinstance(command, SubscriptionEnd):
        ours = known is not None and agency_id in (ADMINISTRATOR, known.agency_id)
        return known.ended_at(at_ms) if known is not None and ours else None
    if of_then is None or agency_id not in (ADMINISTRATOR, of_then):
        return None
    if known is not None and known.agency_id != of_then:
        return None
    return subscription_of(command, of_then, since_ms=_since(at_ms, command, known))


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
