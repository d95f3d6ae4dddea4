"""Reading the streams: enriched incidents, cases and alerts, straight from Kafka, typed, resumable by a stored cursor.

This transport is for principals that may see all, and for the one-tenant stack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, overload

from projections.following import followed
from schemas.alert import Alert
from schemas.case import CaseVersion
from schemas.errors import ProjectionError
from schemas.incident import Incident
from schemas.settings import Settings, load_settings
from schemas.topics import alerts, cases, enriched


@dataclass(frozen=True)
class FeedFilter:
    """Which events to give; a field left out admits all."""

    substance_id: str | None = None
    country: str | None = None
    agency_id: str | None = None
    incident_type: str | None = None

    def admits(self, incident: Mapping[str, Any], enrichment: Mapping[str, Any]) -> bool:
        """Whether an event is wanted; `country` is that of the place or of any leg."""
        countries = {enrichment["place_country"], *(leg["country"] for leg in enrichment["legs"])}
        substances = {item["substance_id"] for item in enrichment["substances"]}
        return (
            (self.substance_id is None or self.substance_id in substances)
            and (self.country is None or self.country in countries)
            and self.agency_id in (None, incident["agency_id"])
            and self.incident_type in (None, incident["incident_type"])
        )


@dataclass(frozen=True)
class FeedEvent:
    """One revision of an incident, as reported and as enriched.

    Attributes:
        cursor: store it after handling the event; a reader that starts from it gets what follows, without a gap.
    """

    cursor: str
    incident: Incident
    admission: dict[str, Any]
    enrichment: dict[str, Any]


@dataclass(frozen=True)
class CaseFeedEvent:
    """One version of a case: the whole case after a change, with what changed and why.

    Whoever keeps the last version of each case id, and drops those without members, has the cases as they stand.

    Attributes:
        cursor: store it after handling the event; a reader that starts from it gets what follows, without a gap.
    """

    cursor: str
    case: CaseVersion


@dataclass(frozen=True)
class AlertFeedEvent:
    """One revision of an alert.

    Whoever keeps the last revision of each alert id, and drops those that were withdrawn, has the alerts as they stand.

    Attributes:
        cursor: store it after handling the event; a reader that starts from it gets what follows, without a gap.
    """

    cursor: str
    alert: Alert


@overload
def feed(
    settings: Settings | None = None,
    after: str | None = None,
    filter: FeedFilter | None = None,
    *,
    kind: Literal["incident"] = "incident",
    follow: bool = True,
    stop: Any = None,
) -> Iterator[FeedEvent]: ...


@overload
def feed(
    settings: Settings | None = None,
    after: str | None = None,
    filter: None = None,
    *,
    kind: Literal["case"],
    follow: bool = True,
    stop: Any = None,
) -> Iterator[CaseFeedEvent]: ...


@overload
def feed(
    settings: Settings | None = None,
    after: str | None = None,
    filter: None = None,
    *,
    kind: Literal["alert"],
    follow: bool = True,
    stop: Any = None,
) -> Iterator[AlertFeedEvent]: ...


def feed(
    settings: Settings | None = None,
    after: str | None = None,
    filter: FeedFilter | None = None,  # noqa: A002  # the name that readers expect
    *,
    kind: Literal["incident", "case", "alert"] = "incident",
    follow: bool = True,
    stop: Any = None,
) -> Iterator[FeedEvent] | Iterator[CaseFeedEvent] | Iterator[AlertFeedEvent]:
    """Events after a cursor, in the order of each incident, case or alert; waits for new ones unless `follow` is False.

    An event is given at least once: a reader that dies between handling and storing the cursor gets it again, with
    the same `event_id` of an incident, the same case id and version, or the same alert id and revision.

    Args:
        settings: where the deployment is; else `load_settings()`.
        after: cursor of the last event handled, of the same kind; None begins at the beginning.
        filter: which incidents to give; others are passed over.
        kind: ``incident``; ``case`` or ``alert`` for each case or alert after each change of it.
        follow: whether to wait for new events at the end.
        stop: anything with `is_set()`, such as a `threading.Event`; ends the iteration.

    Raises:
        ProjectionError: the cursor is damaged, of another kind or generation, or readers have gone over to another one;
            or a filter is given for cases or alerts.
        LogError: the log cannot be read.
    """
    given = settings or load_settings()
    if kind != "incident" and filter is not None:
        raise ProjectionError(f"a filter is of incidents: {kind}s are given without one")
    if kind == "alert":
        return _alerts(given, after, follow=follow, stop=stop)
    if kind == "case":
        return _cases(given, after, follow=follow, stop=stop)
    return _incidents(given, after, filter or FeedFilter(), follow=follow, stop=stop)


def _incidents(
    given: Settings, after: str | None, wanted: FeedFilter, *, follow: bool, stop: Any
) -> Iterator[FeedEvent]:
    for event, cursor in followed(given, "enriched", enriched, after, follow=follow, stop=stop):
        incident, admission = event["admitted"]["incident"], event["admitted"]["admission"]
        if wanted.admits(incident, event["enrichment"]):
            yield FeedEvent(cursor(), Incident.model_validate(incident), admission, event["enrichment"])


def _cases(given: Settings, after: str | None, *, follow: bool, stop: Any) -> Iterator[CaseFeedEvent]:
    for event, cursor in followed(given, "case_event", cases, after, follow=follow, stop=stop):
        yield CaseFeedEvent(cursor(), CaseVersion.of(event))


def _alerts(given: Settings, after: str | None, *, follow: bool, stop: Any) -> Iterator[AlertFeedEvent]:
    for event, cursor in followed(given, "alert", alerts, after, follow=follow, stop=stop):
        yield AlertFeedEvent(cursor(), Alert.of(event))
