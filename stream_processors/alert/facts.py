"""What an incident adds to the alerts, out of its enriched columns. Pure, a batch at a time."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import polars as pl

from schemas.policies import classified
from stream_processors.match.features import routes_of, tokens_of
from stream_processors.match.spelling import each_text, folded, telling_places
from stream_processors.reference.normalise import normalise_name

LOOKED_AT = (
    *("incident_id", "revision", "event_type", "agency_id", "audience", "tlp", "admission_admitted_at"),
    *("location", "route", "concealment", "shipment", "items", "entities", "action_requested", "act_before"),
    *("enrichment_period_first", "enrichment_period_last", "enrichment_legs", "enrichment_substances"),
    *("enrichment_place_id", "enrichment_place_name", "enrichment_place_country", "enrichment_place_how"),
)
"""The columns of enriched incidents that alerts need."""
LABELS = ("CLEAR", "GREEN", "AMBER", "AMBER_STRICT", "RED")
"""Labels of the Traffic Light Protocol, the strictest last."""
LATE_DAYS = 45
"""An incident that was admitted more than so many days after it happened is history: it raises no alert."""
UNKNOWN = ""
"""A country or class that is not known."""
DAY_MS = 86_400_000
_ON_ITS_WAY = ("DECLARED", "IN_TRANSIT", "HELD", "RELEASED", "CONTROLLED_DELIVERY")
_ASKS_NOTHING = ("NONE", "INFORM")
_SEPARATOR = "\x1f"


class Item(NamedTuple):
    """What an incident has of one substance, all its items of it together.

    Attributes:
        substance_id: identity; empty where only a class or nothing is known.
        substance_class: empty where unknown.
        name: normalised, where nobody knows it; else empty.
        text: as reported.
        mass_ug: micrograms, of the items whose mass is known and plausible; None where none is.
        purity: the highest, in tenths of a per cent.
    """

    substance_id: str
    substance_class: str
    name: str
    text: str
    mass_ug: int | None
    purity: int | None


class Fact(NamedTuple):
    """An incident at its current revision. In the order of facts the first admitted is the first.

    Attributes:
        admitted_ms: when a revision that is shared with the same people was first admitted.
        label: index in LABELS.
        first_day: days since 1970, as `last_day`: when it can have happened.
        countries: of place and route, sorted.
        tokens: what watches are met by; see `token`.
        deadlines: until when a shipment on its way can be acted on, where somebody asks for it; ms, ascending.
        asks: what its reporter asks for.
    """

    admitted_ms: int
    incident_id: str
    revision: int
    policy_class: int
    owner: str
    audience: tuple[str, ...]
    label: int
    first_day: int
    last_day: int
    country: str
    departure: str
    destination: str
    countries: tuple[str, ...]
    items: tuple[Item, ...]
    tokens: tuple[str, ...]
    deadlines: tuple[int, ...]
    asks: str

    @property
    def late(self) -> bool:
        """Whether it is history: it feeds baselines, and raises nothing."""
        return self.admitted_ms // DAY_MS - self.last_day > LATE_DAYS


class Revised(NamedTuple):
    """A revision of an incident; `fact.admitted_ms` is its own."""

    fact: Fact
    withdrawn: bool


def token(kind: str, value: str) -> str:
    """What a watch is met by: a kind and a normalised value."""
    return f"{kind}{_SEPARATOR}{value}"


def revisions(columns: pl.DataFrame) -> list[Revised]:
    """The revisions in columns of enriched incidents, in order.

    Args:
        columns: those of LOOKED_AT, as the columnar decoder gives them; others do not matter.
    """
    numbered = classified(columns).with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"))
    rows = numbered.select(_OF_ROW).hstack(routes_of(numbered).select("departure", "destination"))
    items, tokens, legs = _items(numbered), _tokens(numbered), _leg_countries(numbered)
    found: list[Revised] = []
    for row in zip(*(rows[name].to_list() for name in _ROW), strict=True):
        (at, id_, revision, class_, owner, audience, tlp, withdrawn, first, last, country, place, place_id) = row[:13]
        (act_before, expected, moving, asks, departure, destination) = row[13:]
        number = len(found)
        own = items.get(number, ())
        marks = tokens.get(number, [])
        marks += [token("place", place) for place in {place, place_id, country} if place]
        if departure and destination:
            marks.append(token("route", f"{departure}>{destination}"))
        marks += [token("substance", each.substance_id or each.name) for each in own if each.substance_id or each.name]
        deadlines = [] if not moving or asks in _ASKS_NOTHING else [when for when in (act_before, expected) if when]
        fact = Fact(
            admitted_ms=at,
            incident_id=id_,
            revision=revision,
            policy_class=class_,
            owner=owner,
            audience=tuple(sorted(audience)),
            label=LABELS.index(tlp),
            first_day=first,
            last_day=last,
            country=country or UNKNOWN,
            departure=departure or UNKNOWN,
            destination=destination or UNKNOWN,
            countries=tuple(sorted({*legs.get(number, ()), *([country] if country else ())})),
            items=tuple(own),
            tokens=tuple(dict.fromkeys(marks)),
            deadlines=tuple(sorted(deadlines)),
            asks=asks,
        )
        found.append(Revised(fact, withdrawn))
    return found


_SHIPMENT = pl.col("shipment").struct
_PLACED = pl.col("enrichment_place_how") != "country"
_OF_ROW = (
    pl.col("admission_admitted_at").dt.epoch("ms").alias("admitted_ms"),
    *("incident_id", "revision", "policy_class", "agency_id", "audience", "tlp"),
    (pl.col("event_type") == "WITHDRAWN").alias("withdrawn"),
    pl.col("enrichment_period_first").cast(pl.Int32).alias("first_day"),
    pl.col("enrichment_period_last").cast(pl.Int32).alias("last_day"),
    pl.col("enrichment_place_country").alias("country"),
    pl.coalesce(pl.when(_PLACED).then("enrichment_place_name"), pl.col("location").struct.field("place_text"))
    .map_batches(telling_places, return_dtype=pl.String)
    .alias("place"),
    pl.when(_PLACED).then("enrichment_place_id").alias("place_id"),
    pl.col("act_before").dt.epoch("ms"),
    ((_SHIPMENT.field("expected_on").cast(pl.Int64) + 1) * DAY_MS - 1).alias("expected_ms"),
    _SHIPMENT.field("status").is_in(_ON_ITS_WAY).fill_null(value=False).alias("moving"),
    "action_requested",
)
_ROW = (
    *("admitted_ms", "incident_id", "revision", "policy_class", "agency_id", "audience", "tlp", "withdrawn"),
    *("first_day", "last_day", "country", "place", "place_id", "act_before", "expected_ms", "moving"),
    *("action_requested", "departure", "destination"),
)


def _items(numbered: pl.DataFrame) -> dict[int, tuple[Item, ...]]:
    stated, found = pl.col("items").struct, pl.col("enrichment_substances").struct
    identity = found.field("substance_id")
    counted = (found.field("plausibility") == "OK") & (found.field("mass_ug") > 0)
    same = ("row", "identity", "substance_class", "name")
    grouped = (
        numbered.lazy()
        .select("row", "items", "enrichment_substances")
        .filter(pl.col("items").list.len() > 0)
        .explode("items", "enrichment_substances")
        .select(
            "row",
            pl.when(identity.str.starts_with("class:")).then(None).otherwise(identity).alias("identity"),
            found.field("substance_class"),
            pl.when(found.field("substance_how") == "unknown")
            .then(stated.field("substance_text"))
            .map_batches(_normal_names, return_dtype=pl.String)
            .alias("name"),
            stated.field("substance_text").alias("text"),
            pl.when(counted).then(found.field("mass_ug")).alias("mass_ug"),
            (stated.field("purity_pct").cast(pl.Float64, strict=False) * 10).round(0).cast(pl.Int64).alias("purity"),
        )
        .group_by(same, maintain_order=True)
        .agg(
            pl.col("text").first(),
            pl.col("mass_ug").sum(),
            pl.col("mass_ug").count().alias("n"),
            pl.col("purity").max(),
        )
        .with_columns(pl.when(pl.col("n") > 0).then("mass_ug").alias("mass_ug"))
        .with_columns(pl.col("identity", "substance_class", "name").fill_null(UNKNOWN))
        .collect()
    )
    names = (*same, "text", "mass_ug", "purity")
    by_row: dict[int, tuple[Item, ...]] = {}
    for row, *fields in zip(*(grouped[name].to_list() for name in names), strict=True):
        by_row[row] = (*by_row.get(row, ()), Item(*fields))
    return by_row


def _normal_names(texts: pl.Series) -> pl.Series:
    return each_text(texts, normalise_name)


def _tokens(numbered: pl.DataFrame) -> dict[int, list[str]]:
    found = tokens_of(numbered)
    return _by_row(found["row"].to_list(), map(token, found["kind"].to_list(), found["token"].to_list()))


def _leg_countries(numbered: pl.DataFrame) -> dict[int, list[str]]:
    legs = (
        numbered.lazy()
        .select("row", "enrichment_legs")
        .filter(pl.col("enrichment_legs").list.len() > 0)
        .explode("enrichment_legs")
        .select("row", pl.col("enrichment_legs").struct.field("country"))
        .drop_nulls("country")
        .collect()
    )
    return _by_row(legs["row"].to_list(), legs["country"].to_list())


def _by_row(rows: Sequence[int], values: Iterator[str] | Sequence[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row, value in zip(rows, values, strict=True):
        found.setdefault(row, []).append(value)
    return found


def folded_text(text: str, form: Any = folded) -> str | None:
    """One text in the form that columns are given."""
    value: str | None = form(pl.Series([text], dtype=pl.String))[0]
    return value
