"""Whether each admitted incident was enriched once, and nothing else was. Pure functions over frames."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from projections.evidence.findings import Finding
from schemas.codec import FRAME_BYTES
from schemas.topics import INCIDENTS

SUBMISSION = "submission_offset"


def made_of(batch: pl.DataFrame, columns: pl.DataFrame) -> pl.DataFrame:
    """What the checks need of decoded enriched incidents, one row each; arguments as `evidence.chain.facts_of`."""
    return columns.select(
        batch["partition"].gather(columns["_row"]).alias("partition"),
        batch["offset"].gather(columns["_row"]).alias("offset"),
        "incident_id",
        "revision",
        pl.col("admission_submission_offset").alias(SUBMISSION),
        pl.col("admission_signed_digest").alias("signed_digest"),
        pl.col("items").list.len().cast(pl.Int64).alias("items"),
        batch["value"].gather(columns["_row"]).alias("value"),
    )


def origin_findings(made: pl.DataFrame, admitted: pl.DataFrame, topic: str) -> Iterator[Finding]:
    """What of some enriched incidents is not of an admitted one.

    Args:
        made: as `made_of` gives them.
        admitted: incidents of the same partition: `submission_offset` and `value`.
        topic: of the enriched incidents.
    """
    origins = admitted.unique(SUBMISSION, keep="first").select(SUBMISSION, pl.col("value").alias("origin"))
    joined = made.join(origins, on=SUBMISSION, how="left", maintain_order="left")
    for row in joined.filter(pl.col("origin").is_null()).iter_rows(named=True):
        yield _of(row, topic, "FOREIGN_ENRICHED", f"submission {row['partition']}/{row[SUBMISSION]} has no incident")
    begins = pl.col("value").bin.slice(FRAME_BYTES).bin.starts_with(pl.col("origin").bin.slice(FRAME_BYTES))
    for row in joined.filter(~begins).iter_rows(named=True):
        yield _of(row, topic, "ENRICHED_DIFFERS", "its first bytes are not those of the incident")


def count_findings(made: pl.DataFrame, admitted: pl.DataFrame, topic: str, next_: int) -> tuple[list[Finding], int]:
    """What of a partition was enriched twice, or not at all; and how many incidents wait for it.

    Args:
        made: all enriched incidents of the partition, in order, as `made_of` gives them; without `value`.
        admitted: all incidents of the partition: `offset`, `submission_offset`, `incident_id`, `revision`.
        topic: of the enriched incidents.
        next_: the next offset of `ionics.incidents` that enrichment was going to read, before `made` was read.
    """
    twice = made.filter(~pl.col(SUBMISSION).is_first_distinct())
    found = [
        _of(row, topic, "DOUBLED_ENRICHED", f"submission {row['partition']}/{row[SUBMISSION]} was enriched before")
        for row in twice.iter_rows(named=True)
    ]
    last = made[SUBMISSION].max()
    without = admitted.join(made, on=SUBMISSION, how="anti", maintain_order="left")
    passed = (pl.col("offset") < next_) | (pl.col(SUBMISSION) < (-1 if last is None else last))
    missing = without.filter(passed)
    found += [
        _of(row, INCIDENTS.name, "MISSING_ENRICHED", f"{topic} does not hold it, and enrichment has gone past it")
        for row in missing.iter_rows(named=True)
    ]
    return found, without.height - missing.height


def _of(row: dict[str, Any], topic: str, code: str, what: str) -> Finding:
    return Finding(code, f"{topic}/{row['partition']}/{row['offset']}", what, row["incident_id"], row["revision"])
