"""The fold as a stage that the shipped worker runs.

Each batch is one transaction of input positions and what the state gains: the new ids and the new sums, by input
partition. Whoever takes a partition over folds these records. The state is whole after a crash at any moment.
"""

import io
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from schemas.batch import Batch
from schemas.columnar import ColumnarDecoder
from schemas.errors import DecodeError
from schemas.reading import Record
from stream_processors.admit.records import dead_letter
from stream_processors.runtime import Log, Output, Partition, Processed
from tests.benchmarks.peers.columns import WANTED, Sums, aggregate, first_seen
from tests.benchmarks.peers.generating import SCHEMA_ID
from tests.benchmarks.peers.packing import Packing

_IDS, _ROWS = b"ids", b"rows"
_PARTITION = "partition"
_ID_BYTES = 36
_SLICE = 4_000
"""Rows or ids in one record: some 400 kB, below what a broker takes."""

Delta = tuple[list[bytes], pl.DataFrame | None]


class FoldStage:
    """The fold as a stage; see `stream_processors.runtime.stage.Stage`."""

    name = "fold"

    def __init__(self, topic: str, state: str, schema: dict[str, Any]) -> None:
        self.topic, self._state = topic, state
        self._decoder = ColumnarDecoder(schema, WANTED)
        self._packing = Packing()
        self._seen: set[bytes] = set()
        self._sums = Sums()

    def restore(self, log: Log, stored: Mapping[Partition, int]) -> dict[Partition, int]:
        """Fold what was committed for these partitions."""
        self._seen, self._sums = set(), Sums()
        for partition in stored:
            for record in log.read(Partition(self._state, partition.number), 0):
                value = record.value or b""
                if record.key == _IDS:
                    self._seen.update(value[at : at + _ID_BYTES] for at in range(0, len(value), _ID_BYTES))
                else:
                    self._sums.add(self._packing.packed(pl.read_ipc_stream(io.BytesIO(value))))
        return dict(stored)

    def process(self, batch: Sequence[Record]) -> Processed[Delta]:
        """See `Stage.process`."""
        records = Batch.of(batch)
        fresh = first_seen(records.keys, self._seen)
        if not fresh:
            return Processed([], ([], None))
        # In order of the partitions, so that what one of them gains lies together.
        indexes = sorted(fresh.values(), key=records.partitions.__getitem__)
        ids, values, numbers = (
            list(map(column.__getitem__, indexes)) for column in (records.keys, records.values, records.partitions)
        )
        decoded = self._decoder.decode(SCHEMA_ID, values)
        if decoded.faults:
            raise DecodeError(f"{len(decoded.faults)} values of {self.topic} do not decode")
        columns = decoded.columns.with_columns(pl.Series(_PARTITION, numbers, pl.Int32))
        rows = aggregate(self._packing, columns, _PARTITION)
        outputs = [*self._ids(ids, numbers), *self._rows(self._packing.unpacked(rows))]
        return Processed(outputs, (ids, rows.drop(_PARTITION)))

    def _ids(self, ids: list[bytes], numbers: list[int]) -> list[Output]:
        outputs, start = [], 0
        while start < len(ids):
            end = bisect_right(numbers, numbers[start])
            outputs += [
                Output(self._state, numbers[start], _IDS, b"".join(ids[at : min(end, at + _SLICE)]))
                for at in range(start, end, _SLICE)
            ]
            start = end
        return outputs

    def _rows(self, rows: pl.DataFrame) -> list[Output]:
        outputs = []
        for (number,), held in rows.partition_by(_PARTITION, as_dict=True, include_key=False).items():
            for part in held.iter_slices(_SLICE):
                encoded = io.BytesIO()
                part.write_ipc_stream(encoded)
                outputs.append(Output(self._state, int(number), _ROWS, encoded.getvalue()))
        return outputs

    def park(self, record: Record, error: Exception) -> Processed[Delta]:
        """See `Stage.park`."""
        return Processed([dead_letter(record, self.name, str(error))], ([], None))

    def apply(self, delta: Delta) -> None:
        """See `Stage.apply`."""
        ids, rows = delta
        self._seen.update(ids)
        if rows is not None:
            self._sums.add(rows)

    def table(self) -> pl.DataFrame:
        """The table as it stands, `KEYS` and `MEASURES`."""
        return self._packing.unpacked(self._sums.rows())
