"""The pairs over which someone is measured: those that are true, and those that were predicted."""

import polars as pl

PREDICTED: dict[str, pl.DataType | type[pl.DataType]] = {
    "left": pl.String,
    "right": pl.String,
    "probability": pl.Float64,
    "outcome": pl.String,
}
"""What a predictor gives: incident ids with ``left`` < ``right``, each pair once; a probability or null; ``linked`` or
``review``."""


def checked(predicted: pl.DataFrame) -> pl.DataFrame:
    """The prediction, in the columns of `PREDICTED`.

    Raises:
        ValueError: it breaks the port: a pair twice or in the wrong order, another outcome, a probability outside 0…1.
    """
    found = predicted.select(pl.col(name).cast(type_) for name, type_ in PREDICTED.items())
    faults = {
        "left must come before right": found.filter(pl.col("left") >= pl.col("right")),
        "a pair must stand once": found.filter(found.select("left", "right").is_duplicated()),
        "outcome must be linked or review": found.filter(~pl.col("outcome").is_in(["linked", "review"])),
        "probability must lie in 0…1": found.filter(~pl.col("probability").is_between(0, 1)),
    }
    for rule, broken in faults.items():
        if not broken.is_empty():
            raise ValueError(f"{rule}: {broken.height} pairs break it, such as {broken.row(0)}")
    return found


def judged(predicted: pl.DataFrame, true: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """True and predicted pairs in one frame.

    Args:
        predicted: `PREDICTED`.
        true: left, right of all true pairs.
        units: incident_id, unit (an integer): what is resampled, such as the seizure.

    Returns:
        left, right, true, linked, reviewed (booleans), probability, unit_left, unit_right.
    """
    pairs = checked(predicted).join(
        true.select("left", "right", pl.lit(value=True).alias("true")), on=["left", "right"], how="full", coalesce=True
    )
    return _with_units(
        pairs.select(
            "left",
            "right",
            pl.col("true").fill_null(value=False),
            linked=(pl.col("outcome") == "linked").fill_null(value=False),
            reviewed=(pl.col("outcome") == "review").fill_null(value=False),
            probability="probability",
        ),
        units,
    )


def judged_labels(predicted: pl.DataFrame, labels: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """The labelled pairs alone, in the same columns; what is predicted of other pairs is unknown and left out.

    Args:
        predicted: `PREDICTED`.
        labels: left, right, label; UNCERTAIN ones are left out.
        units: as for `judged`.
    """
    decided = labels.filter(pl.col("label") != "UNCERTAIN")
    pairs = decided.join(checked(predicted), on=["left", "right"], how="left")
    return _with_units(
        pairs.select(
            "left",
            "right",
            true=pl.col("label") == "SAME",
            linked=(pl.col("outcome") == "linked").fill_null(value=False),
            reviewed=(pl.col("outcome") == "review").fill_null(value=False),
            probability="probability",
        ),
        units,
    )


def _with_units(pairs: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    known = units.select("incident_id", "unit")
    for side in ("left", "right"):
        pairs = pairs.join(known.rename({"incident_id": side, "unit": f"unit_{side}"}), on=side, how="left")
    if pairs["unit_left"].has_nulls() or pairs["unit_right"].has_nulls():
        raise ValueError("a pair names an incident that is not in the set")
    return pairs.sort("left", "right")
