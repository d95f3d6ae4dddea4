"""What a producer needs of the way to the backbone: Kafka and HTTPS have it alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from producers.outbox import Queued
    from producers.receipts import ReceiptIndex
    from schemas.errors import LogError

Position = TypeVar("Position")


class Sender(Protocol):
    """Takes signed submissions to the backbone, in order. Not for several threads at once.

    Attributes:
        batch: how many to give it at once.
    """

    batch: int

    def connect(self, limit_s: float) -> bool:
        """Get ready to send; False where it was ready already.

        Raises:
            LogError: there is no answer.
        """

    def send(self, rows: Sequence[Queued], patience: Callable[[], float]) -> tuple[list[int], LogError | None]:
        """Send in order; the positions acknowledged, and what went wrong with the others.

        Args:
            rows: reports of the outbox.
            patience: seconds without any acknowledgement after which to give up.
        """

    def close(self) -> None:
        """Let go of the connection. Connecting again opens it anew."""


class ReceiptSource(Protocol[Position]):
    """Reads the receipts of one agency when asked to. Only `end` is for several threads at once.

    Attributes:
        index: the receipts taken in.
    """

    index: ReceiptIndex

    def end(self) -> Position:
        """Where the next receipt to come will stand.

        Raises:
            LogError: there is no answer.
        """

    def begin_at(self, position: Position, /) -> None:
        """Begin with the receipts from a position on, unless reading has begun. What lies before is history."""

    def begin_at_end(self) -> None:
        """Begin with the receipts that are still to come, unless reading has begun.

        Raises:
            LogError: there is no answer.
        """

    def poll(self, wait_s: float = 0.0) -> int:
        """Take in the receipts that have arrived, waiting up to `wait_s` for the first; their number.

        Raises:
            LogError: there is no answer.
        """

    def read_history(self) -> None:
        """Take in the receipts before those where `begin_at` began. No-op the second time.

        Raises:
            LogError: there is no answer.
        """

    def close(self) -> None:
        """Let go of the connection. Reading again opens it anew."""
