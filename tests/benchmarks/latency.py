"""From `report()` to visible in PostgreSQL, beside the bare Kafka transaction round trip of the same run."""

import threading
import time
import uuid
from collections.abc import Iterator
from datetime import date

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deploy.agencies import add_agencies
from producers import IncidentProducer
from projections.viewing import viewing
from schemas.directory import Agency
from schemas.settings import Settings

_AGENCY = "bench-nzl"
_SECONDS = 10
_ROUND_TRIPS = 300
_CONTENT = {
    "incident_type": "SEIZURE",
    "occurred_on": date(2026, 3, 14),
    "location": {"country": "NZL", "place_text": "Auckland"},
    "items": [{"substance_text": "methamphetamine", "amount_text": "1.2", "unit_text": "kg"}],
    "route": [{"role": "DEPARTURE", "country": "CHN"}, {"role": "DESTINATION", "country": "NZL"}],
    "audience": ["COMMUNITY"],
    "tlp": "AMBER",
}


def measure_latency(settings: Settings) -> Iterator[str]:
    """Lines: p50 and p99 in ms at each rate; the poll that sees the row adds up to 2 ms."""
    bare = _round_trips(settings)
    p50, p99 = _percentiles(bare)
    yield f"bare Kafka transaction, one record, to a read-committed consumer: p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    add_agencies(settings, [Agency(_AGENCY, _AGENCY, "CUSTOMS", "NZL")])
    for rate in (10, 100, 500):
        a50, a99 = _percentiles(_visible(settings, rate))
        yield (
            f"report() → visible in PostgreSQL at {rate:>3}/s: p50 {a50:.1f} ms = {a50 / p50:.1f} round trips, "
            f"p99 {a99:.1f} ms = {a99 / p50:.1f} round trips"
        )


def _percentiles(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] * 1e3, ordered[int(len(ordered) * 0.99)] * 1e3


def _round_trips(settings: Settings) -> list[float]:
    topic = f"bench-{uuid.uuid4().hex[:8]}"
    admin = AdminClient(settings.client_config())
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(30)
    producer = Producer(settings.client_config(**{"transactional.id": topic, "linger.ms": 0}))
    producer.init_transactions(30)
    consumer = Consumer(
        settings.client_config(**{"group.id": topic, "isolation.level": "read_committed", "fetch.queue.backoff.ms": 1})
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    taken = []
    for number in range(_ROUND_TRIPS + 20):
        begun = time.perf_counter()
        producer.begin_transaction()
        producer.produce(topic, str(number).encode(), partition=0)
        producer.commit_transaction(30)
        while True:
            message = consumer.poll(30)
            if message is not None and message.error() is None:
                break
        taken.append(time.perf_counter() - begun)
    consumer.close()
    return taken[20:]


def _visible(settings: Settings, rate: int) -> list[float]:
    reported: dict[str, float] = {}
    taken: list[float] = []
    done = threading.Event()

    def look() -> None:
        query = f"select incident_id::text from g{settings.generation}.incident where incident_id = any(%s::uuid[])"
        with psycopg.connect(settings.reader_url, autocommit=True) as connection:
            while not done.is_set() or reported:
                waiting = list(reported)
                if waiting:
                    with viewing(connection, settings.generation, "analyst"):
                        rows = connection.execute(query, [waiting]).fetchall()
                    now = time.perf_counter()
                    taken.extend(now - reported.pop(id_) for (id_,) in rows)
                time.sleep(0.002)  # the resolution of the measurement, stated with the figure

    watcher = threading.Thread(target=look)
    watcher.start()
    with IncidentProducer(_AGENCY, reporting_country="NZL", settings=settings) as producer:
        producer.wait(producer.report(_CONTENT), 60)
        begun = time.perf_counter()
        for number in range(rate * _SECONDS):
            pause = begun + number / rate - time.perf_counter()
            if pause > 0:
                time.sleep(pause)  # the rate is what is asked for
            moment = time.perf_counter()
            reported[producer.report(_CONTENT).incident_id] = moment
        done.set()
        watcher.join(60)
    return taken
