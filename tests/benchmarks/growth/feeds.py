"""Feeds that somebody sends by mistake or to do harm, made of ordinary incidents, a batch at a time."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import polars as pl

from tests.accuracy.enriching import BATCH

Feed = Callable[[Iterable[pl.DataFrame]], Iterator[pl.DataFrame]]
_AMOUNTS = 40
_DAYS = 3


def ordinary(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The incidents as they are."""
    yield from batches


def one_value(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Each incident has the same tracking reference."""
    reference = pl.lit("XX000000000XX")
    for batch in batches:
        shipment = pl.col("shipment").struct
        names = [field.name for field in batch.schema["shipment"].fields]  # type: ignore[attr-defined]  # a record
        fields = [reference.alias(name) if name == "reference" else shipment.field(name) for name in names]
        yield batch.with_columns(pl.struct(fields).alias("shipment"))


def pulled_again(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Incidents that are known already, under other ids, as from an agency that copies another's feed."""
    for batch in batches:
        yield _renamed(batch, "again")


def near_identical(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The first incident again and again: its day varies by three, its amount is one of forty."""
    one, number = None, 0
    for batch in batches:
        one = batch[:1] if one is None else one
        copies = pl.concat([one] * batch.height, rechunk=True).with_columns(
            batch["incident_id"],
            (pl.int_range(pl.len()) + number).alias("number"),
        )
        yield _varied(copies).drop("number")
        number += batch.height


def _varied(copies: pl.DataFrame) -> pl.DataFrame:
    day = pl.duration(days=pl.col("number") % _DAYS)
    amount = (pl.col("number") % _AMOUNTS + 11).cast(pl.String)
    names = [field.name for field in copies.schema["enrichment_substances"].inner.fields]  # type: ignore[attr-defined]  # a list of records
    found = pl.col("enrichment_substances").list.first().struct
    fields = [amount.alias(name) if name == "amount" else found.field(name) for name in names]
    return copies.with_columns(
        pl.concat_list(pl.struct(fields)).alias("enrichment_substances"),
        pl.col("items").list.head(1),
        pl.col("enrichment_period_first") + day,
        pl.col("enrichment_period_last") + day,
    )


def _renamed(batch: pl.DataFrame, salt: str) -> pl.DataFrame:
    ids = [hashlib.sha256(f"{id_} {salt}".encode()).hexdigest() for id_ in batch["incident_id"].to_list()]
    made = [f"{id_[:8]}-{id_[8:12]}-{id_[12:16]}-{id_[16:20]}-{id_[20:32]}" for id_ in ids]
    return batch.with_columns(pl.Series("incident_id", made))


FEEDS: Mapping[str, Feed] = {
    "ordinary": ordinary,
    "one reference in each": one_value,
    "pulled again": pulled_again,
    "near-identical": near_identical,
}


def cut(batches: Iterable[pl.DataFrame], first: int, count: int) -> Iterator[pl.DataFrame]:
    """So many incidents from the first on, in batches of `BATCH` at most."""
    place = 0
    for batch in batches:
        part = batch[max(0, first - place) : max(0, first + count - place)]
        place += batch.height
        if part.height:
            yield from part.iter_slices(BATCH)
        if place >= first + count:
            return
