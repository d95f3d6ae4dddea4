"""The thread that delivers as soon as something is reported, and again while there is no connection, ever later."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from producers.delivery import FlushResult
from schemas.errors import IonicsError, LogError

if TYPE_CHECKING:
    from collections.abc import Callable

    from producers.delivery import Delivery

FIRST_RETRY_S = 0.5
LAST_RETRY_S = 30.0
_PASS_S = 3600.0


def backoff_s(failures: int, jitter: float) -> float:
    """Seconds to wait after so many failures in a row: doubled up to half a minute, of which a random half falls away.

    Args:
        failures: how many, 1 or more.
        jitter: from 0 to 1, so that many producers do not come back at the same moment.
    """
    longest = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(failures - 1, 10))
    return longest * (0.5 + 0.5 * jitter)


class BackgroundDelivery:
    """Runs a delivery in a thread of its own, or in the caller's by `flush`; never in both at once.

    Attributes:
        error: why the last attempt failed; None after one that did not.
    """

    def __init__(self, delivery: Delivery, count: Callable[[], int], jitter: Callable[[], float]) -> None:
        self._delivery = delivery
        self._count = count
        self._jitter = jitter
        self._busy = threading.Lock()
        self._woken = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.error: IonicsError | None = None

    def wake(self) -> None:
        """Try now. Starts the thread the first time."""
        if self._thread is None and not self._stopping:
            self._thread = threading.Thread(target=self._run, name="ionics-outbox", daemon=True)
            self._thread.start()
        self._woken.set()

    def flush(self, timeout_s: float) -> FlushResult:
        """Deliver now, in the caller's thread. Returns at the first failure.

        Raises:
            OutboxError: the outbox cannot be read.
        """
        deadline = time.monotonic() + timeout_s
        delivered = 0
        if not self._busy.acquire(timeout=timeout_s):
            self.error = LogError(f"delivery was still going on after {timeout_s:.0f} s")
        else:
            try:
                delivered = self._attempt(max(0.0, deadline - time.monotonic()))
            finally:
                self._busy.release()
        remaining = self._count()
        return FlushResult(delivered, remaining, self.error if remaining else None)

    def stop(self) -> None:
        """End the thread after the batch in hand."""
        self._stopping = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _attempt(self, timeout_s: float, stopped: Callable[[], bool] = lambda: False) -> int:
        try:
            delivered = self._delivery.deliver(timeout_s, stopped)
        except IonicsError as error:
            self.error = error
            return 0
        except Exception as error:  # noqa: BLE001  # a thread that ended here would leave all later reports in the outbox
            self.error = LogError(f"delivery failed, and is tried again: {error!r}")
            return 0
        self.error = None
        return delivered

    def _run(self) -> None:
        failures = 0
        while not self._stopping:
            self._woken.wait(backoff_s(failures, self._jitter()) if failures else None)
            self._woken.clear()
            if self._stopping:
                return
            with self._busy:
                self._attempt(_PASS_S, lambda: self._stopping)
            failures = failures + 1 if self.error is not None else 0
