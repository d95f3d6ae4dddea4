"""What is true of a set of incidents, as frames: which are one seizure, which only look so, and why a pair is hard."""

from collections.abc import Iterable

import polars as pl

from tests.accuracy.labelled import LabelledPair
from tests.accuracy.world import Report

TRUTH: dict[str, pl.DataType | type[pl.DataType]] = {
    "incident_id": pl.String,
    "seizure": pl.UInt32,
    "near_group": pl.UInt32,
    "near_category": pl.String,
    "networks": pl.List(pl.String),
    "how": pl.String,
    "slips": pl.List(pl.String),
}
"""One row an incident. ``near_group`` is the seizure that others look like, its own number where none does."""


def truth(reports: Iterable[Report]) -> pl.DataFrame:
    """The truth of a world's reports, `TRUTH`, in their order."""
    rows = [
        (
            report.body["incident_id"],
            report.seizure,
            report.near.group if report.near else report.seizure,
            report.near.category if report.near else None,
            report.networks,
            report.how,
            report.slips,
        )
        for report in reports
    ]
    return pl.DataFrame(rows, TRUTH, orient="row")


def same_seizure(of: pl.DataFrame) -> pl.DataFrame:
    """All pairs of incidents of one seizure, ``left`` < ``right``.

    Args:
        of: ``incident_id`` and ``seizure``.
    """
    known = of.select("incident_id", "seizure")
    pairs = known.join(known, on="seizure", suffix="_right").filter(pl.col("incident_id") < pl.col("incident_id_right"))
    return pairs.select(left="incident_id", right="incident_id_right")


def same_network(of: pl.DataFrame) -> pl.DataFrame:
    """All pairs of incidents of different seizures that share a network, once for each kind.

    Args:
        of: ``incident_id``, ``seizure`` and ``networks``.

    Returns:
        left, right (``left`` < ``right``), kind.
    """
    known = of.select("incident_id", "seizure", network="networks").explode("network").drop_nulls("network")
    pairs = known.join(known, on="network", suffix="_right").filter(
        (pl.col("incident_id") < pl.col("incident_id_right")) & (pl.col("seizure") != pl.col("seizure_right"))
    )
    kind = pl.col("network").str.split("-").list.first()
    return pairs.select(left="incident_id", right="incident_id_right", kind=kind).unique(maintain_order=True)


def labels(pairs: Iterable[LabelledPair]) -> pl.DataFrame:
    """Labelled pairs as a frame: left, right, label, category, row_a, row_b, reason."""
    rows = [
        (pair.left, pair.right, pair.rows.label, pair.rows.category, pair.rows.row_a, pair.rows.row_b, pair.rows.reason)
        for pair in pairs
    ]
    return pl.DataFrame(rows, ["left", "right", "label", "category", "row_a", "row_b", "reason"], orient="row")
