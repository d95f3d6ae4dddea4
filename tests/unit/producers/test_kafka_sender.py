"""What counts as delivered over Kafka when something goes wrong."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from producers import kafka_sender
from producers.kafka_sender import Fates, KafkaSender
from producers.outbox import Queued
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings


class _Schemas(KnownSchemas):
    def id_of(self, fingerprint: str) -> int:
        del fingerprint
        return 1


@pytest.fixture
def nobody() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("each_told", [False, True])
def test_a_word_that_is_lost_is_no_acknowledgement(
    nobody: str, each_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three reports that nobody took, the refusal of one is lost on its way: it is not taken for delivered."""
    told = Fates.tell

    def forgetful(fates: Fates, position: int, error: Any, message: object) -> None:
        if position != 2:
            told(fates, position, error, message)

    monkeypatch.setattr(Fates, "tell", forgetful)
    settings = Settings(Path())
    sender = KafkaSender(settings, "nzl-customs", _Schemas.of(settings))
    config = {"bootstrap.servers": nobody, **kafka_sender.PRODUCER_SETTINGS}
    sender._producer = Producer(config | {"delivery.report.only.error": not each_told}, logger=kafka_sender._QUIET)
    rows = [Queued(n, f"incident {n}", f"event {n}", "REPORTED", "2026", "f", "k", b"s", b"b") for n in (1, 2, 3)]

    acknowledged, error = sender.send(rows, lambda: 0.3)

    assert acknowledged == []
    assert "3 reports were not acknowledged" in str(error)
    assert sender._each_told
