"""Delivery: from the outbox to the backbone, in order, deleting only what was acknowledged."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.errors import LogError

if TYPE_CHECKING:
    from collections.abc import Callable

    from producers.outbox import Outbox
    from producers.transport import Sender
    from schemas.errors import IonicsError

_CONNECT_S = 4.0
_STALL_S = 10.0
_STOPPING_STALL_S = 1.0


@dataclass(frozen=True, slots=True)
class FlushResult:
    """What a flush did.

    Attributes:
        delivered: reports that were acknowledged.
        remaining: reports that are still in the outbox.
        error: why it stopped before the outbox was empty.
    """

    delivered: int
    remaining: int
    error: IonicsError | None = None


class Delivery:
    """Delivers the outbox of one agency. Not for several threads at once.

    Args:
        before_first: called once a connection stands, before anything is sent over it.
    """

    def __init__(self, outbox: Outbox, sender: Sender, before_first: Callable[[], None]) -> None:
        self._outbox = outbox
        self._sender = sender
        self._before_first = before_first
        self._stale = True

    def deliver(self, timeout_s: float, stopped: Callable[[], bool] = lambda: False) -> int:
        """Deliver what the outbox holds until it is empty; the number delivered.

        Raises:
            LogError: not all of it was taken in time, or another process is delivering.
            TopologyError: the topic has another number of partitions than incidents are spread over.
            UnknownSchemaError: the deployment does not know the schema of a report.
            OutboxError: the outbox cannot be used.
        """
        deadline = time.monotonic() + timeout_s
        delivered = 0
        with self._outbox.delivering() as ours:
            if not ours:
                raise LogError(f"outbox {self._outbox.path}: another process is delivering it")
            try:
                position = 0
                while rows := self._outbox.read(position, self._sender.batch):
                    if stopped() or time.monotonic() > deadline:
                        raise LogError(f"outbox {self._outbox.path}: not delivered whole within {timeout_s:.0f} s")
                    position = rows[-1].position
                    self._connect(deadline)
                    acknowledged, error = self._sender.send(rows, lambda: self._patience(deadline, stopped))
                    self._stale = True
                    self._outbox.delete(acknowledged)
                    delivered += len(acknowledged)
                    if error is not None:
                        raise error
            finally:
                self._scrub()
        return delivered

    def close(self) -> None:
        """Let go of the connection."""
        self._sender.close()

    def _scrub(self) -> None:
        """Also at the first pass of a process: the one before may have died between deleting and scrubbing."""
        if self._stale:
            self._stale = not self._outbox.scrub()

    def _connect(self, deadline: float) -> None:
        if self._sender.connect(max(0.1, min(_CONNECT_S, deadline - time.monotonic()))):
            self._before_first()

    @staticmethod
    def _patience(deadline: float, stopped: Callable[[], bool]) -> float:
        """Seconds without any acknowledgement after which to give up."""
        return min(_STOPPING_STALL_S if stopped() else _STALL_S, deadline - time.monotonic())
