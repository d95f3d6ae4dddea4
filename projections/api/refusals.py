"""Requests that were refused for reasons of security, on their way into the audit without holding up the answer."""

import logging
import queue
import threading

from projections.audit_log import record_audit
from schemas.errors import IonicsError
from schemas.settings import Settings

_MOST = 10_000
_PAUSE_S = 1.0
_logger = logging.getLogger(__name__)


class Refusals:
    """A thread that writes them. What does not fit while the log is away is counted, and the count written."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: queue.Queue[tuple[str, str, str, str | None]] = queue.Queue(_MOST)
        self._left_out = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refusals", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, for a few seconds."""
        self._stop.set()
        self._thread.join(5)

    def add(self, code: str, message: str, subject: str, actor: str | None = None) -> None:
        """Have a refusal written.

        Args:
            code: why, such as BAD_TOKEN.
            message: the same in words, for auditors alone.
            subject: method and path of the request.
            actor: the focal point, where it was proved.
        """
        try:
            self._waiting.put_nowait((code, message, subject[:200], actor))
        except queue.Full:
            self._left_out += 1

    def _run(self) -> None:
        while not (self._stop.is_set() and self._waiting.empty()):
            try:
                code, message, subject, actor = self._waiting.get(timeout=0.2)
            except queue.Empty:
                continue
            if self._left_out:
                message += f" (and {self._left_out} more that were not written)"
                self._left_out = 0
            while True:
                try:
                    record_audit(self._settings, "REQUEST_REFUSED", code, message, actor=actor, subject=subject)
                    break
                except IonicsError as error:
                    _logger.warning("a refused request is not in the audit yet: %s", error)
                    if self._stop.wait(_PAUSE_S):
                        return
