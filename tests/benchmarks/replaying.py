"""Rebuilding the views from the enriched topic, and regenerating the enriched topic from the log of truth."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import psycopg
from confluent_kafka.admin import AdminClient

from projections.loading import load
from projections.rebuild import stored_positions
from projections.workspace import workspace
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings
from schemas.topics import INCIDENTS, create_topics, enriched
from stream_processors.enrich import Enrichment, group
from stream_processors.reference import Reference
from stream_processors.runtime import KafkaLog, Worker

_ROUNDS = 3


def measure_rebuild(settings: Settings) -> Iterator[str]:
    """Lines: events a second from `ionics.enriched` into all views of an empty generation, indexes and all."""
    rates = []
    for _ in range(_ROUNDS):
        with (
            workspace(settings) as beside,
            psycopg.connect(settings.database_url, autocommit=True) as connection,
            psycopg.connect(settings.database_url, autocommit=True) as live,
        ):
            ends = stored_positions(live, settings)
            begun = time.perf_counter()
            events, _ = load(settings, (connection, beside), ends, lambda _: None)
            rates.append(events / (time.perf_counter() - begun))
    yield f"rebuild, enriched → all views: {events} events; {_spread(rates)} events/s"


def measure_regenerate(settings: Settings) -> Iterator[str]:
    """Lines: events a second from `ionics.incidents` through enrichment into a new generation's topic."""
    rates = []
    for generation in range(911, 911 + _ROUNDS):
        create_topics(AdminClient(settings.client_config()), [enriched(generation)])
        reference = Reference.load()
        reference.place("Graz", "AUT")
        stage = Enrichment(KnownSchemas.of(settings), reference, generation)
        worker = Worker(KafkaLog(replace(settings, generation=generation), group(generation), INCIDENTS.name), stage)
        begun, events, idle = 0.0, 0, 0
        while idle < 10 or not events:
            asked = time.perf_counter()
            done = worker.step(0.2)
            idle = 0 if done else idle + 1
            if done:
                begun, events, ended = begun or asked, events + done, time.perf_counter()
        stop = threading.Event()
        stop.set()
        worker.run(stop)
        rates.append(events / (ended - begun))
    yield f"regenerate, incidents → enriched: {events} events; {_spread(rates)} events/s"


def _spread(rates: list[float]) -> str:
    ordered = sorted(rates)
    return f"min {ordered[0]:,.0f}, median {ordered[len(ordered) // 2]:,.0f}, max {ordered[-1]:,.0f}"
