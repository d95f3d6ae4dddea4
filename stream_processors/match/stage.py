"""The stage of matching: enriched incidents and judgements into links.

One worker holds all partitions, for an incident of one may match an incident of any other. Its state is a fold of its
inputs up to the stored positions, which stand in the transactions of its outputs.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import polars as pl

from schemas.batch import Batch
from schemas.codec import FRAME_BYTES, codec, frame
from schemas.errors import DecodeError, UnknownSchemaError
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import JUDGEMENTS, enriched, links
from stream_processors.admit.records import dead_letter
from stream_processors.match.features import LOOKED_AT
from stream_processors.match.matcher import Matcher, Pair, Taken
from stream_processors.match.model import Model
from stream_processors.match.writing import encoded
from stream_processors.runtime import Log, Output, Partition, Processed

_AT_ONCE = 20_000


class Matching:
    """Matches incidents; see `stream_processors.runtime.stage.Stage`."""

    name = "match"

    def __init__(self, schemas: KnownSchemas, model: Model, generation: int) -> None:
        input_, self._output = enriched(generation), links(generation).name
        self.topic = input_.name
        self._inputs = {Partition(topic.name, n) for topic in (input_, JUDGEMENTS) for n in range(topic.partitions)}
        self._schemas = schemas
        self._frame = frame(schemas.dictionary.id_of("match_event"))
        self._model = model
        self._matcher = Matcher(model)

    def restore(self, log: Log, stored: Mapping[Partition, int]) -> dict[Partition, int]:
        """Fold the inputs up to the stored positions; nothing is consumed until all partitions are held."""
        if set(stored) != self._inputs:
            return {}
        self._matcher = Matcher(self._model)
        for where in sorted(stored, key=lambda partition: partition.topic != JUDGEMENTS.name):
            for batch in _parts(log, where, stored[where]):
                columns, judged = self._readable(batch)
                self._matcher.apply(self._matcher.take(columns, judged, silent=True))
        return dict(stored)

    def process(self, batch: Sequence[Record]) -> Processed[Taken]:
        """See `Stage.process`."""
        columns, judged = self._decoded(batch)
        taken = self._matcher.take(columns, judged)
        return Processed([*self._outputs(taken)], taken)

    def _outputs(self, taken: Taken) -> Iterator[Output]:
        for key, body in encoded(taken):
            yield Output(self._output, 0, key, self._frame + body)

    def park(self, record: Record, error: Exception) -> Processed[Taken]:
        """Neither enrichment nor a person's judgement is written so; it is put aside whole."""
        return Processed([dead_letter(record, self.name, str(error))], self._matcher.take(None))

    def apply(self, delta: Taken) -> None:
        """See `Stage.apply`."""
        self._matcher.apply(delta)

    def _decoded(self, batch: Sequence[Record]) -> tuple[pl.DataFrame | None, list[Pair]]:
        by_schema: dict[int, list[bytes]] = {}
        judged = []
        columns = Batch.of(batch)
        for topic, value in zip(columns.topics, columns.values, strict=True):
            if topic == JUDGEMENTS.name:
                judged.append(_pair(value))
            else:
                by_schema.setdefault(int.from_bytes(value[1:FRAME_BYTES], "big"), []).append(value)
        frames = [self._columns(schema_id, values) for schema_id, values in by_schema.items()]
        return (pl.concat(frames, how="diagonal_relaxed") if frames else None), judged

    def _columns(self, schema_id: int, values: list[bytes]) -> pl.DataFrame:
        decoded = self._schemas.columnar(schema_id, "enriched", LOOKED_AT).decode(schema_id, values)
        if decoded.faults:
            raise DecodeError(f"{len(decoded.faults)} values of {self.topic} do not decode")
        return decoded.columns

    def _readable(self, batch: Sequence[Record]) -> tuple[pl.DataFrame | None, list[Pair]]:
        """The same of what was processed before: what was put aside then is passed over."""
        try:
            return self._decoded(batch)
        except (DecodeError, UnknownSchemaError):
            good = [record for record in batch if self._reads(record)]
            return self._decoded(good)

    def _reads(self, record: Record) -> bool:
        try:
            self._decoded([record])
        except (DecodeError, UnknownSchemaError):
            return False
        return True


def _pair(value: bytes) -> Pair:
    judgement = codec("judgement").decode(value[FRAME_BYTES:])
    return judgement["left"], judgement["right"]


def _parts(log: Log, where: Partition, end: int) -> Iterator[list[Record]]:
    """The records of a partition before a position."""
    records = (record for record in log.read(where, 0) if record.offset < end) if end else iter(())
    while part := list(islice(records, _AT_ONCE)):
        yield part
