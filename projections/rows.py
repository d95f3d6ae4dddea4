"""The rows of the tables that hold incidents, out of decoded columns. Pure; the one definition of each column."""

import polars as pl

from projections.itinerary import itineraries
from schemas.errors import ProjectionError


def is_withdrawn() -> pl.Expr:
    """True for a revision that withdraws its incident."""
    return pl.col("event_type") == "WITHDRAWN"


def is_delegated(columns: pl.DataFrame) -> pl.Expr:
    """True for a revision that its owner delegates; none under a schema that lacks the field."""
    return pl.col("delegation").is_not_null() if "delegation" in columns.columns else pl.lit(value=False)


def incident_rows(columns: pl.DataFrame) -> pl.DataFrame:
    """Rows of the table ``incident`` without the value.

    Args:
        columns: enriched incidents as the columnar decoder gives them, with their classes (`policies.classified`).

    Returns:
        One row an incident, in order, with the names of the table's columns.
    """
    return columns.hstack(itineraries(columns)).select(
        "incident_id",
        "revision",
        "event_type",
        is_withdrawn().alias("withdrawn"),
        "reason",
        "source_ref",
        "source_system",
        "agency_id",
        "reporting_country",
        "incident_type",
        "occurred_on",
        "occurred_precision",
        pl.col("enrichment_period").alias("period"),
        pl.col("enrichment_period_first").alias("period_first"),
        pl.col("enrichment_period_last").alias("period_last"),
        "reported_at",
        pl.col("admission_admitted_at").alias("admitted_at"),
        "tlp",
        "handling",
        "audience",
        "policy_class",
        pl.col("enrichment_place_country").alias("place_country"),
        pl.col("enrichment_place_country_how").alias("place_country_how"),
        pl.col("enrichment_place_id").alias("place_id"),
        pl.col("enrichment_place_name").alias("place_name"),
        pl.col("enrichment_place_how").alias("place_how"),
        pl.col("enrichment_place_latitude_udeg").alias("latitude_udeg"),
        pl.col("enrichment_place_longitude_udeg").alias("longitude_udeg"),
        "departure",
        "transit",
        "destination",
        "routing_direction",
        "transport_mode",
        "action_requested",
        "operation_id",
        pl.col("admission_content_digest").alias("content_digest"),
        pl.col("admission_signed_digest").alias("signed_digest"),
        pl.col("admission_key_id").alias("key_id"),
        pl.col("admission_doubts").alias("doubts"),
        pl.col("enrichment_reference_version").alias("reference_version"),
        "enrichment_error",
        is_delegated(columns).alias("delegated"),
    )


def revision_rows(columns: pl.DataFrame) -> pl.DataFrame:
    """Rows of the table ``incident_revision``: one for each event, in order."""
    return columns.select(
        "incident_id",
        "revision",
        "event_type",
        pl.col("admission_admitted_at").alias("admitted_at"),
        "reason",
        pl.col("admission_signed_digest").alias("signed_digest"),
        pl.col("admission_superseded").alias("superseded"),
        "policy_class",
    )


def item_rows(columns: pl.DataFrame) -> pl.DataFrame:
    """Rows of the table ``item``: ordered by incident as given, then by number, which counts from 0.

    Raises:
        ProjectionError: an enrichment has not one entry for each item, so nothing can be said of either.
    """
    _check_lengths(columns)
    enriched = pl.col("enrichment_substances").struct
    stated = pl.col("items").struct
    mass_counted = (enriched.field("plausibility") == "OK") & enriched.field("mass_ug").is_not_null()
    return (
        columns.filter(pl.col("items").list.len() > 0)
        .select(
            "incident_id",
            pl.int_ranges(pl.col("items").list.len(), dtype=pl.Int32).alias("item_no"),
            "items",
            "enrichment_substances",
            pl.col("enrichment_period").alias("period"),
            pl.col("enrichment_period_first").alias("period_first"),
            pl.col("admission_admitted_at").alias("admitted_at"),
            "policy_class",
            is_withdrawn().alias("withdrawn"),
        )
        .explode("item_no", "items", "enrichment_substances")
        .select(
            "incident_id",
            "item_no",
            stated.field("substance_text"),
            enriched.field("substance_id"),
            enriched.field("substance_class"),
            enriched.field("subclass"),
            enriched.field("effect_group"),
            enriched.field("active_substance_id"),
            enriched.field("substance_how"),
            enriched.field("substance_confidence"),
            enriched.field("candidates"),
            enriched.field("schedules"),
            enriched.field("schedule_listed"),
            stated.field("form"),
            stated.field("purity_pct"),
            enriched.field("amount"),
            enriched.field("unit"),
            enriched.field("mass_ug"),
            mass_counted.alias("mass_counted"),
            enriched.field("plausibility"),
            stated.field("amount_text"),
            stated.field("unit_text"),
            "period",
            "period_first",
            "admitted_at",
            "policy_class",
            "withdrawn",
        )
    )


def _check_lengths(columns: pl.DataFrame) -> None:
    uneven = columns.filter(pl.col("items").list.len() != pl.col("enrichment_substances").list.len())
    if uneven.height:
        raise ProjectionError(f"the enrichment of incident {uneven['incident_id'][0]} does not match its items")
