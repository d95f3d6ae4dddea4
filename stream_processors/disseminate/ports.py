"""What dissemination needs of the read side, and gets from the command that starts it: its store, and who may see what.

Both are asked from threads of the worker, several at a time.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from schemas.acknowledgement import Acknowledgement
from schemas.identity import canonical_json

CONSOLE = "console"
"""In place of a subscription: the inbox of a focal point, which needs none."""
_NAMESPACE = uuid.UUID("0f4b0a52-3b0a-5d53-9f0b-5b1f4d2a6a57")


@dataclass(frozen=True)
class Position:
    """Up to where views must have come before an event can be judged by them.

    Attributes:
        topic: of the event, with partition, and the offset after it.
        directory: the next offset of `ionics.directory` that its subscriptions were read from.
        closed: the same of `ionics.directory-closed`.
    """

    topic: str
    partition: int
    following: int
    directory: int
    closed: int


@dataclass(frozen=True)
class Delivery:
    """Something that is to be told to somebody.

    Attributes:
        subscription_id: by which it was found.
        recipient: focal point.
        agency_id: of the recipient.
        via: the subscription of the recipient whose channel it takes, or CONSOLE.
        event_kind: kind, id, revision and digest are those of `Event`.
        event_at: of the event.
        acknowledge_s: after how many seconds without an acknowledgement it is told to others; None never.
        escalation: whether it comes because nobody acknowledged.
        attempts: that failed so far.
    """

    subscription_id: str
    recipient: str
    agency_id: str
    via: str
    event_kind: str
    event_id: str
    revision: int
    digest: str
    event_at: datetime
    severity: str
    code: str
    withdrawn: bool
    acknowledge_s: int | None = None
    escalation: bool = False
    attempts: int = 0

    @property
    def delivery_id(self) -> str:
        """Its idempotency key: UUIDv5 of subscription, recipient, channel and what is told."""
        named = [self.subscription_id, self.recipient, self.via, self.event_id, self.digest]
        return str(uuid.uuid5(_NAMESPACE, canonical_json(named).decode()))

    @property
    def lane(self) -> tuple[str, str]:
        """What fails together, and what a limit is of: recipient and channel."""
        return self.recipient, self.via


@dataclass(frozen=True)
class Shown:
    """Something as its recipient may see it now.

    Attributes:
        tlp: label of the Traffic Light Protocol.
        content: what it says, for channels that may carry it.
    """

    tlp: str
    content: Mapping[str, Any]


class Sight(Protocol):
    """Who may see what, now."""

    def show(self, deliveries: Sequence[Delivery]) -> list[Shown | None]:
        """What each delivery is of, as its recipient sees it in one transaction of now; None where it does not.

        Raises:
            ProjectionError: the views cannot be read.
        """


class DeliveryStore(Protocol):
    """The state of deliveries. Each method is one transaction, and raises ProjectionError where it is not made."""

    def add(self, deliveries: Sequence[tuple[Delivery, Position]]) -> None:
        """Keep what is to be told; what is there already stays as it is, waiting where it waits."""

    def acknowledge(self, said: Acknowledgement) -> None:
        """Keep what somebody said of something, whether it was told already or not. Said twice, it is said once."""

    def adopt(self) -> int:
        """Take over what waits in other generations, and what this worker held before it began again; how many."""

    def claim(self, limit: int, busy: Collection[tuple[str, str]]) -> list[Delivery]:
        """Lease what is due and can be judged, a few of each lane, of lanes in which nothing is leased."""

    def waiting(self) -> bool:
        """Whether anything waits for the views alone."""

    def told_before(self, delivery: Delivery) -> bool:
        """Whether the recipient was told of another revision on this channel, or still may be."""

    def told_lately(self, lanes: Sequence[tuple[str, str]]) -> list[int]:
        """Messages of each lane in the last minute."""

    def delivered(self, deliveries: Sequence[Delivery], group: str | None = None) -> None:
        """They were taken; those of a group as one message."""

    def failed(self, delivery: Delivery, again_s: float | None, error: str) -> None:
        """One was not taken: it and its lane wait so many seconds; None: it is given up."""

    def passed_over(self, delivery: Delivery) -> None:
        """One is not the recipient's to know, or not any more."""

    def put_off(self, delivery: Delivery, after_s: float) -> None:
        """One goes into a message with others, after so many seconds."""

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give back what was leased and not tried."""

    def claim_group(self, busy: Collection[tuple[str, str]]) -> tuple[str, list[Delivery]] | None:
        """Lease what goes into one message, with the name of that: the same again until it was taken."""

    def overdue(self, limit: int) -> list[Delivery]:
        """What nobody of the agency acknowledged in time, and was not escalated."""

    def escalate(self, delivery: Delivery, to: Sequence[Delivery]) -> None:
        """Keep what is told to others instead, once."""
