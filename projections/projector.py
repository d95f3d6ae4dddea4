"""The projector: the enriched topic into PostgreSQL, positions in the same transaction as the rows."""

import threading
from collections.abc import Callable, Iterable, Sequence

import polars as pl
import psycopg

from projections.dead_letters import put_aside
from projections.sink import ViewSink
from schemas.columnar import ColumnarDecoder
from schemas.dictionary import SUBJECTS, read_dictionary
from schemas.errors import DecodeError, ProjectionError
from schemas.reading import Record
from schemas.settings import Settings
from schemas.topics import enriched
from stream_processors.runtime.follower import Follower
from stream_processors.runtime.log import Partition


class EnrichedDecoder:
    """Decodes values of the enriched topic, whatever version of the schema they were written with."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._decoders: dict[int, ColumnarDecoder] = {}

    def __call__(self, values: list[bytes]) -> pl.DataFrame:
        """Columns of the values, one row each, in order.

        Raises:
            DecodeError: a value does not decode.
        """
        frames = []
        for schema_id, indexes in _by_schema(values):
            decoded = self._decoder(schema_id).decode(schema_id, [values[index] for index in indexes])
            if decoded.faults:
                raise DecodeError(f"{len(decoded.faults)} values of the enriched topic do not decode")
            order = pl.Series("_row", indexes, dtype=pl.UInt32)
            frames.append(decoded.columns.with_columns(order))
        if len(frames) == 1:
            return frames[0]
        return pl.concat(frames, how="diagonal").sort("_row") if frames else pl.DataFrame()

    def unreadable(self, values: Sequence[bytes]) -> dict[int, DecodeError]:
        """The values that do not decode, by index, and why: no enrichment wrote them."""
        found: dict[int, DecodeError] = {}
        for schema_id, indexes in _by_schema(values):
            try:
                decoder = self._decoder(schema_id)
            except DecodeError as error:
                found |= dict.fromkeys(indexes, error)
            else:
                faults = decoder.decode(schema_id, [values[index] for index in indexes]).faults
                found |= {indexes[row]: fault for row, fault in faults.items()}
        return found

    def _decoder(self, schema_id: int) -> ColumnarDecoder:
        if schema_id not in self._decoders:
            dictionary = read_dictionary(self._settings)
            if dictionary.subjects.get(schema_id) != SUBJECTS["enriched"]:
                raise DecodeError(f"schema id {schema_id} is no schema of enriched incidents in ionics.schemas")
            self._decoders[schema_id] = ColumnarDecoder(dictionary.schemas[schema_id])
        return self._decoders[schema_id]


def _by_schema(values: Sequence[bytes]) -> Iterable[tuple[int, list[int]]]:
    """Schema ids, and the indexes of the values under each."""
    found: dict[int, list[int]] = {}
    for index, value in enumerate(values):
        found.setdefault(int.from_bytes(value[1:5], "big"), []).append(index)
    return found.items()


class Projector:
    """Projects one generation.

    Args:
        batch: most records in one transaction.
        on_batch: called after each committed batch with its size.
    """

    def __init__(self, settings: Settings, batch: int, on_batch: Callable[[int], None] | None = None) -> None:
        self._settings, self._batch, self._on_batch = settings, batch, on_batch
        self._decode = EnrichedDecoder(settings)

    def run(self, stop: threading.Event) -> None:
        """Project until `stop` is set; the batch in hand is finished.

        Raises:
            ProjectionError: the database cannot be written, or its positions were moved by another projector.
            LogError: the log cannot be read.
        """
        topic = enriched(self._settings.generation)
        try:
            with psycopg.connect(self._settings.require("database_url"), autocommit=True) as connection:
                sink = ViewSink(connection, self._settings.generation, self._decode)
                stored = sink.positions()
                next_ = {Partition(topic.name, n): stored.get((topic.name, n), 0) for n in range(topic.partitions)}
                follower = Follower(self._settings, next_)
                try:
                    while not stop.is_set():
                        self._step(follower, sink, next_)
                finally:
                    follower.close()
        except psycopg.Error as error:
            raise ProjectionError(f"the read store: {str(error).splitlines()[0]}") from error

    def _step(self, follower: Follower, sink: ViewSink, next_: dict[Partition, int]) -> None:
        batch = follower.consume(self._batch, 0.2)
        if not batch:
            return
        moved = {Partition(record.topic, record.partition): record.offset + 1 for record in batch}
        advance = {(p.topic, p.number): (next_[p], offset) for p, offset in moved.items()}
        try:
            sink.apply([record.value or b"" for record in batch], advance)
        except DecodeError:
            sink.apply(self._without_unreadable(batch), advance)
        next_.update(moved)
        if self._on_batch:
            self._on_batch(len(batch))

    def _without_unreadable(self, batch: Sequence[Record]) -> list[bytes]:
        """The values that can be read; the others become dead letters before the positions move on."""
        values = [record.value or b"" for record in batch]
        unreadable = self._decode.unreadable(values)
        for index, fault in sorted(unreadable.items()):
            put_aside(self._settings, "project", batch[index], str(fault))
        return [value for index, value in enumerate(values) if index not in unreadable]
