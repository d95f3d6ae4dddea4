"""What is said in a message: kind, severity and a link; more only where it may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.directory import Subscription
from stream_processors.disseminate.ports import Delivery, Shown

_OPEN = frozenset({"CLEAR", "GREEN"})
"""Labels whose content may leave by any channel."""
_NEVER = "RED"
_PLURAL = {"incident": "incidents", "alert": "alerts", "request": "requests"}


@dataclass(frozen=True)
class Line:
    """One delivery in a message."""

    delivery: Delivery
    content: Mapping[str, Any] | None

    def document(self, address: str) -> dict[str, Any]:
        """As JSON; `address` is where readers look."""
        delivery = self.delivery
        said: dict[str, Any] = {
            "id": delivery.delivery_id,
            "type": f"ionics.{delivery.event_kind}",
            "kind": delivery.code,
            "severity": delivery.severity,
            "withdrawn": delivery.withdrawn,
            "escalation": delivery.escalation,
            "link": link(address, delivery),
        }
        return said if self.content is None else {**said, "content": dict(self.content)}


@dataclass(frozen=True)
class Message:
    """What leaves at once.

    Attributes:
        message_id: by which a receiver knows that it has it already.
        grouped: whether it stands for what would have been many messages.
    """

    message_id: str
    lines: tuple[Line, ...]
    grouped: bool = False

    def document(self, address: str) -> dict[str, Any]:
        """As JSON."""
        if not self.grouped:
            return self.lines[0].document(address)
        return {
            "id": self.message_id,
            "type": "ionics.group",
            "messages": [each.document(address) for each in self.lines],
        }


def may_leave(shown: Shown) -> bool:
    """Whether anything may be said of it outside: nothing of what is RED."""
    return shown.tlp != _NEVER


def content_for(shown: Shown, subscription: Subscription) -> Mapping[str, Any] | None:
    """What may be said of it on the channel of a subscription; None where no more than kind, severity and a link."""
    return shown.content if shown.tlp in _OPEN or (subscription.content and may_leave(shown)) else None


def link(address: str, delivery: Delivery) -> str:
    """Where it is read, by those who may."""
    beginning = address.rstrip("/") or "ionics:"
    return f"{beginning}/{_PLURAL.get(delivery.event_kind, delivery.event_kind)}/{delivery.event_id}"
