"""Where focal points subscribe: signed acts into `ionics.directory-closed`, by a key of their agency."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from schemas.codec import codec
from schemas.directory import FocalPoint, Members, Subscription, Subscriptions, is_live, signed_act
from schemas.directory.subscribing import SubscriptionEnd, SubscriptionSet, host_of
from schemas.directory.subscriptions import subscription_of
from schemas.errors import DirectoryError, InvalidIncidentError, ProjectionError
from schemas.keys import SigningKey
from schemas.settings import Settings
from schemas.topics import DIRECTORY_CLOSED
from schemas.writing import publish_as

_MOST = 100
"""Subscriptions that a focal point may have at a time."""
_WAIT_S, _PAUSE_S = 10.0, 0.05


class SubscriptionDesk:
    """Subscribes for one focal point.

    Args:
        settings: where the deployment is.
        person: who is told.
        members: gives the directory as it stands; after a change, before long as it stands then.
        subscriptions: what verified them before, so that it need not be done again.
    """

    def __init__(
        self,
        settings: Settings,
        person: FocalPoint,
        members: Callable[[], Members],
        subscriptions: Subscriptions | None = None,
    ) -> None:
        self._settings, self._person, self._members = settings, person, members
        self._subscriptions = subscriptions or Subscriptions()

    def list(self) -> list[Subscription]:
        """Those of the person that hold, by id."""
        members = self._members()
        found = self._subscriptions.of(members).values()
        own = [s for s in found if s.focal_point_id == self._person.focal_point_id and is_live(s, members)]
        return sorted(own, key=lambda each: each.subscription_id)

    def set(self, content: Mapping[str, Any], key: SigningKey, subscription_id: str | None = None) -> Subscription:
        """Subscribe, or change a subscription.

        Args:
            content: the fields of `SubscriptionSet` without id and focal point.
            key: of the agency, its gateway, or an administrator.
            subscription_id: of the one that is changed.

        Raises:
            ProjectionError: the person has no such subscription.
            InvalidIncidentError: a rule that it breaks.
            DirectoryError: the key may not sign it.
            LogError: the log cannot be read or written.
        """
        held = {each.subscription_id for each in self.list()}
        if subscription_id is not None and subscription_id not in held:
            raise self._absent(subscription_id)
        if subscription_id is None and len(held) >= _MOST:
            raise InvalidIncidentError("TOO_MANY", "subscription", f"you have {_MOST} subscriptions: end some first")
        id_ = subscription_id or f"sub-{secrets.token_hex(8)}"
        named = {"subscription_id": id_, "focal_point_id": self._person.focal_point_id}
        try:
            command = SubscriptionSet.model_validate({**content, **named, "act_id": secrets.token_hex(8)})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            path = ".".join(str(part) for part in first["loc"]) or "subscription"
            raise InvalidIncidentError(first["type"].upper(), path, first["msg"]) from None
        self._check(command)
        wanted = subscription_of(command, self._person.agency_id, since_ms=0)
        return self._publish(command, key, lambda found: found is not None and replace(found, since_ms=0) == wanted)

    def end(self, subscription_id: str, key: SigningKey) -> None:
        """End a subscription; raises like `set`."""
        if subscription_id not in {each.subscription_id for each in self.list()}:
            raise self._absent(subscription_id)
        command = SubscriptionEnd(subscription_id=subscription_id, act_id=secrets.token_hex(8))
        self._publish(command, key, lambda found: found is None or found.ended)

    def _check(self, command: SubscriptionSet) -> None:
        members = self._members()
        if command.channel == "webhook":
            hosts = members.webhook_hosts.get(self._person.agency_id, frozenset())
            if host_of(command.address or "") not in hosts:
                raise InvalidIncidentError(
                    "HOST", "address", "the host is not on your agency's list; an administrator sets it"
                )
            if not (command.address or "").startswith("https:") and not self._settings.is_development:
                raise InvalidIncidentError("HTTPS", "address", "a webhook has an address of https")
        for name in command.escalate_to:
            other = members.focal_points.get(name)
            if other is None or other.agency_id != self._person.agency_id:
                raise InvalidIncidentError("ESCALATE_TO", "escalate_to", f"{name} is no focal point of your agency")

    def _absent(self, subscription_id: str) -> ProjectionError:
        return ProjectionError(f"no subscription {subscription_id} of {self._person.focal_point_id}")

    def _publish(
        self,
        command: SubscriptionSet | SubscriptionEnd,
        key: SigningKey,
        is_done: Callable[[Subscription | None], bool],
    ) -> Subscription:
        settings = self._settings
        act = signed_act(settings.require("deployment"), "ACT", command.kind, command.entry_id, command.body(), key)
        record = (command.entry_id.encode(), codec("directory_act").encode(act))
        [offset] = publish_as("directory_act", settings, DIRECTORY_CLOSED.name, [record])
        deadline = time.monotonic() + _WAIT_S
        while self._members().next_offset <= offset and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
        found = self._subscriptions.of(self._members()).get(command.subscription_id)
        if not is_done(found) or found is None:
            raise DirectoryError(f"{command.entry_id}: key {key.key_id} may not sign for {self._person.agency_id}")
        return found


def subscription_document(subscription: Subscription) -> dict[str, Any]:
    """A subscription as JSON."""
    said = {name: sorted(v) if isinstance(v, frozenset) else v for name, v in vars(subscription).items()}
    return {name: said[name] for name in said if name not in ("ended", "since_ms")}
