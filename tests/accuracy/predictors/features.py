"""Columns for Splink: what a careful user of it would prepare from the enriched incidents.

It gets all that enrichment resolves (substances, countries, places, masses), so that script, language and unit cost it
nothing; free text is folded, tracking numbers and names are cut to letters and digits.
"""

import polars as pl

_MASS_UG = 1_000
_LADDER = 0.08
_KINDS_OF_REGION = r"\b(provincia de|region|область|oblast|oblysy|province)\b"


def features(enriched: pl.DataFrame) -> pl.DataFrame:
    """One row an incident, plain values and lists of text; null where nothing is known.

    Columns: unique_id, agency, kind, country, day (only of precision DAY), month, yearday, week, week_shifted,
    substances, main_substance, amounts, amounts_rounded, amount (the main one as text), mass (a number), digits,
    mass_step, mass_step_shifted, place, place_text, region, latitude, longitude, tracking, names, marks, departure,
    destination, transport, hiding.
    """
    location, items = pl.col("location").struct, pl.col("enrichment_substances")
    exact = pl.col("occurred_precision") == "DAY"
    day = pl.when(exact).then("occurred_on")
    ordinal = pl.col("occurred_on").cast(pl.Int32)
    base = enriched.select(
        pl.col("incident_id").alias("unique_id"),
        pl.col("agency_id").alias("agency"),
        pl.col("incident_type").alias("kind"),
        pl.coalesce("enrichment_place_country", "reporting_country").alias("country"),
        day.cast(pl.String).alias("day"),
        pl.col("occurred_on").dt.strftime("%Y-%m").alias("month"),
        day.dt.strftime("%m-%d").alias("yearday"),
        pl.when(exact).then(ordinal // 7).alias("week"),
        pl.when(exact).then((ordinal + 3) // 7).alias("week_shifted"),
        pl.coalesce("enrichment_place_id", _folded(location.field("place_text"))).alias("place"),
        _folded(location.field("place_text")).alias("place_text"),
        _folded(location.field("subdivision_text"))
        .str.replace_all(_KINDS_OF_REGION, "")
        .str.strip_chars()
        .alias("region"),
        (pl.col("enrichment_place_latitude_udeg") / 1e6).alias("latitude"),
        (pl.col("enrichment_place_longitude_udeg") / 1e6).alias("longitude"),
        _letters(pl.col("shipment").struct.field("reference")).alias("tracking"),
        pl.col("entities").list.eval(_letters(pl.element().struct.field("name"))).list.drop_nulls().alias("names"),
        pl.col("concealment")
        .list.eval(_letters(pl.element().struct.field("packaging_mark")))
        .list.drop_nulls()
        .alias("marks"),
        pl.col("concealment").list.eval(pl.element().struct.field("code")).list.first().alias("hiding"),
        pl.col("transport_mode").alias("transport"),
        _leg("DEPARTURE").alias("departure"),
        _leg("DESTINATION").alias("destination"),
        items.list.eval(
            pl.coalesce(
                pl.element().struct.field("substance_id"), pl.element().struct.field("substance_class"), pl.lit("?")
            )
        )
        .list.unique()
        .list.sort()
        .alias("substances"),
    )
    return _blank_lists(base.join(_amounts(enriched), left_on="unique_id", right_on="incident_id", how="left"))


def _amounts(enriched: pl.DataFrame) -> pl.DataFrame:
    """The amounts of each incident; the main one is that of the first substance by id, as both reports have it."""
    item = pl.col("enrichment_substances").struct
    value = pl.coalesce(
        item.field("mass_ug").cast(pl.Float64) / _MASS_UG, item.field("amount").cast(pl.Float64, strict=False)
    )
    rows = (
        enriched.select("incident_id", "enrichment_substances")
        .explode("enrichment_substances")
        .select("incident_id", substance=item.field("substance_id"), value=value)
        .with_columns(rounded=_text(pl.col("value").round_sig_figs(2)), fine=_text(pl.col("value").round_sig_figs(5)))
        .sort("incident_id", "substance", nulls_last=True)
    )
    fine = pl.col("fine")
    return rows.group_by("incident_id", maintain_order=True).agg(
        amounts=fine.drop_nulls(),
        amounts_rounded=pl.col("rounded").drop_nulls(),
        amount=fine.first(),
        mass=pl.col("value").first(),
        main_substance=pl.col("substance").first(),
        mass_step=_step(0.0).first(),
        mass_step_shifted=_step(0.5).first(),
        digits=fine.str.strip_chars("0").first(),
    )


def _leg(role: str) -> pl.Expr:
    """The resolved country of the first leg of a role."""
    place = pl.col("route").list.eval(pl.element().struct.field("role") == role).list.arg_max()
    has = pl.col("route").list.eval(pl.element().struct.field("role") == role).list.any()
    country = pl.col("enrichment_legs").list.eval(pl.element().struct.field("country"))
    return pl.when(has).then(country.list.get(place, null_on_oob=True))


def _step(shift: float) -> pl.Expr:
    """The main amount's step on a ladder of eight per cent: near amounts share a step of one of two ladders."""
    return (pl.col("value").log() / _LADDER + shift).floor().cast(pl.Int32, strict=False)


def _text(value: pl.Expr) -> pl.Expr:
    """An amount as whole thousandths: equal amounts give equal texts."""
    return (value * 1_000).round().cast(pl.Int64, strict=False).cast(pl.String)


def _folded(text: pl.Expr) -> pl.Expr:
    return text.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


def _letters(text: pl.Expr) -> pl.Expr:
    return text.str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]+", "")


def _blank_lists(frame: pl.DataFrame) -> pl.DataFrame:
    """An empty list is null: nothing is known."""
    lists = ("names", "marks", "amounts", "amounts_rounded")
    return frame.with_columns(pl.when(pl.col(name).list.len() > 0).then(name) for name in lists)
