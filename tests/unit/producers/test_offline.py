"""A producer without any deployment to reach."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import producers
from producers import IncidentProducer, Report
from producers.background import FIRST_RETRY_S, LAST_RETRY_S, backoff_s
from schemas.errors import InvalidIncidentError, LogError, OutboxError, SettingsError
from schemas.keys import SigningKey
from schemas.settings import Settings

CONTENT: dict[str, Any] = {
    "incident_type": "DIVERSION",
    "occurred_on": "2025-03-04",
    "location": {"country": "DEU"},
    "items": [{"substance_text": "Isotonitazene"}],
    "audience": ["COMMUNITY"],
    "tlp": "GREEN",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a key and a deployment, but no address."""
    SigningKey.generate().save(tmp_path / "keys" / "customs.key")
    return Settings(home=tmp_path, deployment="dev-unit")


@pytest.fixture
def producer(settings: Settings) -> Iterator[IncidentProducer]:
    """A producer with the places of the home."""
    with IncidentProducer("customs", settings=settings) as producer:
        yield producer


def test_report_stays(producer: IncidentProducer, settings: Settings) -> None:
    """Reports are kept for the next program, which is told how many there are."""
    first = producer.report(CONTENT)
    producer.amend(first.incident, first, {"narrative": "more"}, reason="more is known")

    assert producer.flush().remaining == 2
    assert (settings.home / "outbox" / "customs.sqlite").exists()
    assert producer.close() == 2
    with IncidentProducer("customs", settings=settings) as following:
        assert following.flush().remaining == 2


def test_report_many(producer: IncidentProducer) -> None:
    """Many reports keep their order, from any iterable, and progress is told."""
    told: list[int] = []
    done = producer.report_many(
        (Report(CONTENT, f"r{i}", "test 1", i + 1, 1) for i in range(2500)), progress=told.append
    )

    assert told == [2000, 2500]
    assert [f"r{i}" for i in range(2500)] == [each.incident.source_ref for each in done]
    assert producer.flush().remaining == 2500


def test_report_many_keeps_what_came_before_a_fault(producer: IncidentProducer) -> None:
    """An incident that breaks a rule is told; those before it are kept."""
    with pytest.raises(InvalidIncidentError):
        producer.report_many([(CONTENT, "a"), (CONTENT, "b"), ({}, "c"), (CONTENT, "d")])

    assert producer.flush().remaining == 2


def test_wait_says_why(producer: IncidentProducer) -> None:
    """Waiting offline ends at once and says where the report is."""
    with pytest.raises(LogError, match="1 reports are still in the outbox"):
        producer.wait(producer.report(CONTENT), 60)


def test_unreachable(settings: Settings, tmp_path: Path) -> None:
    """An address where nobody answers is noticed within seconds, and closing is bounded."""
    away = Settings(home=settings.home, deployment="dev-unit", bootstrap="127.0.0.1:9")
    producer = IncidentProducer("customs", settings=away, outbox=tmp_path / "away" / "o.sqlite")
    producer.report(CONTENT)
    began = time.monotonic()

    assert producer.close(1.0) == 1
    assert time.monotonic() - began < 10


def test_closed(settings: Settings) -> None:
    """A closed producer refuses, and closing twice does nothing."""
    producer = IncidentProducer("customs", settings=settings)
    producer.close()
    assert producer.close() == 0
    with pytest.raises(OutboxError, match="closed"):
        producer.report(CONTENT)


def test_no_deployment(tmp_path: Path) -> None:
    """Without the id of the deployment nothing can be signed."""
    with pytest.raises(SettingsError, match="deployment is not set"):
        IncidentProducer("customs", settings=Settings(home=tmp_path))


def test_backoff() -> None:
    """Waiting doubles up to a bound, and a random half of it falls away."""
    assert backoff_s(1, 1.0) == FIRST_RETRY_S
    assert backoff_s(3, 0.0) == FIRST_RETRY_S * 2
    assert backoff_s(10_000, 1.0) == LAST_RETRY_S


def test_public_names() -> None:
    """`__all__` is exactly the sorted public names."""
    assert sorted(producers.__all__, key=lambda name: (not name.isupper(), name)) == producers.__all__
    assert all(hasattr(producers, name) for name in producers.__all__)
