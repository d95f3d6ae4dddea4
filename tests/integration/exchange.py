"""A small exchange on the shared deployment, for tests that read what comes of it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from deploy.workers import run_stage
from producers import IncidentProducer, Submission
from schemas.settings import Settings

CONTENT: dict[str, Any] = {
    "incident_type": "SEIZURE",
    "occurred_on": date(2026, 3, 14),
    "location": {"country": "NZL", "place_text": "Auckland"},
    "items": [{"substance_text": "methamphetamine", "amount_text": "1.2", "unit_text": "kg"}],
    "route": [{"role": "DEPARTURE", "country_text": "China"}],
    "audience": ["COMMUNITY"],
    "tlp": "AMBER",
}


@contextmanager
def stages(settings: Settings, *names: str) -> Iterator[None]:
    """Stages as threads of this process."""
    stop = threading.Event()
    running = [threading.Thread(target=run_stage, args=(settings, name, stop)) for name in names]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in running:
            thread.join()


def reported(settings: Settings, agency: str, count: int) -> list[Submission]:
    """Report and wait until all are accepted; the stage `admit` must run."""
    with IncidentProducer(agency, reporting_country="NZL", settings=settings) as producer:
        submissions = [producer.report(CONTENT) for _ in range(count)]
        assert {receipt.outcome for receipt in producer.wait(submissions, 60)} == {"ACCEPTED"}
    return submissions


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something holds, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
