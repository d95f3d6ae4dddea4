"""Writing an export: incidents and decisions up to one cut, the whole directory, and the schemas."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from projections.evidence.archive import ArchiveWriter
from projections.evidence.cut import Cut
from projections.replay.decoding import KindDecoder
from projections.replay.publishing import published
from projections.replay.source import Source, Span
from schemas.columnar import ROW
from schemas.topics import DECISIONS, DIRECTORY, INCIDENTS, SCHEMAS

Progress = Callable[[int, int], None]


def export(
    source: Source,
    place: Path,
    at: datetime,
    leaving: Callable[[Sequence[str]], None],
    progress: Progress = lambda _done, _total: None,
) -> dict[str, Any]:
    """Export all history into a new directory; its manifest.

    Args:
        source: the log.
        place: the directory; it appears when it is whole.
        at: now.
        leaving: called with the ids of incidents before they are written.
        progress: called with how many offsets were read, and how many there are.

    Raises:
        ReplayError: the directory exists or cannot be written.
        IonicsError: the log cannot be read, or `leaving` objects.
    """
    with published(place) as beside:
        writer = ArchiveWriter(beside, source.deployment)
        try:
            _Export(source, writer, leaving, progress).run()
            return writer.finish(at)
        finally:
            writer.close()


class _Export:
    def __init__(
        self, source: Source, writer: ArchiveWriter, leaving: Callable[[Sequence[str]], None], progress: Progress
    ) -> None:
        self._source, self._writer, self._leaving, self._progress = source, writer, leaving, progress
        self._cut, self._done = Cut(source), 0
        dictionary = source.dictionary()
        self._incidents, self._decisions = KindDecoder(dictionary, "admitted"), KindDecoder(dictionary, "decision")

    def run(self) -> None:
        """The directory comes last: it must reach as far as any decision that was read."""
        for partition in self._cut.partitions:
            self._write_decisions(partition, self._write_incidents(partition))
        for topic in (DIRECTORY.name, SCHEMAS.name):
            for batch in self._source.batches(topic, self._source.spans(topic)):
                self._writer.write(topic, batch)

    def _write_incidents(self, partition: int) -> pl.Series:
        """Write those of a partition; their submission offsets."""
        positions = [pl.Series(dtype=pl.Int64)]
        for batch in self._source.batches(INCIDENTS.name, _only(self._cut.incidents, partition)):
            columns = self._incidents.decode(batch["value"].to_list()).columns
            self._leaving(columns["incident_id"].unique(maintain_order=True).to_list())
            positions.append(columns["admission_submission_offset"].alias(""))
            self._write(INCIDENTS.name, batch, batch)
        return pl.concat(positions)

    def _write_decisions(self, partition: int, positions: pl.Series) -> None:
        keeps = self._cut.keeps(partition, positions) | pl.col("submission_offset").is_null()
        for batch in self._source.batches(DECISIONS.name, _only(self._cut.decisions, partition)):
            decoded = self._decisions.decode(batch["value"].to_list()).columns.select(ROW, "submission_offset")
            # One that does not decode stays: it is for the verifier to say so.
            rows = batch.with_row_index(ROW).join(decoded, on=ROW, how="left", maintain_order="left").filter(keeps)
            self._write(DECISIONS.name, batch, rows)

    def _write(self, topic: str, batch: pl.DataFrame, rows: pl.DataFrame) -> None:
        self._writer.write(topic, rows)
        self._done += batch.height
        self._progress(self._done, self._cut.offsets)


def _only(spans: Mapping[int, Span], partition: int) -> dict[int, Span]:
    return {partition: spans[partition]} if partition in spans else {}
