"""From where, over what and to where an incident's consignment went, in cells that can be grouped.

A cell is an ISO 3166-1 alpha-3 code, or what was stated instead: ``UNKNOWN``, ``MULTIPLE``, ``OTHER``, or
``UNRESOLVED``. An itinerary without the leg has an empty cell.
"""

import polars as pl

_STATED = {"unknown_stated": "UNKNOWN", "multiple": "MULTIPLE", "other_stated": "OTHER"}
_UNRESOLVED = "UNRESOLVED"
_ROLES = ("DEPARTURE", "TRANSIT", "SEIZURE", "DESTINATION")
_VIA = ">"


def itineraries(columns: pl.DataFrame) -> pl.DataFrame:
    """The itinerary of each incident: the first departure, the last destination, and what lies between.

    Transit is the countries of the transit legs in order, joined by ``>``, then where it was seized (the first seizure
    leg, else the place of the incident), if departure and destination are countries and it is a third one that is not
    among them yet.

    Args:
        columns: enriched incidents as the columnar decoder gives them.

    Returns:
        departure, transit, destination: String, never null; one row an incident, in order.
    """
    numbered = columns.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("number"),
        pl.col("enrichment_place_country").alias("place"),
        pl.col("route"),
        pl.col("enrichment_legs"),
    )
    legs = (
        numbered.filter(pl.col("route").list.len() > 0)
        .select("number", "route", "enrichment_legs")
        .explode("route", "enrichment_legs")
        .select(
            "number",
            pl.col("route").struct.field("role"),
            pl.col("enrichment_legs").struct.field("country"),
            pl.col("enrichment_legs").struct.field("how"),
        )
        .filter(pl.col("role").is_in(_ROLES))
        .with_columns(
            pl.coalesce(
                "country", pl.col("how").replace_strict(_STATED, default=_UNRESOLVED, return_dtype=pl.String)
            ).alias("cell")
        )
    )
    role = pl.col("role")
    by_incident = legs.group_by("number", maintain_order=True).agg(
        pl.col("cell").filter(role == "DEPARTURE").first().alias("departure"),
        pl.col("country").filter(role == "DEPARTURE").first().is_not_null().alias("from_country"),
        pl.col("cell").filter(role == "DESTINATION").last().alias("destination"),
        pl.col("country").filter(role == "DESTINATION").last().is_not_null().alias("to_country"),
        pl.col("cell").filter(role == "TRANSIT").alias("via"),
        (role == "SEIZURE").any().alias("has_seizure"),
        pl.col("country").filter(role == "SEIZURE").first().alias("seized"),
    )
    found = numbered.select("number", "place").join(by_incident, on="number", how="left", maintain_order="left")
    found = found.with_columns(
        pl.when("has_seizure").then("seized").otherwise("place").alias("seized"),
        pl.col("via").fill_null(pl.lit([], dtype=pl.List(pl.String))),
    )
    seized = pl.col("seized")
    is_between = (
        pl.col("from_country")
        & pl.col("to_country")
        & seized.is_not_null()
        & (seized != pl.col("departure"))
        & (seized != pl.col("destination"))
        & ~pl.col("via").list.contains(seized)
    )
    return found.select(
        pl.col("departure").fill_null(""),
        pl.when(is_between)
        .then(pl.concat_list("via", "seized").list.join(_VIA))
        .otherwise(pl.col("via").list.join(_VIA))
        .alias("transit"),
        pl.col("destination").fill_null(""),
    )
