"""What incidents add to the aggregates. Pure; the one definition of every aggregate.

An incident counts once under each key that any of its items has; items count as items. Mass is the sum over the items
whose mass is known and plausible; the others are counted beside it. Withdrawn incidents do not count at all. Incidents
of different policy classes never meet in one row; the milestone counts the community's alone.

A seizure that several incidents report counts once, through the one that stands for it: the others are *repeats*, which
add to ``reported`` and to nothing else. An incident is one by a case of the policy class that it has itself.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from projections.rows import incident_rows, item_rows
from schemas.policies import COMMUNITY_CLASS

__all__ = [
    "AGGREGATES",
    "MEASURES",
    "contributions",
    "contributions_of_rows",
    "difference",
    "incident_rows",
    "item_rows",
    "summed",
]

# Each aggregate with its key columns; a row is a key and its measures.
AGGREGATES: Mapping[str, Sequence[str]] = {
    "route_flow": ("policy_class", "departure", "transit", "destination", "substance_class", "period"),
    "place_heat": (
        "policy_class",
        "place_id",
        "place_name",
        "country",
        "latitude_udeg",
        "longitude_udeg",
        "substance_class",
        "period",
    ),
    "substance_timeline": ("policy_class", "substance_id", "substance_class", "period"),
    "agency_activity": ("policy_class", "agency_id", "incident_type", "period"),
    "milestone": ("name",),
}
_QUANTITIES = ("incidents", "reported", "items", "mass_ug", "items_without_mass")
MEASURES: Mapping[str, Sequence[str]] = {
    name: ("incidents", "reported") if name == "milestone" else _QUANTITIES for name in AGGREGATES
}
# Incidents that repeat what another one reports, each with the class of the case that says so.
REPEATS = pl.Schema({"incident_id": pl.String(), "policy_class": pl.Int64()})
# The one milestone counter: community incidents that are not withdrawn.
COUNTED_INCIDENTS = "incidents"


def contributions(columns: pl.DataFrame, repeats: pl.DataFrame | None = None) -> dict[str, pl.DataFrame]:
    """What these incidents contribute to each aggregate.

    Args:
        columns: enriched incidents as `policies.classified` gives them, each incident once, at its current revision.
        repeats: as `REPEATS`, of these and any other incidents; else there are none.

    Returns:
        For each of `AGGREGATES` its keys (String; policy class Int64; microdegrees Int32, null where unknown) and
        `MEASURES` (Int64; ``mass_ug`` Int128), each key once.

    Raises:
        ProjectionError: an enrichment does not match its items.
    """
    return contributions_of_rows(incident_rows(columns), item_rows(columns), repeats)


def contributions_of_rows(
    incident: pl.DataFrame, item: pl.DataFrame, repeats: pl.DataFrame | None = None
) -> dict[str, pl.DataFrame]:
    """The same out of the rows of the tables ``incident`` and ``item``."""
    counts = ~pl.col("withdrawn")
    incidents = _incident_keys(incident.filter(counts))
    items = _item_keys(item.filter(counts))
    by_substance = _once_each(items, "incident_id", "substance_id", "substance_class").join(incidents, on="incident_id")
    by_class = _summed(by_substance, ("incident_id", "substance_class"), once=True).join(incidents, on="incident_id")
    whole = incidents.join(_summed(by_class, ("incident_id",), once=True), on="incident_id", how="left").with_columns(
        pl.lit(1, dtype=pl.Int64).alias("incidents"),
        pl.lit(1, dtype=pl.Int64).alias("reported"),
        pl.col("items", "mass_ug", "items_without_mass").fill_null(0),
        pl.lit(COUNTED_INCIDENTS).alias("name"),
    )
    sources = {
        "route_flow": by_class,
        "place_heat": by_class,
        "substance_timeline": by_substance,
        "agency_activity": whole,
        "milestone": whole.filter(pl.col("policy_class") == COMMUNITY_CLASS),
    }
    if repeats is not None and repeats.height:
        repeated = incidents.join(repeats, on=["incident_id", "policy_class"], how="semi")["incident_id"]
        sources = {name: _only_reported(rows, repeated) for name, rows in sources.items()}
    return {name: _summed(sources[name], keys).select(*keys, *MEASURES[name]) for name, keys in AGGREGATES.items()}


def summed(name: str, parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Contributions to one aggregate added up, each key once."""
    return pl.concat(parts).group_by(AGGREGATES[name]).agg(pl.col(measure).sum() for measure in MEASURES[name])


def difference(new: Mapping[str, pl.DataFrame], old: Mapping[str, pl.DataFrame] | None) -> dict[str, pl.DataFrame]:
    """New contributions minus old ones, without the keys where nothing changes, in the order of their keys."""
    changes = {}
    for name, keys in AGGREGATES.items():
        measures = MEASURES[name]
        rows = new[name]
        if old is not None:
            minus = old[name].with_columns(pl.col(measure) * -1 for measure in measures)
            rows = pl.concat([rows, minus]).group_by(keys).agg(pl.col(measure).sum() for measure in measures)
            rows = rows.filter(pl.any_horizontal(pl.col(measure) != 0 for measure in measures))
        changes[name] = rows.sort(keys)
    return changes


def _incident_keys(counted: pl.DataFrame) -> pl.DataFrame:
    return counted.select(
        "incident_id",
        "policy_class",
        "departure",
        "transit",
        "destination",
        "agency_id",
        "incident_type",
        "period",
        pl.coalesce("place_id", pl.lit("country:") + pl.col("place_country"), pl.lit("")).alias("place_id"),
        pl.col("place_name").fill_null(""),
        pl.col("place_country").fill_null("").alias("country"),
        "latitude_udeg",
        "longitude_udeg",
    )


def _item_keys(counted: pl.DataFrame) -> pl.DataFrame:
    not_resolved = (
        pl.when(pl.col("substance_how") == "ambiguous").then(pl.lit("ambiguous")).otherwise(pl.lit("unknown"))
    )
    mass_counted = pl.col("mass_counted")
    return counted.select(
        "incident_id",
        pl.coalesce("substance_id", not_resolved).alias("substance_id"),
        pl.col("substance_class").fill_null(""),
        pl.lit(1, dtype=pl.Int64).alias("items"),
        pl.when(mass_counted).then("mass_ug").otherwise(0).cast(pl.Int128).alias("mass_ug"),
        (~mass_counted).cast(pl.Int64).alias("items_without_mass"),
    )


def _only_reported(rows: pl.DataFrame, repeated: pl.Series) -> pl.DataFrame:
    """The rows, of which those of the repeated incidents keep ``reported`` and have 0 in all else."""
    only = pl.col("incident_id").is_in(repeated.implode())
    return rows.with_columns(
        pl.when(only).then(pl.lit(0, dtype=rows.schema[measure])).otherwise(measure).alias(measure)
        for measure in _QUANTITIES
        if measure != "reported"
    )


def _once_each(items: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """One row an incident and key: the incident counts once there."""
    one = pl.lit(1, dtype=pl.Int64)
    return _summed(items.with_columns(one.alias("incidents"), one.alias("reported")), keys, once=True)


def _summed(rows: pl.DataFrame, keys: Sequence[str], *, once: bool = False) -> pl.DataFrame:
    """The measures summed by key; with ``once`` a key is of one incident, which counts once."""
    summed = rows.group_by(keys).agg(pl.col(measure).sum() for measure in _QUANTITIES)
    one = pl.lit(1, dtype=pl.Int64)
    return summed.with_columns(one.alias("incidents"), one.alias("reported")) if once else summed
