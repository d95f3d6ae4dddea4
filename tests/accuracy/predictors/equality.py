"""Equality of attributes, as MISP correlates: two events that share any equal value are correlated.

MISP compares values as they are, whatever they mean, and leaves out values that stand in more than a limit of events
("over-correlating", 20 by default). Everything that an incident states in a value of its own is an attribute here.
"""

from dataclasses import dataclass, field

import polars as pl

_LIMIT = 20
_IDENTIFIERS = ("reference", "name", "mark")


@dataclass(slots=True)
class EqualAttributes:
    """Links incidents that share a value.

    Attributes:
        identifiers_only: only tracking references, names of entities and packaging marks are attributes; else also
            amounts with their unit, places, substances and dates.
    """

    identifiers_only: bool = False
    _compared: pl.DataFrame | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """As the tables show it."""
        return "equal identifiers (MISP, few attributes)" if self.identifiers_only else "equal attributes (MISP)"

    def __call__(self, enriched: pl.DataFrame) -> pl.DataFrame:
        """See `Predict`."""
        values = attributes(enriched)
        if self.identifiers_only:
            values = values.filter(pl.col("attribute").is_in(_IDENTIFIERS))
        values = values.select("incident_id", "value").unique()
        values = values.filter(pl.len().over("value").is_between(2, _LIMIT))
        pairs = (
            values.join(values, on="value", suffix="_right")
            .filter(pl.col("incident_id") < pl.col("incident_id_right"))
            .select(left="incident_id", right="incident_id_right")
            .unique()
        )
        self._compared = pairs
        return pairs.with_columns(probability=pl.lit(None, pl.Float64), outcome=pl.lit("linked"))

    def compared(self) -> pl.DataFrame | None:
        """See `Predict`."""
        return self._compared

    def related(self) -> pl.DataFrame | None:
        """See `Predict`: whatever it finds is a correlation."""
        if self._compared is None:
            return None
        return self._compared.with_columns(kind=pl.lit("EQUAL_VALUE"), outcome=pl.lit("linked"))


def attributes(enriched: pl.DataFrame) -> pl.DataFrame:
    """incident_id, attribute, value (text as reported), without blanks."""
    item = pl.col("items")
    entity, location = pl.col("entities"), pl.col("location").struct
    found = [
        enriched.select("incident_id", value=pl.col("shipment").struct.field("reference")).with_columns(
            attribute=pl.lit("reference")
        ),
        enriched.explode("entities").select("incident_id", value=entity.struct.field("name"), attribute=pl.lit("name")),
        enriched.explode("entities").select(
            "incident_id", value=entity.struct.field("identifier"), attribute=pl.lit("name")
        ),
        enriched.explode("concealment").select(
            "incident_id", value=pl.col("concealment").struct.field("packaging_mark"), attribute=pl.lit("mark")
        ),
        enriched.explode("items").select(
            "incident_id",
            value=item.struct.field("amount_text") + " " + item.struct.field("unit_text"),
            attribute=pl.lit("amount"),
        ),
        enriched.explode("items").select(
            "incident_id", value=item.struct.field("substance_text"), attribute=pl.lit("substance")
        ),
        enriched.select("incident_id", value=location.field("place_text"), attribute=pl.lit("place")),
        enriched.select("incident_id", value=pl.col("occurred_on").cast(pl.String), attribute=pl.lit("date")),
    ]
    columns = ["incident_id", "attribute", "value"]
    return pl.concat([frame.select(columns) for frame in found]).drop_nulls("value")
