"""Sinks that take decoded columns: Parquet, and JSON lines."""

import io
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow.parquet as pq

_SUBMISSION = ("admission_submission_partition", "admission_submission_offset", "submission_partition")


def table_of(batch: pl.DataFrame, columns: pl.DataFrame, *, whole: bool) -> pl.DataFrame:
    """Decoded columns, as they are shown: positions first for those who see all, and for nobody else.

    Positions tell how much lies between two records, and so of what a viewer may not see.

    Args:
        batch: records, as `RECORDS` says.
        columns: what was decoded of each.
        whole: whether positions may be shown.
    """
    if not whole:
        return columns.drop("_row", *_SUBMISSION, "submission_offset", strict=False)
    positions = batch.select(
        "partition", "offset", pl.from_epoch("appended_ms", "ms").dt.replace_time_zone("UTC").alias("appended_at")
    )
    return pl.concat([positions, columns.drop("_row")], how="horizontal")


class ParquetSink:
    """One row group a batch; columns as decoded, zstd."""

    def __init__(self, path: Path, empty: pl.DataFrame) -> None:
        schema = empty.to_arrow(compat_level=pl.CompatLevel.oldest()).schema
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, batch: pl.DataFrame, table: pl.DataFrame) -> None:  # noqa: ARG002  # see `Sink`
        """See `Sink.write`."""
        self._writer.write_table(table.to_arrow(compat_level=pl.CompatLevel.oldest()))

    def close(self) -> None:
        """See `Sink.close`."""
        self._writer.close()


class JsonLinesSink:
    """One JSON object a line; times in ISO 8601, bytes in hexadecimal."""

    def __init__(self, path: Path) -> None:
        self._out: BinaryIO = path.open("xb")

    def write(self, batch: pl.DataFrame, table: pl.DataFrame) -> None:  # noqa: ARG002  # see `Sink`
        """See `Sink.write`."""
        self._out.write(json_lines(table))

    def close(self) -> None:
        """See `Sink.close`."""
        self._out.close()


def json_lines(table: pl.DataFrame) -> bytes:
    """The rows of a table, a JSON object a line."""
    lines = io.BytesIO()
    table.with_columns(pl.col(pl.Binary).bin.encode("hex")).write_ndjson(lines)
    return lines.getvalue()
