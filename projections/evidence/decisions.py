"""Decisions: one for each submission, in its order; and incidents agree with them. Pure functions over frames."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from projections.evidence.findings import Finding
from schemas.topics import DECISIONS, INCIDENTS, SUBMISSIONS

_KEPT = ("ACCEPTED", "SUPERSEDED")
_SAID_OF_AN_EARLIER = ("SUPERSEDED", "DUPLICATE")
_SAME = (
    "incident_id",
    "event_id",
    "revision",
    "agency_id",
    "content_digest",
    "signed_digest",
    "admitted_at",
    "directory_offset",
    "rules_version",
)
"""What incident and decision both say."""


def decided_of(batch: pl.DataFrame, columns: pl.DataFrame) -> pl.DataFrame:
    """What the checks need of decoded records of `ionics.decisions`, one row each; arguments as `chain.facts_of`."""
    return columns.select(
        batch["partition"].gather(columns["_row"]).alias("partition"),
        batch["offset"].gather(columns["_row"]).alias("offset"),
        "submission_partition",
        "submission_offset",
        "outcome",
        *_SAME,
    )


def contiguity_findings(decided: pl.DataFrame, partition: int) -> Iterator[Finding]:
    """Whether the decisions of one partition are about submissions 0, 1, 2, … in this order, each once.

    Args:
        decided: as `decided_of` gives them, all of the partition, in order.
        partition: its number.
    """
    astray = decided.filter(pl.col("submission_partition") != partition)
    for row in astray.iter_rows(named=True):
        what = f"it is about partition {row['submission_partition']} of {SUBMISSIONS.name}"
        yield _of(row, "DECISION_OUT_OF_PLACE", what)
    position = pl.col("submission_offset")
    own = decided.filter(pl.col("submission_partition") == partition).with_columns(
        position.is_first_distinct().alias("first"),
        position.cum_max().shift(1, fill_value=-1).alias("highest"),
    )
    for row in own.filter(~pl.col("first")).iter_rows(named=True):
        what = f"submission {partition}/{row['submission_offset']} has an earlier decision"
        yield _of(row, "DOUBLED_DECISION", what)
    for row in own.filter(pl.col("first") & (position < pl.col("highest"))).iter_rows(named=True):
        what = f"submission {partition}/{row['submission_offset']} stands after {row['highest']}"
        yield _of(row, "DECISION_OUT_OF_PLACE", what)
    positions = own.filter("first").select(position.sort().alias("end"))
    gaps = positions.with_columns(pl.col("end").shift(1, fill_value=-1).alias("begin")).filter(
        pl.col("end") - pl.col("begin") > 1
    )
    for end, begin in gaps.select("end", "begin").iter_rows():
        first, last = begin + 1, end - 1
        named = f"submission {first}" if first == last else f"submissions {first} to {last}"
        where = f"{SUBMISSIONS.name}/{partition}/{first}"
        yield Finding("MISSING_DECISION", where, f"{named} of partition {partition} have no decision")


def agreement_findings(decided: pl.DataFrame, facts: pl.DataFrame) -> Iterator[Finding]:
    """Whether what was decided to be kept is in the log of truth, nothing else is, and both say the same.

    Args:
        decided: decisions of one partition, as `decided_of` gives them.
        facts: incidents of the same partition, as `chain.facts_of` gives them.
    """
    by_position = decided.unique("submission_offset", keep="first", maintain_order=True)
    twice = facts.filter(~pl.col("submission_offset").is_first_distinct())
    for row in twice.iter_rows(named=True):
        what = f"submission {row['partition']}/{row['submission_offset']} has an incident before this one"
        yield _of(row, "DOUBLED_INCIDENT", what, INCIDENTS.name)
    joined = facts.join(by_position, on="submission_offset", how="left", suffix="_decided", maintain_order="left")
    undecided = joined.filter(pl.col("outcome").is_null() | ~pl.col("outcome").is_in(_KEPT))
    for row in undecided.iter_rows(named=True):
        said = "has no decision" if row["outcome"] is None else f"was decided to be {row['outcome']}"
        what = f"its submission {row['partition']}/{row['submission_offset']} {said}"
        yield _of(row, "UNDECIDED_INCIDENT", what, INCIDENTS.name)
    kept = joined.filter(pl.col("outcome").is_in(_KEPT))
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_decided")).alias(f"{name}_differs") for name in _SAME]
    differs.append((pl.col("superseded") != (pl.col("outcome") == "SUPERSEDED")).alias("outcome_differs"))
    unequal = kept.with_columns(differs).filter(pl.any_horizontal(pl.col("^.*_differs$")))
    for row in unequal.iter_rows(named=True):
        names = [name.removesuffix("_differs") for name in row if name.endswith("_differs") and row[name]]
        what = f"{', '.join(names)} differ from the decision at {DECISIONS.name}/{row['partition']}/"
        yield _of(row, "DISAGREEMENT", what + str(row["offset_decided"]), INCIDENTS.name)
    yield from _missing(by_position, facts)


def _missing(by_position: pl.DataFrame, facts: pl.DataFrame) -> Iterator[Finding]:
    """ACCEPTED has its incident at its position; SUPERSEDED and DUPLICATE may be said of one that came earlier."""
    alone = by_position.join(facts, on="submission_offset", how="anti", maintain_order="left")
    for row in alone.filter(pl.col("outcome") == "ACCEPTED").iter_rows(named=True):
        yield _of(row, "MISSING_INCIDENT", f"it was ACCEPTED, and {INCIDENTS.name} does not hold it")
    of_earlier = alone.filter(pl.col("outcome").is_in(_SAID_OF_AN_EARLIER))
    lost = of_earlier.join(facts, on=("incident_id", "revision"), how="anti", maintain_order="left")
    for row in lost.iter_rows(named=True):
        what = f"it was decided to be {row['outcome']} of what {INCIDENTS.name} does not hold"
        yield _of(row, "MISSING_INCIDENT", what)


def _of(row: dict[str, Any], code: str, what: str, topic: str = DECISIONS.name) -> Finding:
    where = f"{topic}/{row['partition']}/{row['offset']}"
    return Finding(code, where, what, row["incident_id"], row["revision"])
