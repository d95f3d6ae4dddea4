"""Deterministic identity, as OpenCTI derives it: equal standard fields give an equal id, and one object.

Identity is a hash over the fields that define an object, compared after trimming and folding case. For an incident they
are its type, date, country, place, and its substances with their amounts.
"""

from dataclasses import dataclass, field

import polars as pl


@dataclass(slots=True)
class EqualIdentity:
    """Links incidents whose standard fields are equal."""

    name: str = "deterministic identity (OpenCTI)"
    _compared: pl.DataFrame | None = field(default=None, init=False)

    def __call__(self, enriched: pl.DataFrame) -> pl.DataFrame:
        """See `Predict`."""
        location, item = pl.col("location").struct, pl.element().struct
        amounts = pl.concat_str(
            [item.field("substance_text"), item.field("amount_text"), item.field("unit_text")],
            separator="|",
            ignore_nulls=True,
        )
        country = pl.coalesce("enrichment_place_country", location.field("country_text"))
        identity = pl.concat_str(
            [
                pl.col("incident_type"),
                pl.col("occurred_on").cast(pl.String),
                country.fill_null(""),
                location.field("place_text").fill_null(""),
                pl.col("items").list.eval(amounts).list.sort().list.join(";"),
            ],
            separator="\n",
        )
        folded = identity.str.to_lowercase().str.replace_all(r"[ \t]+", " ").str.strip_chars()
        known = enriched.select("incident_id", identity=folded)
        pairs = (
            known.join(known, on="identity", suffix="_right")
            .filter(pl.col("incident_id") < pl.col("incident_id_right"))
            .select(left="incident_id", right="incident_id_right")
        )
        self._compared = pairs
        return pairs.with_columns(probability=pl.lit(None, pl.Float64), outcome=pl.lit("linked"))

    def compared(self) -> pl.DataFrame | None:
        """See `Predict`."""
        return self._compared

    def related(self) -> pl.DataFrame | None:
        """See `Predict`: it knows one relation, that of one seizure."""
        return None
