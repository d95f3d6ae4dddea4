"""What matching looks at: an incident's enriched columns as comparable features. Pure, a batch at a time.

A value that says nothing (null, UNKNOWN, a class of substances) is null here, so that it never counts as a difference.
"""

from dataclasses import dataclass

import polars as pl

from schemas.policies import classified
from stream_processors.match.spelling import each_text, folded, folded_companies, folded_references, telling_places
from stream_processors.reference.normalise import normalise_name

ITEMS_COMPARED = 8
"""Items of an incident that are compared: those of most mass; a report may have a thousand."""
TOKENS_COMPARED = 16
LOOKED_AT = (
    *("incident_id", "revision", "event_type", "agency_id", "audience", "tlp", "admission_admitted_at"),
    *("location", "route", "transport_mode", "trafficking_channel", "concealment", "shipment", "items", "entities"),
    *("action_requested", "enrichment_period_first", "enrichment_period_last", "enrichment_legs"),
    *("enrichment_place_id", "enrichment_place_name", "enrichment_place_country", "enrichment_place_how"),
    *("enrichment_place_latitude_udeg", "enrichment_place_longitude_udeg", "enrichment_substances"),
)
"""The columns of enriched incidents that matching needs."""
TEXT = "text:"
"""How the name of a substance begins that nobody could resolve."""
_SAYS_NOTHING = ("UNKNOWN", "OTHER")
_LAND = ("ROAD", "RAIL", "LAND", "PEDESTRIAN")
_NAMED = ("COMPANY", "VESSEL", "VENDOR_HANDLE", "AIRCRAFT", "WEBSITE")


@dataclass(frozen=True)
class Features:
    """Features of incidents at one revision each.

    Attributes:
        rows: one row an incident: incident_id, revision, withdrawn, admitted_ms, policy_class, agency_id, first_day and
            last_day (days since 1970), country, place_id, place (its telling words), place_label, latitude, longitude
            (microdegrees), region (folded), departure, destination, origin (countries), mode, installation, channel,
            concealment (codes in order, joined by +), reference (folded), asks (an action is requested).
        items: row, substance (an identity, or ``text:`` and the name), substance_class, amount, unit, mass_ug, purity,
            substance_label and amount_label (as reported); at most ITEMS_COMPARED a row, the greatest first.
        tokens: row, kind, token (folded), label (as reported): what names a consignment, a company, a mark.
    """

    rows: pl.DataFrame
    items: pl.DataFrame
    tokens: pl.DataFrame


def features(columns: pl.DataFrame) -> Features:
    """Features of enriched incidents, in order.

    Args:
        columns: those of LOOKED_AT, as the columnar decoder gives them; others do not matter.
    """
    numbered = classified(columns).with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"))
    rows = numbered.select(_OF_ROW).hstack(routes_of(numbered))
    return Features(rows, _items(numbered), tokens_of(numbered))


def _placed(name: str) -> pl.Expr:
    """What is known of the place itself; the middle of its country is none."""
    return pl.when(pl.col("enrichment_place_how") == "country").then(None).otherwise(pl.col(name))


def _stated(code: pl.Expr) -> pl.Expr:
    return pl.when(code.is_in(_SAYS_NOTHING)).then(None).otherwise(code)


_LOCATION, _SHIPMENT = pl.col("location").struct, pl.col("shipment").struct
_OF_ROW = (
    "incident_id",
    "revision",
    (pl.col("event_type") == "WITHDRAWN").alias("withdrawn"),
    pl.col("admission_admitted_at").dt.epoch("ms").alias("admitted_ms"),
    "policy_class",
    "agency_id",
    pl.col("enrichment_period_first").cast(pl.Int32).alias("first_day"),
    pl.col("enrichment_period_last").cast(pl.Int32).alias("last_day"),
    pl.col("enrichment_place_country").alias("country"),
    _placed("enrichment_place_id").alias("place_id"),
    pl.coalesce(_placed("enrichment_place_name"), _LOCATION.field("place_text"))
    .map_batches(telling_places, return_dtype=pl.String)
    .alias("place"),
    pl.coalesce(_LOCATION.field("place_text"), _placed("enrichment_place_name")).alias("place_label"),
    _placed("enrichment_place_latitude_udeg").alias("latitude"),
    _placed("enrichment_place_longitude_udeg").alias("longitude"),
    _LOCATION.field("subdivision_text").map_batches(folded, return_dtype=pl.String).alias("region"),
    _stated(pl.when(pl.col("transport_mode").is_in(_LAND)).then(pl.lit("LAND")).otherwise("transport_mode")).alias(
        "mode"
    ),
    _stated(_LOCATION.field("installation")).alias("installation"),
    _stated(pl.col("trafficking_channel")).alias("channel"),
    pl.col("concealment")
    .list.eval(_stated(pl.element().struct.field("code")))
    .list.drop_nulls()
    .list.unique()
    .list.sort()
    .list.join("+")
    .replace("", None)
    .alias("concealment"),
    _SHIPMENT.field("reference").map_batches(folded_references, return_dtype=pl.String).alias("reference"),
    (pl.col("action_requested") != "NONE").alias("asks"),
)
"""The columns of `Features.rows` but for the route."""


