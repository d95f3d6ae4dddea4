"""Clients that are not ours read the log: with the registry, and our own readers without it."""

import asyncio
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from projections.feed import feed
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import DECISIONS, DIRECTORY, INCIDENTS, SCHEMAS, SUBMISSIONS, enriched, receipts
from tests.integration.exchange import reported, stages
from tests.running import Running

pytestmark = pytest.mark.stack


def test_a_stock_avro_deserializer_reads_every_topic(settings: Settings, make_agency: Callable[..., str]) -> None:
    """Confluent's own deserializer, against the registry, reads each record; another client lists them."""
    agency = make_agency("clients-nzl")
    with stages(settings, "admit", "enrich"):
        submissions = reported(settings, agency, 5)
        seen: set[str] = set()
        for event in feed(settings):
            seen.add(event.incident.event_id)
            if {submission.event_id for submission in submissions} <= seen:
                break
    with SchemaRegistryClient({"url": settings.registry_url}) as registry:
        _read_all(settings, registry, receipts(agency).name, {each.incident_id.encode() for each in submissions})
    incidents = list(read_topic(settings, INCIDENTS.name))
    assert asyncio.run(_listed(settings, INCIDENTS.name, len(incidents))) == {record.key for record in incidents}


def _read_all(settings: Settings, registry: SchemaRegistryClient, receipts_topic: str, keys: set[bytes]) -> None:
    read = AvroDeserializer(registry)
    _read_each(settings, read, SUBMISSIONS.name, keys)  # anybody may have written anything else there
    for topic in (INCIDENTS, DECISIONS, DIRECTORY, SCHEMAS, enriched(1)):
        _read_each(settings, read, topic.name)
    _read_each(settings, read, receipts_topic)


def _read_each(settings: Settings, read: AvroDeserializer, topic: str, keys: set[bytes] | None = None) -> None:
    records = [record for record in read_topic(settings, topic) if keys is None or record.key in keys]
    assert records
    for record in records:
        assert read(record.value, SerializationContext(topic, MessageField.VALUE))


async def _listed(settings: Settings, topic: str, count: int) -> set[bytes]:
    """Keys of the first records, by aiokafka."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=settings.bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        return {(await asyncio.wait_for(consumer.getone(), 30)).key for _ in range(count)}
    finally:
        await consumer.stop()


def test_the_log_is_read_with_the_registry_stopped(
    running: Running, settings: Settings, make_agency: Callable[..., str]
) -> None:
    """Stages and readers resolve schemas in the log's own dictionary."""
    agency = make_agency("unregistered-nzl")
    running.kill("registry")
    try:
        with stages(settings, "admit", "enrich"):
            wanted = {submission.event_id for submission in reported(settings, agency, 3)}
            for event in feed(settings):
                wanted.discard(event.incident.event_id)
                if not wanted:
                    break
        assert not wanted
    finally:
        running.start("registry")
