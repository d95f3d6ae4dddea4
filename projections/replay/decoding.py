"""Values of one kind decoded into columns, whatever versions of its schema they were written with."""

from collections.abc import Sequence

import polars as pl

from projections.replay.source import RECORDS
from schemas.codec import FRAME_BYTES
from schemas.columnar import ROW, ColumnarDecoder, Decoded
from schemas.dictionary import SUBJECTS, SchemaDictionary
from schemas.errors import DecodeError


class KindDecoder:
    """Decodes values of one kind of the dictionary, such as ``admitted``."""

    def __init__(self, dictionary: SchemaDictionary, kind: str) -> None:
        self._dictionary, self._kind = dictionary, kind
        self._decoders: dict[int, ColumnarDecoder] = {}
        empty = [self._decoder(id_).decode(id_, []).columns for id_ in dictionary.ids_of(kind)]
        self.empty: pl.DataFrame = pl.concat(empty, how="diagonal").clear() if empty else pl.DataFrame()
        """No rows, and the columns of all versions together."""
        self.no_records: pl.DataFrame = pl.DataFrame(schema=RECORDS)
        """The records to it."""

    def decode(self, values: Sequence[bytes | None]) -> Decoded:
        """Columns of the values that decode, in order, and the faults of the others, both by index.

        Columns that a version of the schema lacks are null.
        """
        by_schema: dict[bytes, list[int]] = {}
        for index, value in enumerate(values):
            by_schema.setdefault((value or b"")[:FRAME_BYTES], []).append(index)
        frames, faults = [self.empty], dict[int, DecodeError]()
        for head, indexes in by_schema.items():
            schema_id = int.from_bytes(head[1:], "big")
            if head[:1] != b"\x00" or self._dictionary.subjects.get(schema_id) != SUBJECTS[self._kind]:
                named = DecodeError(f"value begins with {head.hex() or 'nothing'}, which names no {self._kind} schema")
                faults |= dict.fromkeys(indexes, named)
                continue
            decoded = self._decoder(schema_id).decode(schema_id, [values[index] or b"" for index in indexes])
            rows = pl.Series(ROW, indexes, dtype=pl.UInt32)
            frames.append(decoded.columns.with_columns(rows.gather(decoded.columns[ROW])))
            faults |= {indexes[index]: error for index, error in decoded.faults.items()}
        columns = frames[1] if len(frames) == 2 and frames[1].columns == self.empty.columns else None
        if columns is None:
            columns = pl.concat(frames, how="diagonal").sort(ROW)
        return Decoded(columns, faults)

    def _decoder(self, schema_id: int) -> ColumnarDecoder:
        if schema_id not in self._decoders:
            self._decoders[schema_id] = ColumnarDecoder(self._dictionary.schemas[schema_id])
        return self._decoders[schema_id]