def routes_of(numbered: pl.DataFrame) -> pl.DataFrame:
    """Countries of origin, departure and destination."""
    legs = (
        numbered.lazy()
        .select("row", "route", "enrichment_legs")
        .filter(pl.col("route").list.len() > 0)
        .filter(pl.col("route").list.len() == pl.col("enrichment_legs").list.len())
        .explode("route", "enrichment_legs")
        .select(
            "row",
            pl.col("route").struct.field("role"),
            pl.col("enrichment_legs").struct.field("country"),
        )
        .filter(pl.col("country").is_not_null())
    )
    role, country = pl.col("role"), pl.col("country")
    ends = legs.group_by("row", maintain_order=True).agg(
        country.filter(role == "ORIGIN").first().alias("origin"),
        country.filter(role == "DEPARTURE").first().alias("departure"),
        country.filter(role == "DESTINATION").last().alias("destination"),
    )
    return (
        numbered.lazy()
        .select("row")
        .join(ends, on="row", how="left", maintain_order="left")
        .select("origin", "departure", "destination")
        .collect()
    )


def _items(numbered: pl.DataFrame) -> pl.DataFrame:
    stated, found = pl.col("items").struct, pl.col("enrichment_substances").struct
    identity = found.field("substance_id")
    exploded = (
        numbered.lazy()
        .select("row", "items", "enrichment_substances")
        .filter(
            (pl.col("items").list.len() > 0)
            & (pl.col("items").list.len() == pl.col("enrichment_substances").list.len())
        )
        .explode("items", "enrichment_substances")
        .select(
            "row",
            pl.when(identity.str.starts_with("class:")).then(None).otherwise(identity).alias("identity"),
            (identity.is_null() & (found.field("candidates").list.len() == 0)).alias("unresolved"),
            stated.field("substance_text"),
            found.field("substance_class"),
            found.field("amount"),
            found.field("unit"),
            found.field("mass_ug"),
            stated.field("purity_pct").alias("purity"),
            pl.concat_str([stated.field("amount_text"), stated.field("unit_text")], separator=" ", ignore_nulls=True)
            .replace("", None)
            .alias("amount_label"),
        )
    )
    named = pl.lit(TEXT) + pl.col("substance_text").map_batches(_normal_names, return_dtype=pl.String)
    return (
        exploded.with_columns(
            pl.coalesce("identity", pl.when("unresolved").then(named)).alias("substance"),
        )
        .sort("row", "mass_ug", "substance", descending=[False, True, False], nulls_last=True, maintain_order=True)
        .group_by("row", maintain_order=True)
        .head(ITEMS_COMPARED)
        .select(
            *("row", "substance", "substance_class", "amount", "unit", "mass_ug", "purity"),
            pl.col("substance_text").alias("substance_label"),
            "amount_label",
        )
        .collect()
    )


def _normal_names(texts: pl.Series) -> pl.Series:
    return each_text(texts, normalise_name)


def tokens_of(numbered: pl.DataFrame) -> pl.DataFrame:
    """What names a consignment, a company, a vessel, a mark; each once a row."""
    every = numbered.lazy()
    shipments = every.select(
        "row",
        pl.lit("reference").alias("kind"),
        pl.col("shipment").struct.field("reference").alias("label"),
    )
    found = [shipments]
    if numbered["concealment"].list.len().sum():
        found.append(
            every.select("row", "concealment")
            .filter(pl.col("concealment").list.len() > 0)
            .explode("concealment")
            .select(
                "row",
                pl.lit("packaging_mark").alias("kind"),
                pl.col("concealment").struct.field("packaging_mark").alias("label"),
            )
        )
    if numbered["entities"].list.len().sum():
        entity = pl.col("entities").struct
        entities = (
            every.select("row", "entities")
            .filter(pl.col("entities").list.len() > 0)
            .explode("entities")
            .select("row", *(entity.field(name) for name in ("kind", "name", "identifier")))
            .filter(pl.col("kind").is_in(_NAMED))
            .with_columns(pl.col("kind").str.to_lowercase())
        )
        found.append(entities.select("row", "kind", pl.col("name").alias("label")))
        found.append(entities.select("row", pl.col("kind") + "_identifier", pl.col("identifier").alias("label")))
    as_reference = (pl.col("kind") == "reference") | pl.col("kind").str.ends_with("_identifier")
    label = pl.col("label")
    return (
        pl.concat(found)
        .drop_nulls("label")
        .with_columns(
            pl.coalesce(
                pl.when(as_reference).then(label).map_batches(folded_references, return_dtype=pl.String),
                pl.when(~as_reference).then(label).map_batches(folded_companies, return_dtype=pl.String),
            ).alias("token")
        )
        .drop_nulls("token")
        .unique(["row", "kind", "token"], keep="first", maintain_order=True)
        .sort("row", "kind", "token", maintain_order=True)
        .group_by("row", maintain_order=True)
        .head(TOKENS_COMPARED)
        .select("row", "kind", "token", "label")
        .collect()
    )
