"""Where history is read from: the log itself, or an export of it; in batches of columns, never a record at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import polars as pl

from schemas.dictionary import SchemaDictionary
from schemas.reading import Record

RECORDS = pl.Schema(
    {
        "partition": pl.Int32(),
        "offset": pl.Int64(),
        "appended_ms": pl.Int64(),
        "key": pl.Binary(),
        "value": pl.Binary(),
    }
)
"""Columns of a batch: records as they lie in the topic, in order within each partition."""


class Span(NamedTuple):
    """Offsets of a partition from the first that is kept up to, and without, the end of what is committed."""

    first: int
    end: int


class Source(Protocol):
    """History of one deployment, standing still: what was read once can be read again."""

    name: str
    """What it is called in messages."""
    deployment: str

    def dictionary(self) -> SchemaDictionary:
        """The dictionary of schemas.

        Raises:
            IonicsError: it cannot be read.
        """

    def directory(self) -> Sequence[Record]:
        """The records of `ionics.directory`, in order.

        Raises:
            IonicsError: it cannot be read.
        """

    def spans(self, topic: str) -> dict[int, Span]:
        """The offsets of each partition of a topic as they are now.

        Raises:
            IonicsError: they cannot be told.
        """

    def batches(self, topic: str, spans: Mapping[int, Span]) -> Iterator[pl.DataFrame]:
        """Frames as `RECORDS` says, of some thousands of rows: the records within these offsets.

        Raises:
            IonicsError: they cannot be read.
        """


def rows_of(frame: pl.DataFrame, topic: str) -> list[Record]:
    """The rows of a frame as records without headers."""
    return [
        Record(topic, partition, offset, appended, key, value, ())
        for partition, offset, appended, key, value in frame.select(list(RECORDS)).iter_rows()
    ]
