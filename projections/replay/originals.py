"""Sinks that take the original bytes: an Avro container, and a topic."""

import io
import os
from pathlib import Path
from typing import Any, BinaryIO

import fastavro
import polars as pl
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from schemas.codec import FRAME_BYTES, RecordCodec, avro_long
from schemas.columnar import container_header
from schemas.dictionary import SchemaDictionary
from schemas.errors import ReplayError
from schemas.reading import quiet_logger
from schemas.settings import Settings
from schemas.topics import FOR_EVER, Topic, create_topics

_SYNC_BYTES = 16
_PATIENCE_S = 30.0


class AvroSink:
    """An Avro object container file under the newest schema of its kind.

    The bodies of that schema are laid end to end as they came: they are an Avro block. Those of earlier versions are
    read by Avro's rules of resolution and written anew.
    """

    def __init__(self, path: Path, dictionary: SchemaDictionary, kind: str) -> None:
        self._dictionary, self._id = dictionary, max(dictionary.ids_of(kind))
        self._target = RecordCodec(dictionary.schemas[self._id])
        self._earlier: dict[int, RecordCodec] = {}
        self._sync = os.urandom(_SYNC_BYTES)
        self._out: BinaryIO = path.open("xb")
        self._out.write(container_header(dictionary.schemas[self._id], self._sync))

    def write(self, batch: pl.DataFrame, table: pl.DataFrame) -> None:  # noqa: ARG002  # see `Sink`
        """See `Sink.write`."""
        values = batch["value"].to_list()
        heads = {value[:FRAME_BYTES] for value in values}
        ids = {head: int.from_bytes(head[1:], "big") for head in heads}
        if set(ids.values()) == {self._id}:
            body = b"".join(value[FRAME_BYTES:] for value in values)
        else:
            body = b"".join(self._resolved(ids[value[:FRAME_BYTES]], value[FRAME_BYTES:]) for value in values)
        self._out.writelines((avro_long(len(values)), avro_long(len(body)), body, self._sync))

    def close(self) -> None:
        """See `Sink.close`."""
        self._out.close()

    def _resolved(self, schema_id: int, body: bytes) -> bytes:
        if schema_id == self._id:
            return body
        if schema_id not in self._earlier:
            self._earlier[schema_id] = RecordCodec(self._dictionary.schemas[schema_id])
        record: Any = fastavro.schemaless_reader(io.BytesIO(body), self._earlier[schema_id].schema, self._target.schema)
        return self._target.encode(record)


class TopicSink:
    """Another topic: keys, values, headers and partitions as they were. What was written stays when it is interrupted.

    Raises:
        ReplayError: the name is one of the deployment's own.
        TopologyError: the topic exists with another number of partitions.
        LogError: it cannot be made.
    """

    def __init__(self, settings: Settings, name: str, partitions: int) -> None:
        if name.startswith("ionics."):
            raise ReplayError(f"{name}: the deployment's own topics are written by its stages alone; name another")
        topic = Topic(name, "as replayed", "", partitions, FOR_EVER, (), ())
        create_topics(AdminClient(settings.client_config(), logger=quiet_logger()), [topic], settings.replication)
        self._name, self._faults = name, list[str]()
        config = {"enable.idempotence": True, "compression.type": "lz4", "linger.ms": 20}
        self._producer = Producer(settings.client_config(**config), logger=quiet_logger())

    def write(self, batch: pl.DataFrame, table: pl.DataFrame) -> None:  # noqa: ARG002  # see `Sink`
        """See `Sink.write`."""
        for partition, key, value, headers in batch.select("partition", "key", "value", "headers").iter_rows():
            named = [(each["name"], each["value"]) for each in headers]
            while True:
                try:
                    self._producer.produce(self._name, value, key, partition, self._delivered, headers=named)
                except BufferError:
                    self._producer.poll(0.1)
                except KafkaException as error:
                    raise ReplayError(f"{self._name} cannot be written: {error.args[0].str()}") from error
                else:
                    break
        self._producer.poll(0)
        self._check(0)

    def close(self) -> None:
        """See `Sink.close`."""
        self._check(self._producer.flush(_PATIENCE_S))

    def _delivered(self, error: Any, _: Any) -> None:
        if error is not None:
            self._faults.append(str(error))

    def _check(self, unsent: int) -> None:
        if self._faults or unsent:
            reason = self._faults[0] if self._faults else f"{unsent} records were not acknowledged"
            raise ReplayError(f"{self._name} cannot be written: {reason}")
