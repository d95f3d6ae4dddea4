"""Watches as they take effect: since when, until when, and which tokens of incidents meet them."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from schemas.watch import Watch, WatchKind
from stream_processors.alert.facts import folded_text, token
from stream_processors.match.spelling import folded_companies, folded_references, telling_places
from stream_processors.reference.normalise import normalise_name

_NAMES = {
    WatchKind.COMPANY: ("company",),
    WatchKind.VESSEL: ("vessel", "aircraft"),
    WatchKind.HANDLE: ("vendor_handle", "website"),
}


class Watching(NamedTuple):
    """A watch, and since when it is kept.

    Attributes:
        since_ms: time of the first revision that is shared with the same people.
        tokens: which meet it.
    """

    watch: Watch
    since_ms: int
    tokens: tuple[str, ...]

    @property
    def until_ms(self) -> int | None:
        """When it ends or was ended; None where it stands for ever."""
        ends = [self.watch.until] if self.watch.until else []
        if not self.watch.active:
            ends.append(self.watch.at)
        return min(map(milliseconds, ends), default=None)


def revised(known: Watching | None, watch: Watch) -> Watching:
    """What is known of a watch after one more of its revisions; which one that is does not matter."""
    at = milliseconds(watch.at)
    if known is None:
        return Watching(watch, at, watch_tokens(watch.kind, watch.value))
    same = known.watch.policy_class == watch.policy_class
    since = min(at, known.since_ms) if same else at
    if watch.outranks(known.watch):
        return Watching(watch, since, watch_tokens(watch.kind, watch.value))
    return known._replace(since_ms=since if same else known.since_ms)


@lru_cache(maxsize=65_536)
def watch_tokens(kind: WatchKind, value: str) -> tuple[str, ...]:
    """Tokens of incidents that meet a watch; none where nothing is left of the value once it is normalised.

    A name or an identifier of a company, vessel or handle; a substance by id, or by a name that nobody knows; a place
    by name, id or country.
    """
    return tuple(sorted({token(*each) for each in _pairs(kind, value.strip()) if each[1]}))


def _pairs(kind: WatchKind, value: str) -> list[tuple[str, str]]:
    reference = folded_text(value, folded_references) or ""
    match kind:
        case WatchKind.REFERENCE:
            return [("reference", reference)]
        case WatchKind.MARK:
            return [("packaging_mark", folded_text(value, folded_companies) or "")]
        case WatchKind.SUBSTANCE:
            return [("substance", value), ("substance", normalise_name(value))]
        case WatchKind.PLACE:
            return [("place", value), ("place", folded_text(value, telling_places) or "")]
        case WatchKind.ROUTE:
            return [("route", value)]
    name = folded_text(value, folded_companies) or ""
    return [(each, name) for each in _NAMES[kind]] + [(f"{each}_identifier", reference) for each in _NAMES[kind]]


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)
