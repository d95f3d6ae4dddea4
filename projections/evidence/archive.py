"""An export that can be verified elsewhere: a directory of Parquet files, the original bytes in them, and a manifest.

Each file holds one topic, the columns of `RECORDS`. The manifest names the files with their SHA-256 and what they hold.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from projections.evidence.findings import Finding
from projections.replay.completeness import Tally, digest_of
from projections.replay.source import RECORDS, Span, rows_of
from schemas.dictionary import SchemaDictionary
from schemas.errors import ReplayError
from schemas.reading import Record
from schemas.topics import DECISIONS, DIRECTORY, INCIDENTS, SCHEMAS

FORMAT = "ionics-export/1"
TOPICS = (INCIDENTS.name, DECISIONS.name, DIRECTORY.name, SCHEMAS.name)
_MANIFEST = "manifest.json"
_ARROW = pa.schema(
    [
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("appended_ms", pa.int64()),
        ("key", pa.binary()),
        ("value", pa.binary()),
    ]
)


def file_of(topic: str) -> str:
    """The name of the file of a topic."""
    return f"{topic.removeprefix('ionics.')}.parquet"


class ArchiveWriter:
    """Writes an export into an empty directory; memory does not grow with its length."""

    def __init__(self, place: Path, deployment: str) -> None:
        place.mkdir()
        self._place, self._deployment = place, deployment
        self._files = {topic: pq.ParquetWriter(place / file_of(topic), _ARROW, compression="zstd") for topic in TOPICS}
        self._tallies = {topic: Tally() for topic in TOPICS}

    def write(self, topic: str, batch: pl.DataFrame) -> None:
        """Append records, as `RECORDS` says."""
        if batch.height:
            self._tallies[topic].add(batch)
            table = batch.select(list(RECORDS)).to_arrow(compat_level=pl.CompatLevel.oldest())
            self._files[topic].write_table(table.cast(_ARROW))

    def finish(self, at: datetime) -> dict[str, Any]:
        """Write the manifest, which says when the export was made; the manifest."""
        self.close()
        manifest = {
            "format": FORMAT,
            "deployment": self._deployment,
            "exported_at": at.isoformat(timespec="seconds"),
            "files": {topic: self._described(topic) for topic in TOPICS},
        }
        (self._place / _MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n")
        return manifest

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _described(self, topic: str) -> dict[str, Any]:
        extents = self._tallies[topic].extents()
        return {
            "file": file_of(topic),
            "sha256": _sha256(self._place / file_of(topic)),
            "records": sum(extent.records for extent in extents.values()),
            "digest": digest_of(extents),
            "partitions": {str(number): extent.document() for number, extent in extents.items()},
        }


class Archive:
    """An export as a source of history; see `Source`.

    Attributes:
        manifest: as it stands in the export.

    Raises:
        ReplayError: there is no export of this format.
    """

    def __init__(self, place: Path) -> None:
        self._place, self.name = place, str(place)
        try:
            self.manifest: dict[str, Any] = orjson.loads((place / _MANIFEST).read_bytes())
            self.deployment = str(self.manifest["deployment"])
            known = self.manifest["format"] == FORMAT and set(TOPICS) <= set(self.manifest["files"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ReplayError(f"{place} is no export: its {_MANIFEST} cannot be read ({error})") from error
        if not known:
            raise ReplayError(f"{place / _MANIFEST} is not of the format {FORMAT}; use the version that wrote it")

    def changed(self) -> Iterator[Finding]:
        """The files that are not those that the manifest names."""
        for topic in TOPICS:
            path = self._place / file_of(topic)
            found = _sha256(path) if path.exists() else "nothing"
            named = self.manifest["files"][topic]["sha256"]
            if found != named:
                yield Finding("FILE_CHANGED", str(path), f"SHA-256 is {found}, the manifest says {named}")

    def dictionary(self) -> SchemaDictionary:
        """See `Source.dictionary`."""
        return SchemaDictionary().fold(self._records(SCHEMAS.name))

    def directory(self) -> Sequence[Record]:
        """See `Source.directory`."""
        return list(self._records(DIRECTORY.name))

    def spans(self, topic: str) -> dict[int, Span]:
        """See `Source.spans`."""
        found: dict[int, Span] = {}
        for part in self._parts(topic, ["partition", "offset"]):
            bounds = part.group_by("partition").agg(pl.col("offset").min().alias("first"), pl.col("offset").max())
            for number, first, last in bounds.iter_rows():
                known = found.get(number, Span(first, last + 1))
                found[number] = Span(min(known.first, first), max(known.end, last + 1))
        return dict(sorted(found.items()))

    def batches(self, topic: str, spans: Mapping[int, Span]) -> Iterator[pl.DataFrame]:
        """See `Source.batches`."""
        within = pl.lit(value=False)
        for number, span in spans.items():
            inside = pl.col("offset").is_between(span.first, span.end, closed="left")
            within |= (pl.col("partition") == number) & inside
        for part in self._parts(topic, list(RECORDS), spans):
            rows = part.filter(within)
            if rows.height:
                yield rows

    def _records(self, topic: str) -> Iterator[Record]:
        for batch in self._parts(topic, list(RECORDS)):
            yield from rows_of(batch, topic)

    def _parts(self, topic: str, columns: list[str], spans: Mapping[int, Span] | None = None) -> Iterator[pl.DataFrame]:
        """Row groups one by one, but those that hold none of the partitions."""
        path = self._place / file_of(topic)
        try:
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    if spans is None or _may_hold(file.metadata.row_group(group).column(0).statistics, spans):
                        yield pl.DataFrame(file.read_row_group(group, columns)).cast(
                            {name: RECORDS[name] for name in columns}
                        )
        except (OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:
            raise ReplayError(f"{path} cannot be read: {error}") from error


def _may_hold(statistics: Any, spans: Mapping[int, Span]) -> bool:
    if statistics is None or not statistics.has_min_max:
        return True
    return any(statistics.min <= number <= statistics.max for number in spans)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
