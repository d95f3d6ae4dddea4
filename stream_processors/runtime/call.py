"""A call of the client library beside the thread that makes it."""

import threading
from collections.abc import Callable

from confluent_kafka import KafkaException


class Call:
    """A call that runs in a thread of its own, since it may take long, or never return.

    Attributes:
        ended: set when it has returned or failed.
    """

    def __init__(self, name: str, call: Callable[[], object]) -> None:
        self.ended = threading.Event()
        self._call = call
        self._fault: KafkaException | None = None
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        try:
            self._call()
        except KafkaException as error:
            self._fault = error
        finally:
            self.ended.set()

    def result(self) -> None:
        """Wait for its end.

        Raises:
            KafkaException: it failed.
        """
        self.ended.wait()
        if self._fault is not None:
            raise self._fault
