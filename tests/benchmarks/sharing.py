"""The price of trust: verification in admission, row-level security in queries, and what an answer's time tells."""

import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import psycopg

from deploy.agencies import add_agencies
from producers import IncidentProducer
from projections import queries
from projections.api.backend import Backend
from projections.api.limits import Limits
from projections.viewing import viewing
from schemas.directory import Agency
from schemas.reading import Record
from schemas.settings import Settings
from schemas.topics import SUBMISSIONS
from stream_processors.admit import Admission, verification
from stream_processors.runtime import MemoryCluster, MemoryLog, Partition
from tests.integration.exchange import CONTENT, stages
from tests.integration.serving import client, serving
from tests.unit.stream_processors.world import FakeSources, body, submission

_SUBMISSIONS = 2_000
_ROUNDS = 7
_REQUESTS = 400


def measure_sharing(settings: Settings) -> Iterator[str]:
    """Lines with the figures, on a deployment that holds the seizure file."""
    yield from _verification()
    yield from _row_level_security(settings)
    yield from _answers(settings)


def _verification() -> Iterator[str]:
    sent = [submission(body(f"r{number}")) for number in range(_SUBMISSIONS)]
    records = [
        Record(SUBMISSIONS.name, each.partition, offset, 1_700_000_000_000, each.key, each.value, each.headers)
        for offset, each in enumerate(sent)
    ]

    def admit() -> None:
        stage = Admission(FakeSources())
        log = MemoryLog(MemoryCluster(), "measuring", SUBMISSIONS.name, 12)
        stage.restore(log, {Partition(SUBMISSIONS.name, number): 0 for number in range(12)})
        stage.process(records)

    def unchecked() -> None:
        with mock.patch.object(verification, "verifies", return_value=True):
            admit()

    with_, without = _paired(admit, unchecked, _ROUNDS)
    per = 1e6 / _SUBMISSIONS
    yield f"admission of {_SUBMISSIONS:,}, us each: {_three(with_, per)}; unverified {_three(without, per)}"


def _row_level_security(settings: Settings) -> Iterator[str]:
    generation = settings.generation
    asked: dict[str, Callable[[Any], Any]] = {
        "incidents, a page of 50": lambda connection: queries.list_incidents(connection, generation),
        "incidents of a country": lambda connection: queries.list_incidents(connection, generation, country="NZL"),
        "routes": lambda connection: queries.routes(connection, generation),
        "timeline": lambda connection: queries.timeline(connection, generation),
    }
    with (
        psycopg.connect(settings.reader_url, autocommit=True) as reader,
        psycopg.connect(settings.database_url, autocommit=True) as writer,
    ):
        for name, ask in asked.items():

            def seen(ask: Callable[[Any], Any] = ask) -> None:
                with viewing(reader, settings.generation, "analyst"):
                    ask(reader)

            def whole(ask: Callable[[Any], Any] = ask) -> None:
                with viewing(writer, settings.generation, "analyst"):
                    ask(writer)

            with_, without = _paired(seen, whole, 15)
            yield f"query, {name}, ms: with row-level security {_three(with_, 1e3)}; without {_three(without, 1e3)}"


def _answers(settings: Settings) -> Iterator[str]:
    add_agencies(settings, [Agency("bench-owner", "Owner", "CUSTOMS", "NZL")])
    with stages(settings, "admit", "enrich", "project", "members"):
        with IncidentProducer("bench-owner", reporting_country="NZL", settings=settings) as producer:
            sent = producer.report(CONTENT | {"audience": ["agency:bench-owner"]})
            producer.wait(sent, 60)
        with serving(Backend(settings, Limits(1e6, 10**6))) as address:
            with client(address, settings, "bench-owner") as owner:
                while owner.get(f"/incidents/{sent.incident_id}").status_code != 200:
                    time.sleep(0.05)
            with client(address, settings, "analyst") as who:

                def hidden() -> None:
                    assert who.get(f"/incidents/{sent.incident_id}").status_code == 404

                def absent() -> None:
                    assert who.get(f"/incidents/{uuid.uuid4()}").status_code == 404

                one, other = _paired(hidden, absent, _REQUESTS)
    yield f"404 over HTTP, ms: hidden {_three(one, 1e3)}; absent {_three(other, 1e3)}"


def _paired(one: Callable[[], None], other: Callable[[], None], rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of each, taken in turns after one round that does not count."""
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for seconds, act in zip(found, (one, other), strict=True):
            began = time.perf_counter()
            act()
            if number:
                seconds.append(time.perf_counter() - began)
    return found


def _three(seconds: list[float], times: float) -> str:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    return f"{low * times:.3g} / {middle * times:.3g} / {high * times:.3g} (min/median/max)"
