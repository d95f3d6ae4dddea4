"""Which part of history is wanted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from projections.replay.source import Span
from schemas.errors import ReplayError


@dataclass(frozen=True)
class Selection:
    """A field left out admits all.

    Attributes:
        since: admitted at this moment or later.
        until: admitted before this moment.
        agency_id: reported by this agency.
        incident_id: an incident's id, or how it begins.
        operation_id: reported for this operation.
        partitions: of the topic.
        first: offset from which on, in each partition.
        last: offset up to which, this one included, in each partition.
    """

    since: datetime | None = None
    until: datetime | None = None
    agency_id: str | None = None
    incident_id: str | None = None
    operation_id: str | None = None
    partitions: frozenset[int] = frozenset()
    first: int | None = None
    last: int | None = None

    @property
    def by_position(self) -> bool:
        """Whether it names partitions or offsets."""
        return bool(self.partitions) or self.first is not None or self.last is not None

    def spans(self, spans: Mapping[int, Span]) -> dict[int, Span]:
        """The offsets to read, of all that there are.

        Raises:
            ReplayError: there is no such partition.
        """
        unknown = sorted(self.partitions - set(spans))
        if unknown:
            raise ReplayError(f"there is no partition {unknown[0]}; there are {min(spans)} to {max(spans)}")
        wanted = {number: span for number, span in spans.items() if not self.partitions or number in self.partitions}
        return {
            number: Span(
                max(span.first, 0 if self.first is None else self.first),
                span.end if self.last is None else min(span.end, self.last + 1),
            )
            for number, span in wanted.items()
        }

    def condition(self, columns: pl.DataFrame) -> pl.Expr:
        """Which rows of decoded columns are wanted.

        Raises:
            ReplayError: these records have no such field.
        """
        time = "admitted_at" if "admitted_at" in columns.columns else "admission_admitted_at"
        columns_of = {
            "since": time,
            "until": time,
            "agency_id": "agency_id",
            "incident_id": "incident_id",
            "operation_id": "operation_id",
        }
        wanted = pl.lit(value=True)
        for name, column in columns_of.items():
            value = getattr(self, name)
            if value is None:
                continue
            if column not in columns.columns:
                raise ReplayError(f"these records have no {column}; leave that option out")
            wanted &= _condition(name, pl.col(column), value).fill_null(value=False)
        return wanted


def _condition(name: str, column: pl.Expr, value: Any) -> pl.Expr:
    match name:
        case "since":
            return column >= pl.lit(value)
        case "until":
            return column < pl.lit(value)
        case "incident_id":
            return column.str.starts_with(str(value).lower())
        case _:
            return column == pl.lit(value)
