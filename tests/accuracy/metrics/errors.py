"""Errors by cause: which slip or kind of second report a missed pair has, which look-alike a false link took."""

import polars as pl

_CHANCE = "chance"


def missed_by_cause(judged: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """True pairs that are not linked, by what went into their reports; a pair counts under each of its causes.

    Every pair has one at least: who reported again.

    Args:
        judged: left, right, true, linked, reviewed.
        known: `tests.accuracy.truth.TRUTH`.

    Returns:
        cause, pairs (true ones with it), missed (neither linked nor in review), in_review, share (missed of pairs), the
        causes that cost most first.
    """
    went_in = known.select(
        "incident_id", causes=pl.concat_list("slips", "how").list.set_difference(pl.lit(["first"], pl.List(pl.String)))
    )
    every = (
        judged.filter("true")
        .join(went_in, left_on="left", right_on="incident_id")
        .join(went_in, left_on="right", right_on="incident_id", suffix="_right")
        .with_columns(cause=pl.col("causes").list.set_union("causes_right"))
    )
    return (
        every.explode("cause")
        .group_by("cause")
        .agg(
            pairs=pl.len(),
            missed=(~pl.col("linked") & ~pl.col("reviewed")).sum(),
            in_review=pl.col("reviewed").sum(),
        )
        .with_columns(share=pl.col("missed") / pl.col("pairs"))
        .sort(["missed", "share", "cause"], descending=[True, True, False])
    )


def false_by_cause(judged: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Pairs that are not true and were linked or put to review, by the look-alike that they are.

    Returns:
        cause (a category of near miss, ``network: kind``, or ``chance``), linked, in_review; most links first.
    """
    false = judged.filter(~pl.col("true") & (pl.col("linked") | pl.col("reviewed")))
    side = known.select("incident_id", "near_group", "near_category", "networks")
    both = false.join(side, left_on="left", right_on="incident_id").join(
        side, left_on="right", right_on="incident_id", suffix="_right"
    )
    shared = pl.col("networks").list.set_intersection("networks_right").list.first()
    cause = (
        pl.when(pl.col("near_group") == pl.col("near_group_right"))
        .then(pl.coalesce("near_category_right", "near_category"))
        .when(shared.is_not_null())
        .then(pl.lit("network: ") + shared.str.split("-").list.first())
        .otherwise(pl.lit(_CHANCE))
    )
    return (
        both.group_by(cause=cause)
        .agg(linked=pl.col("linked").sum(), in_review=pl.col("reviewed").sum())
        .sort(["linked", "in_review", "cause"], descending=[True, True, False])
    )
