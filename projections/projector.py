"""The projector: the topics of a generation into PostgreSQL, positions in the same transaction as the rows."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Protocol

import polars as pl
import psycopg

from projections.dead_letters import put_aside
from projections.matching import Read, RecordReader, kind_of
from projections.sink import ViewSink
from schemas.batch import Batch
from schemas.codec import FRAME_BYTES
from schemas.errors import ContractError, DecodeError, ProjectionError
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.settings import Settings
from schemas.topics import JUDGEMENTS, MESSAGES, WATCHES, Topic, alerts, cases, enriched, links
from stream_processors.runtime.follower import Follower
from stream_processors.runtime.log import Partition

_FRAME = itemgetter(slice(FRAME_BYTES))


class EnrichedDecoder:
    """Decodes values of the enriched topic, whatever version of the schema they were written with.

    Args:
        settings: where the log is.
        wanted: the columns to decode; else all.
    """

    def __init__(self, settings: Settings, wanted: Collection[str] | None = None) -> None:
        self._schemas, self._wanted = KnownSchemas.of(settings), wanted

    def __call__(self, values: list[bytes]) -> pl.DataFrame:
        """Columns of the values, one row each, in order.

        Raises:
            ContractError: a value does not decode.
        """
        frames = []
        for schema_id, indexes in _by_schema(values):
            decoder = self._schemas.columnar(schema_id, "enriched", self._wanted)
            decoded = decoder.decode(schema_id, [values[index] for index in indexes])
            if decoded.faults:
                raise DecodeError(f"{len(decoded.faults)} values of the enriched topic do not decode")
            order = pl.Series("_row", indexes, dtype=pl.UInt32)
            frames.append(decoded.columns.with_columns(order))
        if len(frames) == 1:
            return frames[0]
        return pl.concat(frames, how="diagonal").sort("_row") if frames else pl.DataFrame()

    def unreadable(self, values: Sequence[bytes]) -> dict[int, ContractError]:
        """The values that do not decode, by index, and why: no enrichment wrote them."""
        found: dict[int, ContractError] = {}
        for schema_id, indexes in _by_schema(values):
            try:
                decoder = self._schemas.columnar(schema_id, "enriched", self._wanted)
            except ContractError as error:
                found |= dict.fromkeys(indexes, error)
            else:
                faults = decoder.decode(schema_id, [values[index] for index in indexes]).faults
                found |= {indexes[row]: fault for row, fault in faults.items()}
        return found


def _by_schema(values: Sequence[bytes]) -> Iterable[tuple[int, Sequence[int]]]:
    """Schema ids, and the indexes of the values under each; nearly always there is one."""
    frames = set(map(_FRAME, values))
    if len(frames) == 1:
        return [(int.from_bytes(frames.pop()[1:], "big"), range(len(values)))]
    found: dict[int, list[int]] = {}
    for index, value in enumerate(values):
        found.setdefault(int.from_bytes(value[1:5], "big"), []).append(index)
    return found.items()


class Source(Protocol):
    """Committed records from given positions on; `Follower` is one."""

    def consume(self, limit: int, wait_s: float) -> Sequence[Record]:
        """Records in order within each partition.

        Raises:
            LogError: the log cannot be read on.
        """

    def close(self) -> None:
        """Drop the connection."""


class Sink(Protocol):
    """Views that keep their positions; `ViewSink` is one."""

    def positions(self) -> dict[tuple[str, int], int]:
        """The next offset to read of each partition that was ever advanced."""

    def apply(
        self,
        values: Sequence[bytes],
        advance: Mapping[tuple[str, int], tuple[int, int]],
        others: Sequence[Record] = (),
    ) -> None:
        """Store a batch and advance the positions from old to new, or do nothing of it.

        Args:
            values: of enriched incidents.
            advance: for each partition touched, where the batch begins and the position after it.
            others: records of links, judgements, cases, alerts and watches.

        Raises:
            ProjectionError: it cannot be stored, or the positions are not the old ones.
        """


def matched(generation: int) -> tuple[Topic, ...]:
    """What the projector reads beside the enriched incidents."""
    return links(generation), JUDGEMENTS, cases(generation), alerts(generation), WATCHES, MESSAGES


def parted(records: Sequence[Record]) -> tuple[list[bytes], list[Record]]:
    """Values of enriched incidents, and the records of all other topics, each in order."""
    batch = Batch.of(records)
    if not any(kind_of(topic) for topic in set(batch.topics)):
        return batch.values, []
    others = [record for record in batch if kind_of(record.topic) is not None]
    return [record.value or b"" for record in batch if kind_of(record.topic) is None], others


class Projection:
    """Carries topics into a sink, from where the sink stands.

    Args:
        topic: of the enriched incidents.
        follow: gives the source that begins at some positions.
        batch: most records in one transaction.
        on_batch: called after each committed batch with its size.
        readable: of a batch that does not decode, the records that do, after the others were put aside; else such a
            batch stops the projection.
        others: topics of links, judgements, cases, alerts and watches.
    """

    def __init__(
        self,
        topic: Topic,
        sink: Sink,
        follow: Callable[[Mapping[Partition, int]], Source],
        batch: int,
        on_batch: Callable[[int], None] | None = None,
        readable: Callable[[Sequence[Record]], list[Record]] | None = None,
        others: Sequence[Topic] = (),
    ) -> None:
        stored = sink.positions()
        partitions = [Partition(each.name, n) for each in (topic, *others) for n in range(each.partitions)]
        self._next = {place: stored.get((place.topic, place.number), 0) for place in partitions}
        self._sink, self._source = sink, follow(self._next)
        self._batch, self._on_batch, self._readable = batch, on_batch, readable

    def run(self, stop: threading.Event) -> None:
        """Project until `stop` is set; the batch in hand is finished.

        Raises:
            ContractError: a value does not decode, and nobody puts it aside.
            ProjectionError: the sink cannot be written, or its positions were moved by another projector.
            LogError: the log cannot be read.
        """
        try:
            while not stop.is_set():
                self._step()
        finally:
            self._source.close()

    def _step(self) -> None:
        batch = Batch.of(self._source.consume(self._batch, 0.2))
        if not batch:
            return
        moved = {Partition(*where): offset for where, offset in batch.positions().items()}
        advance = {(p.topic, p.number): (self._next[p], offset) for p, offset in moved.items()}
        try:
            self._apply(batch, advance)
        except ContractError:
            if self._readable is None:
                raise
            self._apply(self._readable(batch), advance)
        self._next.update(moved)
        if self._on_batch:
            self._on_batch(len(batch))

    def _apply(self, batch: Sequence[Record], advance: Mapping[tuple[str, int], tuple[int, int]]) -> None:
        values, others = parted(batch)
        self._sink.apply(values, advance, others)


class Projector:
    """Projects one generation into PostgreSQL.

    Args:
        batch: most records in one transaction.
        on_batch: called after each committed batch with its size.
    """

    def __init__(self, settings: Settings, batch: int, on_batch: Callable[[int], None] | None = None) -> None:
        self._settings, self._batch, self._on_batch = settings, batch, on_batch
        self._decode, self._read = EnrichedDecoder(settings), RecordReader.of(settings)

    def run(self, stop: threading.Event) -> None:
        """Project until `stop` is set; the batch in hand is finished.

        Raises:
            ProjectionError: the database cannot be written, or its positions were moved by another projector.
            LogError: the log cannot be read.
        """
        settings = self._settings
        follow = partial(Follower, settings)
        try:
            with psycopg.connect(settings.require("database_url"), autocommit=True) as connection:
                sink = ViewSink(connection, settings.generation, self._decode, self._read)
                topic, others = enriched(settings.generation), matched(settings.generation)
                Projection(topic, sink, follow, self._batch, self._on_batch, self.readable, others).run(stop)
        except psycopg.Error as error:
            raise ProjectionError(f"the read store: {str(error).splitlines()[0]}") from error

    def readable(self, batch: Sequence[Record]) -> list[Record]:
        """The records that can be read; the others become dead letters before the positions move on.

        Raises:
            LogError: they cannot be put aside.
        """
        faults = unreadable(batch, self._decode, self._read)
        for index, fault in sorted(faults.items()):
            put_aside(self._settings, "project", batch[index], str(fault))
        return [record for index, record in enumerate(batch) if index not in faults]


def unreadable(batch: Sequence[Record], decode: EnrichedDecoder, read: Read) -> dict[int, ContractError]:
    """The records of a batch that do not decode, by index, and why: no stage wrote them."""
    incidents = [index for index, record in enumerate(batch) if kind_of(record.topic) is None]
    faults = decode.unreadable([batch[index].value or b"" for index in incidents])
    found = {incidents[index]: fault for index, fault in faults.items()}
    for index in sorted({*range(len(batch))}.difference(incidents)):
        try:
            read(batch[index])
        except DecodeError as error:
            found[index] = error
    return found
