"""The stage of enrichment."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas.codec import FRAME_BYTES, frame
from schemas.errors import DecodeError
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import INCIDENTS, enriched
from stream_processors.admit.records import dead_letter
from stream_processors.enrich.parts import EnrichmentParts
from stream_processors.reference import Reference
from stream_processors.runtime import Log, Output, Partition, Processed

_COLUMNS = ("occurred_on", "occurred_precision", "location", "items", "route", "admission_submission_offset")
_TAIL = 4_096
_logger = logging.getLogger(__name__)

GROUPS = "ionics-enrich-g"
"""Prefix of the consumer groups, one a generation."""

Done = dict[int, int]
"""Input partition → submission offset of the last incident enriched."""


def group(generation: int) -> str:
    """Consumer group of a generation."""
    return f"{GROUPS}{generation}"


class Enrichment:
    """Enriches admitted incidents; see `stream_processors.runtime.stage.Stage`."""

    name = "enrich"
    topic = INCIDENTS.name

    def __init__(self, schemas: KnownSchemas, reference: Reference, generation: int) -> None:
        self._output = enriched(generation).name
        self._schemas = schemas
        self._parts = EnrichmentParts(reference)
        self._done: Done = {}

    def restore(self, log: Log, stored: Mapping[Partition, int]) -> dict[Partition, int]:
        """Go on where the stored positions are, and skip what the output already holds."""
        self._done = {p.number: self._last_done(log, p.number) for p in stored}
        return dict(stored)

    def _last_done(self, log: Log, partition: int) -> int:
        where = Partition(self._output, partition)
        start = log.high_watermark(where)
        while start > 0:
            start = max(0, start - _TAIL)
            values = [record.value or b"" for record in log.read(where, start)]
            for value in reversed(values):
                schema_id = int.from_bytes(value[1:FRAME_BYTES], "big")
                if self._schemas.has(schema_id, "enriched"):
                    columns = self._schemas.columnar(schema_id, "enriched").decode(schema_id, [value]).columns
                    if columns.height:
                        return int(columns["admission_submission_offset"][0])
                _logger.warning("%s/%d: a record that cannot be read is passed over", self._output, partition)
        return -1

    def process(self, batch: Sequence[Record]) -> Processed[Done]:
        """See `Stage.process`."""
        outputs: list[Output] = []
        done: Done = {}
        for record, (occurred_on, precision, location, items, route, submission) in self._rows(batch):
            if submission <= max(self._done.get(record.partition, -1), done.get(record.partition, -1)):
                continue
            done[record.partition] = submission
            try:
                derived = self._parts.encode(occurred_on, precision, location, items, route)
            except Exception as error:  # noqa: BLE001  # enrichment is total: what fails is unresolved, with its error
                derived = self._parts.failed(occurred_on, precision, len(items), len(route), repr(error)[:1000])
            admitted = record.value or b""
            composed = self._schemas.composed("enriched", int.from_bytes(admitted[1:FRAME_BYTES], "big"))
            value = frame(composed) + admitted[FRAME_BYTES:] + derived
            outputs.append(Output(self._output, record.partition, record.key, value))
        return Processed(outputs, done)

    def _rows(self, batch: Sequence[Record]) -> Iterator[tuple[Record, tuple[Any, ...]]]:
        by_schema: dict[int, list[int]] = {}
        for index, record in enumerate(batch):
            by_schema.setdefault(int.from_bytes((record.value or b"")[1:FRAME_BYTES], "big"), []).append(index)
        rows: dict[int, tuple[Any, ...]] = {}
        for schema_id, indexes in by_schema.items():
            decoder = self._schemas.columnar(schema_id, "admitted")
            decoded = decoder.decode(schema_id, [batch[index].value or b"" for index in indexes])
            if decoded.faults:
                raise DecodeError(f"{len(decoded.faults)} values of {self.topic} do not decode")
            rows.update(zip(indexes, decoded.columns.select(_COLUMNS).iter_rows(), strict=True))
        for index, record in enumerate(batch):
            yield record, rows[index]

    def park(self, record: Record, error: Exception) -> Processed[Done]:
        """Bytes that do not decode cannot have come from admission; they are put aside whole."""
        return Processed([dead_letter(record, self.name, str(error))], {})

    def apply(self, delta: Done) -> None:
        """See `Stage.apply`."""
        self._done.update(delta)
