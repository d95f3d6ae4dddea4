"""To whom a revision is shared, as an integer: the class of its policy.

0 is the community. Any other class is made of a hash of owner and audience, so that it is the same in every generation
and tells nothing of how many there are.
"""

import hashlib
from functools import lru_cache

import polars as pl

from schemas.identity import canonical_json
from schemas.incident import COMMUNITY

COMMUNITY_CLASS = 0
_COMMUNITY_TLP = ("CLEAR", "GREEN", "AMBER")


def is_community() -> pl.Expr:
    """True for a community incident: for everybody who takes part, and of a label that allows it."""
    return pl.col("audience").list.contains(COMMUNITY) & pl.col("tlp").is_in(_COMMUNITY_TLP)


def classified(columns: pl.DataFrame) -> pl.DataFrame:
    """Enriched incidents with the column ``policy_class`` (Int64)."""
    if not columns.height:
        return columns.with_columns(pl.lit(COMMUNITY_CLASS, dtype=pl.Int64).alias("policy_class"))
    community = columns.select(is_community()).to_series()
    if community.all():
        return columns.with_columns(pl.lit(COMMUNITY_CLASS, dtype=pl.Int64).alias("policy_class"))
    rows = zip(community, columns["agency_id"], columns["audience"].to_list(), strict=True)
    classes = [COMMUNITY_CLASS if open_ else policy_class(owner, tuple(sorted(to))) for open_, owner, to in rows]
    return columns.with_columns(pl.Series("policy_class", classes, dtype=pl.Int64))


def policies(columns: pl.DataFrame) -> pl.DataFrame:
    """The classes that occur, but that of the community: class (Int64), owner, audience (sorted), each once."""
    restricted = columns.filter(pl.col("policy_class") != COMMUNITY_CLASS)
    return restricted.select(
        pl.col("policy_class").alias("class"),
        pl.col("agency_id").alias("owner"),
        pl.col("audience").list.sort(),
    ).unique("class", keep="first", maintain_order=True)


@lru_cache(maxsize=65_536)
def policy_class(owner: str, audience: tuple[str, ...]) -> int:
    """The class of a policy that is not the community's: 63 bits of SHA-256, never 0."""
    digest = hashlib.sha256(canonical_json([owner, list(audience)])).digest()
    return max(1, int.from_bytes(digest[:8], "big") >> 1)
