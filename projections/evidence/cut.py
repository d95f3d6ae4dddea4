"""Where to end in a log that is being written, so that incidents and decisions end with the same submission.

Admission writes both in one transaction. The ends are asked for in this order: decisions, incidents, decisions. So
each incident below its end has its decision below the last end, and each decision below the first end has its incident.
A decision between the two ends counts only where the incidents have come as far as it.
"""

import polars as pl

from projections.replay.source import Source, Span
from schemas.topics import DECISIONS, INCIDENTS


class Cut:
    """The offsets to read of `ionics.incidents` and `ionics.decisions`.

    Attributes:
        incidents: partition → offsets.
        decisions: partition → offsets, of which `keeps` keeps those that count.
    """

    def __init__(self, source: Source) -> None:
        self._before = source.spans(DECISIONS.name)
        self.incidents = source.spans(INCIDENTS.name)
        self.decisions = source.spans(DECISIONS.name)

    @property
    def partitions(self) -> list[int]:
        """The partitions of both topics."""
        return sorted({*self.incidents, *self.decisions})

    @property
    def incidents_at_most(self) -> int:
        """Incidents to read, counted by offsets."""
        return sum(span.end - span.first for span in self.incidents.values())

    @property
    def offsets(self) -> int:
        """Offsets to read of both topics."""
        return self.incidents_at_most + sum(span.end - span.first for span in self.decisions.values())

    def keeps(self, partition: int, submissions: pl.Series) -> pl.Expr:
        """Which decisions count, over the columns `offset` and `submission_offset`.

        Args:
            partition: of the decisions.
            submissions: submission offsets of the incidents that were read of this partition.
        """
        last, end = submissions.max(), self._before.get(partition, Span(0, 0)).end
        return (pl.col("offset") < end) | (pl.col("submission_offset") <= (-1 if last is None else last))
