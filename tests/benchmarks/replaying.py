"""Rebuilding the views from the enriched topic, and regenerating the enriched topic from the log of truth."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import psycopg
from confluent_kafka.admin import AdminClient

from projections.migrate import migrate
from projections.projector import EnrichedDecoder
from projections.sink import ViewSink
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings
from schemas.topics import INCIDENTS, create_topics, enriched
from stream_processors.enrich import Enrichment, group
from stream_processors.reference import Reference
from stream_processors.runtime import KafkaLog, Partition, Worker
from stream_processors.runtime.follower import Follower

_ROUNDS = 3


def measure_rebuild(settings: Settings) -> Iterator[str]:
    """Lines: events a second from `ionics.enriched` into all views of an empty generation."""
    rates = []
    for generation in range(901, 901 + _ROUNDS):
        migrate(settings.database_url, generation)
        topic = enriched(settings.generation)
        positions = {Partition(topic.name, number): 0 for number in range(topic.partitions)}
        begun, events = time.perf_counter(), 0
        with psycopg.connect(settings.database_url, autocommit=True) as connection:
            sink = ViewSink(connection, generation, EnrichedDecoder(settings))
            follower = Follower(settings, positions)
            while (batch := follower.consume(20_000, 2.0)) or not follower.at_end():
                if not batch:
                    continue
                moved = {Partition(record.topic, record.partition): record.offset + 1 for record in batch}
                advance = {(p.topic, p.number): (positions[p], offset) for p, offset in moved.items()}
                sink.apply([record.value or b"" for record in batch], advance)
                positions.update(moved)
                events += len(batch)
                ended = time.perf_counter()
            follower.close()
        rates.append(events / (ended - begun))
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
