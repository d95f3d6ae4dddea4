"""Correlation against the truth: pairs of different seizures that belong to one network."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

CORRELATED: dict[str, pl.DataType | type[pl.DataType]] = {
    "left": pl.String,
    "right": pl.String,
    "kind": pl.String,
    "outcome": pl.String,
}
"""Incident ids with ``left`` < ``right``, each pair once; a kind of relation; ``linked`` or ``review``."""
ANY, DUPLICATE, LINKED, REVIEW = "any", "DUPLICATE", "linked", "review"
PAIR = ("set", "left", "right")


@dataclass(frozen=True, slots=True)
class Correlation:
    """How much of what was related is related, and how much of what is was found.

    Attributes:
        kind: a kind of relation that was given, or `ANY`.
        linked, right: pairs linked, and how many of these are one network or one seizure.
        review, review_right: the same of the pairs put to review.
    """

    kind: str
    linked: int
    right: int
    review: int
    review_right: int


@dataclass(frozen=True, slots=True)
class Reached:
    """How many pairs of a kind of network there are, are linked, and are put to review.

    Attributes:
        kind: a kind of network of the world.
    """

    kind: str
    pairs: int
    linked: int
    review: int


def by_relation(related: pl.DataFrame, networks: pl.DataFrame, same: pl.DataFrame) -> Iterator[Correlation]:
    """Of each kind of relation given but for that of one seizure, what is right of it.

    Args:
        related: `CORRELATED`, with ``set``.
        networks: set, left, right, kind of the pairs of one network.
        same: set, left, right of the pairs of one seizure: related they are, too.
    """
    true = pl.concat([networks.select(PAIR), same.select(PAIR)]).unique()
    found = related.filter(pl.col("kind") != DUPLICATE)
    said = found.join(true.with_columns(right_so=pl.lit(value=True)), on=PAIR, how="left")
    for kind in (*sorted(said["kind"].unique()), ANY):
        of = said if kind == ANY else said.filter(pl.col("kind") == kind)
        linked, review = (of.filter(pl.col("outcome") == outcome)["right_so"] for outcome in (LINKED, REVIEW))
        yield Correlation(kind, len(linked), int(linked.count()), len(review), int(review.count()))


def by_network(related: pl.DataFrame, networks: pl.DataFrame) -> Iterator[Reached]:
    """Of each kind of network, how many of its pairs were related, as whatever; last of all, each pair once.

    Args:
        related: `CORRELATED`, with ``set``.
        networks: set, left, right, kind.
    """
    said = networks.join(related.select(*PAIR, "outcome"), on=PAIR, how="left")
    for kind in (*sorted(said["kind"].unique()), ANY):
        of = said.unique(PAIR) if kind == ANY else said.filter(pl.col("kind") == kind)
        linked, review = (of.filter(pl.col("outcome") == outcome).height for outcome in (LINKED, REVIEW))
        yield Reached(kind, of.height, linked, review)
