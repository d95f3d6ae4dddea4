"""Blocking keys: only incidents that share one are compared.

A key is a 64-bit hash of its kind and parts. Windows of time come in two kinds that overlap by half, so that two days
no further apart than half a window always share one. Coarse keys find what is told in rough words; where they are met
too often they close, and the finer ones go on (`stream_processors.match.index`).
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from stream_processors.match.features import Features

KINDS: Sequence[str] = (
    "reference",
    "packaging_mark",
    "company",
    "company_identifier",
    "vessel",
    "vessel_identifier",
    "vendor_handle",
    "vendor_handle_identifier",
    "aircraft",
    "aircraft_identifier",
    "website",
    "website_identifier",
    "substance_country_days",
    "substance_place_week",
    "substance_country_month_amount",
    "substance_place_month",
    "substance_country_month",
    "substance_year_amount",
    "substance_days_amount",
    "substance_country_amount",
    "country_days_amount",
    "country_days_place",
    "route_substance_concealment_fortnight",
    "route_substance_fortnight",
)
"""Kinds of keys in the order in which they are kept where an incident has more than KEYS_KEPT."""
KEYS_KEPT = 48
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
_SEPARATOR = "\x1f"
_IN_COUNTRY = ("substance", "country")
_DAYS, _WEEK, _FORTNIGHT = 4, 14, 28
_EXACT_DIGITS, _RARE_DIGITS, _TELLING_DIGITS = 4, 3, 2


@dataclass(frozen=True)
class Keys:
    """The keys of incidents, by row, each once a row; columns of equal length.

    Attributes:
        row: of `Features.rows`, ascending.
        key: the hash.
        kind: index in KINDS.
        text: the parts of the key, for people.
    """

    row: npt.NDArray[np.uint32]
    key: npt.NDArray[np.uint64]
    kind: npt.NDArray[np.uint8]
    text: pl.Series


def keys(found: Features) -> Keys:
    """The blocking keys of incidents."""
    rows = found.rows.with_row_index("row").with_columns(
        exact=pl.col("last_day") == pl.col("first_day"),
        within_month=pl.col("last_day") - pl.col("first_day") <= 31,  # a month at most
    )
    items = found.items.join(rows.select("row", "first_day", "last_day", "exact", "within_month", "country"), on="row")
    places = pl.coalesce("place", "place_id")
    digits = _digits()
    with_substance = items.filter(pl.col("substance").is_not_null())
    measured = items.with_columns(digits.alias("digits")).filter(pl.col("digits") != "")
    sorted_out = measured.with_columns(pl.col("digits").str.len_bytes().alias("significant"))
    exact_items = with_substance.filter("exact")
    placed = with_substance.join(rows.select("row", places.alias("where")), on="row").drop_nulls("where")
    located = placed.filter("exact")
    telling = sorted_out.filter((pl.col("significant") >= _TELLING_DIGITS) & pl.col("exact"))
    rare = sorted_out.filter((pl.col("significant") >= _RARE_DIGITS) & pl.col("substance").is_not_null())
    exact_amounts = rare.filter(pl.col("significant") >= _EXACT_DIGITS)
    routed = with_substance.join(rows.select("row", "departure", "destination", "concealment"), on="row").filter(
        pl.col("exact") & pl.col("departure").is_not_null() & pl.col("destination").is_not_null()
    )
    parts = [
        found.tokens.select("row", "kind", pl.col("token").alias("text")),
        *_windows("substance_country_days", exact_items.drop_nulls("country"), _IN_COUNTRY, _DAYS),
        *_windows("substance_place_week", located, ("substance", "where"), _WEEK),
        *_months(
            "substance_country_month_amount",
            sorted_out.filter(pl.col("substance").is_not_null() & pl.col("within_month")).drop_nulls("country"),
            ("substance", "country", "digits"),
        ),
        *_months("substance_place_month", placed.filter("within_month"), ("substance", "where")),
        *_months("substance_country_month", with_substance.filter("within_month").drop_nulls("country"), _IN_COUNTRY),
        _parts("substance_year_amount", rare, ("substance", "digits"), _year()),
        exact_amounts.drop_nulls("country").select(
            "row",
            pl.lit("substance_country_amount").alias("kind"),
            pl.concat_str(["substance", "country", "digits"], separator=_SEPARATOR).alias("text"),
        ),
        *_windows("substance_days_amount", rare.filter("exact"), ("substance", "digits"), _WEEK),
        *_windows("country_days_amount", telling.drop_nulls("country"), ("country", "digits"), _DAYS),
        *_windows(
            "country_days_place",
            rows.filter("exact").with_columns(places.alias("where")).drop_nulls(["where", "country"]),
            ("country", "where"),
            _DAYS,
        ),
        *_windows(
            "route_substance_concealment_fortnight",
            routed.drop_nulls("concealment"),
            ("departure", "destination", "substance", "concealment"),
            _FORTNIGHT,
        ),
        *_windows("route_substance_fortnight", routed, ("departure", "destination", "substance"), _FORTNIGHT),
    ]
    return _hashed(pl.concat(parts))


def _digits() -> pl.Expr:
    text = pl.col("amount").str.strip_chars_start("+-").str.replace(".", "", literal=True)
    return text.str.strip_chars_start("0").str.strip_chars_end("0").fill_null("")


def _parts(kind: str, frame: pl.DataFrame, names: Sequence[str], when: pl.Expr) -> pl.DataFrame:
    return frame.select(
        "row", pl.lit(kind).alias("kind"), pl.concat_str([*names, when], separator=_SEPARATOR).alias("text")
    )


def _windows(kind: str, frame: pl.DataFrame, names: Sequence[str], days: int) -> Iterable[pl.DataFrame]:
    """Two windows of so many days that overlap by half, told by their first day."""
    for shift in (0, days // 2):
        first = (pl.col("first_day") + shift) // days * days - shift
        yield _parts(kind, frame, names, first.cast(pl.Date).cast(pl.String))


def _months(kind: str, frame: pl.DataFrame, names: Sequence[str]) -> Iterable[pl.DataFrame]:
    """The calendar month, which a report may give alone, and the next one where a day lies at its end."""
    month = pl.col("first_day").cast(pl.Date).dt.strftime("%Y-%m")
    yield _parts(kind, frame, names, month)
    for other in ((pl.col("first_day") - 1).cast(pl.Date), (pl.col("first_day") + 1).cast(pl.Date)):
        beyond = frame.filter("exact").filter(other.dt.strftime("%Y-%m") != month)
        yield _parts(kind, beyond, names, other.dt.strftime("%Y-%m"))


def _year() -> pl.Expr:
    return pl.col("first_day").cast(pl.Date).dt.year().cast(pl.String)


def _hashed(parts: pl.DataFrame) -> Keys:
    kept = (
        parts.with_columns(pl.col("kind").replace_strict(_NUMBERS, return_dtype=pl.UInt8))
        .unique(["row", "kind", "text"])
        .sort("row", "kind", "text")
        .group_by("row", maintain_order=True)
        .head(KEYS_KEPT)
        .sort("row", maintain_order=True)
    )
    kinds, texts = kept["kind"].to_list(), kept["text"].to_list()
    hashes = np.fromiter(
        (key_of(kind, text) for kind, text in zip(kinds, texts, strict=True)), dtype=np.uint64, count=len(texts)
    )
    shown = kept["text"].str.replace_all(_SEPARATOR, " · ", literal=True)
    return Keys(kept["row"].to_numpy(), hashes, kept["kind"].to_numpy(), shown)


def key_of(kind: int, text: str) -> int:
    """The 64-bit hash of a key: BLAKE2b over the number of its kind and its parts."""
    digest = hashlib.blake2b(text.encode(), digest_size=8, person=b"ionics%d" % kind)
    return int.from_bytes(digest.digest(), "big")
