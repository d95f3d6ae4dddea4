"""Whether a probability means what it says: reliability bins, expected calibration error (Naeini et al. 2015)."""

import polars as pl

BINS = 10


def reliability(judged: pl.DataFrame) -> pl.DataFrame:
    """Bins of equal width over the predicted pairs that have a probability; empty bins are absent.

    Args:
        judged: probability (null where none was given), true.

    Returns:
        bin (from 0), pairs, probability (mean), true (share of true pairs).
    """
    given = judged.filter(pl.col("probability").is_not_null())
    bin_ = (pl.col("probability") * BINS).floor().clip(0, BINS - 1).cast(pl.UInt8)
    return (
        given.group_by(bin=bin_)
        .agg(pairs=pl.len(), probability=pl.col("probability").mean(), true=pl.col("true").mean())
        .sort("bin")
    )


def expected_error(bins: pl.DataFrame) -> float | None:
    """Mean distance of probability and share of true pairs over the bins, weighted by pairs; None without any."""
    if bins.is_empty():
        return None
    distance = (pl.col("probability") - pl.col("true")).abs()
    return float(bins.select((distance * pl.col("pairs")).sum() / pl.col("pairs").sum()).item())


def around(judged: pl.DataFrame, probability: float, within: float = 0.05) -> tuple[int, float | None]:
    """How many pairs have about a probability, and the share of them that is true; None where there are none."""
    near = judged.filter((pl.col("probability") - probability).abs() <= within)
    if near.is_empty():
        return 0, None
    return near.height, float(near["true"].sum() / near.height)
