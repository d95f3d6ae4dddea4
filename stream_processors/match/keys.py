"""Blocking keys: only incidents that share one are compared.

A key is a 64-bit hash of its kind and parts. Windows of time come in two kinds that overlap by half, so that two days
no further apart than half a window always share one. The hash is quick, and no protection: who makes two texts with one
hash gains that they are compared. Coarse keys find what is told in rough words; where they are met
too often they close, and the finer ones go on (`stream_processors.match.index`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from xxhash import xxh3_64_intdigest

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
OF_ROUTES = frozenset(KINDS[-2:])
"""Kinds of keys that say how something was moved."""
OF_NAMES = frozenset(KINDS[: KINDS.index("substance_country_days")])
"""Kinds of keys that are a reference, a name or a mark."""
KEYS_KEPT = 48
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
_SEPARATOR = "\x1f"
_IN_COUNTRY = ("substance", "country")
_ON_ROUTE = ("departure", "destination", "substance")
_DAYS, _WEEK, _FORTNIGHT = 4, 14, 28
_EXACT_DIGITS, _RARE_DIGITS, _TELLING_DIGITS = 4, 3, 2


@dataclass(frozen=True)
class Keys:
    """The keys of incidents, by row, each once a row; columns of equal length.

    Attributes:
        row: of `Features.rows`, ascending.
        key: the hash; those of a row ascend as signed numbers.
        kind: index in KINDS.
        text: the parts of the key; `shown` makes it one for people.
    """

    row: npt.NDArray[np.uint32]
    key: npt.NDArray[np.uint64]
    kind: npt.NDArray[np.uint8]
    text: pl.Series


def keys(found: Features) -> Keys:
    """The blocking keys of incidents."""
    items = found.items.select("row", "substance", _DIGITS)
    stated = found.rows.select(_OF_ROW).join(items, on="row", how="left")
    parts = [
        stated.select("row", *_MADE).unpivot(index="row", variable_name="kind", value_name="text").drop_nulls("text"),
        found.tokens.select("row", "kind", pl.col("token").alias("text")),
    ]
    return _hashed(pl.concat(parts).with_columns(pl.col("kind").str.split(_SEPARATOR).list.first()))


def _parts(names: Sequence[str], when: pl.Expr) -> pl.Expr:
    """The text of a key, null where one of its parts is."""
    return pl.concat_str([*names, when], separator=_SEPARATOR)


def _windows(names: Sequence[str], days: int, where: pl.Expr | None = None) -> Iterable[pl.Expr]:
    """Two windows of so many days that overlap by half, told by their first day; for a day alone."""
    wanted = pl.col("exact") if where is None else pl.col("exact") & where
    for shift in (0, days // 2):
        first = (pl.col("first_day") + shift) // days * days - shift
        yield pl.when(wanted).then(_parts(names, first.cast(pl.Date).cast(pl.String)))


def _months(names: Sequence[str]) -> Iterable[pl.Expr]:
    """The calendar month, which a report may give alone, and the next one where a day lies at its end."""
    month, within = _month(pl.col("first_day")), pl.col("within_month")
    yield pl.when(within).then(_parts(names, month))
    for other in (_month(pl.col("first_day") - 1), _month(pl.col("first_day") + 1)):
        yield pl.when(within & pl.col("exact") & (other != month)).then(_parts(names, other))


def _month(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Date).dt.strftime("%Y-%m")


def _digits_given(least: int) -> pl.Expr:
    return pl.col("digits").str.len_bytes() >= least


_YEAR = pl.col("first_day").cast(pl.Date).dt.year().cast(pl.String)
_TEXTS: Mapping[str, Sequence[pl.Expr]] = {
    "substance_country_days": [*_windows(_IN_COUNTRY, _DAYS)],
    "substance_place_week": [*_windows(("substance", "where"), _WEEK)],
    "substance_country_month_amount": [*_months((*_IN_COUNTRY, "digits"))],
    "substance_place_month": [*_months(("substance", "where"))],
    "substance_country_month": [*_months(_IN_COUNTRY)],
    "substance_year_amount": [pl.when(_digits_given(_RARE_DIGITS)).then(_parts(("substance", "digits"), _YEAR))],
    "substance_country_amount": [
        pl.when(_digits_given(_EXACT_DIGITS)).then(_parts(_IN_COUNTRY, pl.col("digits"))),
    ],
    "substance_days_amount": [*_windows(("substance", "digits"), _WEEK, _digits_given(_RARE_DIGITS))],
    "country_days_amount": [*_windows(("country", "digits"), _DAYS, _digits_given(_TELLING_DIGITS))],
    "country_days_place": [*_windows(("country", "where"), _DAYS)],
    "route_substance_concealment_fortnight": [*_windows((*_ON_ROUTE, "concealment"), _FORTNIGHT)],
    "route_substance_fortnight": [*_windows(_ON_ROUTE, _FORTNIGHT)],
}
"""Of each kind the texts of its keys, for a row of an incident and one of its items."""


_MADE = [text.alias(f"{kind}{_SEPARATOR}{n}") for kind, texts in _TEXTS.items() for n, text in enumerate(texts)]
_OF_ROW = (
    *(pl.col(name) for name in ("first_day", "country", "departure", "destination", "concealment")),
    pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
    pl.coalesce("place", "place_id").alias("where"),
    (pl.col("last_day") == pl.col("first_day")).alias("exact"),
    (pl.col("last_day") - pl.col("first_day") <= 31).alias("within_month"),  # a month at most
)
_DIGITS = (
    pl.col("amount")
    .str.strip_chars_start("+-")
    .str.replace(".", "", literal=True)
    .str.strip_chars_start("0")
    .str.strip_chars_end("0")
    .replace("", None)
    .alias("digits")
)


def _hashed(parts: pl.DataFrame) -> Keys:
    kind = parts["kind"].replace_strict(_NUMBERS, return_dtype=pl.UInt8)
    text, row = parts["text"], parts["row"].to_numpy()
    hashes = map(xxh3_64_intdigest, text.cast(pl.Binary).to_list(), kind.to_list())
    key = np.fromiter(hashes, np.uint64, len(text))
    order = np.lexsort((key.view(np.int64), row))
    first = np.ones(len(order), np.bool_)
    first[1:] = (np.diff(row[order]) != 0) | (np.diff(key[order]) != 0)
    order = order[first]
    carried = np.bincount(row)
    if (carried > KEYS_KEPT).any():
        order = order[_telling(row[order], kind.to_numpy()[order], text.gather(order))]
    return Keys(row[order], key[order], kind.to_numpy()[order], text.gather(order))


def _telling(row: npt.NDArray[np.uint32], kind: npt.NDArray[np.uint8], text: pl.Series) -> npt.NDArray[np.int64]:
    """Which keys are kept: of each row the most telling ones, and no more than KEYS_KEPT."""
    numbered = pl.DataFrame({"row": row, "kind": kind, "text": text}).with_row_index()
    kept = numbered.sort("row", "kind", "text").filter(pl.int_range(pl.len()).over("row") < KEYS_KEPT)
    return kept["index"].sort().to_numpy().astype(np.int64)


def key_of(kind: int, text: str) -> int:
    """The 64-bit hash of a key: XXH3 of its parts, with the number of its kind as the seed."""
    return xxh3_64_intdigest(text.encode(), kind)


def shown(text: str) -> str:
    """The parts of a key for people."""
    return text.replace(_SEPARATOR, " · ")
