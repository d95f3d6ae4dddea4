"""What of history a viewer gets: each revision that the rule shows, of an incident whose latest revision it shows too.

The rule is `schemas.sharing.may_see` under the directory as it is when a batch leaves. Which revision of an incident is
the latest is read beforehand, from the whole of the same records.
"""

from collections.abc import Callable
from typing import Protocol

import polars as pl

from projections.replay.decoding import KindDecoder
from projections.replay.source import Source
from schemas.directory import SEES_ALL, Members
from schemas.rights import require_right
from schemas.sharing import Policy, may_see

RIGHTS = ("audit", "administer")
"""Rights of which one is needed to replay."""

_BETWEEN = "\x1f"
_MERGED = 64


class Sight(Protocol):
    """What somebody may see."""

    whole: bool
    """Whether that is everything, so that original bytes and positions may be given."""

    def seen(self, columns: pl.DataFrame) -> pl.Series:
        """Whether each row of decoded columns may leave now.

        Raises:
            ForbiddenError: whoever looks may not any more.
        """


class Everything:
    """Whoever holds an export: rights were judged when it was made."""

    whole = True

    def seen(self, columns: pl.DataFrame) -> pl.Series:
        """See `Sight.seen`."""
        return pl.repeat(value=True, n=columns.height, eager=True)


class AllSeeing:
    """A principal with `sees-all`."""

    whole = True

    def __init__(self, focal_point_id: str, members: Callable[[], Members]) -> None:
        self._focal_point_id, self._members = focal_point_id, members

    def seen(self, columns: pl.DataFrame) -> pl.Series:
        """See `Sight.seen`."""
        members = self._members()
        require_right(members, self._focal_point_id, *RIGHTS)
        require_right(members, self._focal_point_id, SEES_ALL)
        return pl.repeat(value=True, n=columns.height, eager=True)


class RuleSight:
    """Anybody else.

    Args:
        focal_point_id: who looks.
        members: the directory as it is now, each time it is called.
        source: the history.
        topic: incidents or enriched incidents.
        decoder: of the same.
    """

    whole = False

    def __init__(
        self,
        focal_point_id: str,
        members: Callable[[], Members],
        source: Source,
        topic: str,
        decoder: KindDecoder,
    ) -> None:
        self._focal_point_id, self._members = focal_point_id, members
        latest = [_latest(decoder.empty)]
        for batch in source.batches(topic, source.spans(topic)):
            latest.append(_latest(decoder.decode(batch["value"].to_list()).columns))
            if len(latest) > _MERGED:
                latest = [_highest(pl.concat(latest))]
        self._latest = _highest(pl.concat(latest)).select("incident_id", pl.col("policy").alias("latest"))

    def seen(self, columns: pl.DataFrame) -> pl.Series:
        """See `Sight.seen`."""
        members = self._members()
        require_right(members, self._focal_point_id, *RIGHTS)
        judged = columns.select("incident_id", _policy()).join(
            self._latest, on="incident_id", how="left", maintain_order="left"
        )
        policies = pl.concat([judged["policy"], judged["latest"]]).drop_nulls().unique().to_list()
        shown = [policy for policy in policies if may_see(self._focal_point_id, _policy_of(policy), members)]
        both = pl.col("policy").is_in(shown) & pl.col("latest").is_in(shown)
        return judged.select(both.fill_null(value=False)).to_series()


def _policy() -> pl.Expr:
    """Owner, label and audience as one text; admission lets no control character into any of them."""
    audience = pl.col("audience").list.sort().list.join(_BETWEEN)
    return pl.concat_str("agency_id", "tlp", audience, separator=_BETWEEN).alias("policy")


def _policy_of(text: str) -> Policy:
    owner, tlp, *audience = text.split(_BETWEEN)
    return Policy(owner, frozenset(audience), tlp)


def _latest(columns: pl.DataFrame) -> pl.DataFrame:
    return _highest(columns.select("incident_id", "revision", _policy()))


def _highest(revisions: pl.DataFrame) -> pl.DataFrame:
    return revisions.sort("revision").unique("incident_id", keep="last")
