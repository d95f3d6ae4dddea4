"""Delivery that goes wrong in ways the library does not document: the thread goes on, and nothing is lost or passed."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from producers.background import BackgroundDelivery
from producers.delivery import Delivery
from producers.kafka_sender import KafkaSender
from producers.outbox import Queued
from schemas.errors import LogError
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings


class _Breaking(Delivery):
    """Breaks once in a way that is no error of ours."""

    def __init__(self) -> None:
        self.calls = 0
        self.again = threading.Event()

    def deliver(self, timeout_s: float, stopped: Callable[[], bool] = lambda: False) -> int:
        """See `Delivery.deliver`."""
        del timeout_s, stopped
        self.calls += 1
        if self.calls == 1:
            raise KafkaException(KafkaError(KafkaError._FATAL))
        self.again.set()
        return 1


def test_the_thread_outlives_what_it_does_not_know() -> None:
    """It says so as the error of the delivery, and tries again; else all later reports would wait for ever."""
    delivery = _Breaking()
    background = BackgroundDelivery(delivery, lambda: 1, lambda: 0.0)
    background.wake()
    assert delivery.again.wait(10)
    background.stop()
    delivery.calls = 0
    assert isinstance(background.flush(1.0).error, LogError)


class _Producer:
    """Takes three messages, acknowledges the first, and raises in between when the others are purged."""

    def __init__(self, each_told: bool) -> None:
        self.each_told, self.waiting = each_told, list[Any]()
        self.purged = self.raised = False

    def __len__(self) -> int:
        return len(self.waiting)

    def produce(self, *_: object, on_delivery: Callable[[KafkaError | None, object], None], **__: object) -> None:
        """Keep it."""
        self.waiting.append(on_delivery)

    def purge(self, **_: object) -> None:
        """Messages that wait have failed."""
        self.purged = True

    def poll(self, timeout: float) -> None:
        """Serve one event."""
        del timeout
        if len(self.waiting) == 3:
            taken = self.waiting.pop(0)
            if self.each_told:
                taken(None, None)
        elif self.purged and not self.raised:
            self.raised = True
            raise KafkaException(KafkaError(KafkaError._GAPLESS_GUARANTEE))
        elif self.purged:
            self.waiting.pop(0)(KafkaError(KafkaError._PURGE_INFLIGHT), None)


class _Schemas(KnownSchemas):
    def id_of(self, fingerprint: str) -> int:
        del fingerprint
        return 1


@pytest.mark.parametrize(("each_told", "known"), [(False, []), (True, [1])])
def test_after_a_stall_only_what_was_said_to_be_taken_is(each_told: bool, known: list[int]) -> None:
    """The library raises a fatal error among the reports of the purged ones: brokers too few for a write do this."""
    settings = Settings(Path())
    sender = KafkaSender(settings, "customs", _Schemas.of(settings))
    sender._producer = _Producer(each_told)  # type: ignore[assignment]  # as much of one as is used
    rows = [Queued(position, "id", "event", "REPORTED", "now", "f", "k", b"", b"") for position in (1, 2, 3)]
    acknowledged, error = sender.send(rows, lambda: 0.05)
    assert acknowledged == known
    assert isinstance(error, LogError)
