"""`ionics watch`: incidents, cases or alerts, as they come."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import click
import psycopg

from cli.accessing import noted
from cli.alert_line import alert_document, alert_line
from cli.case_line import case_document, case_line
from cli.connections import reading
from cli.output import clean, json_option, kilograms, print_json_line, remark
from cli.substances import substance_id_of
from projections.feed import AlertFeedEvent, CaseFeedEvent, FeedEvent, FeedFilter, feed
from projections.seen_feed import alerts_seen_by, cases_seen_by, seen_by
from schemas.directory import SEES_ALL, FocalPoint, load_current, read_members
from schemas.rights import acting
from schemas.settings import Settings

_Event = FeedEvent | CaseFeedEvent | AlertFeedEvent


@click.command()
@click.option("--after", metavar="CURSOR", help="Go on after this cursor; else from the beginning.")
@click.option("--substance", callback=substance_id_of, help="Only this substance: its id or a name.")
@click.option("--country", help="Only where the place or a leg of the route is in this country (alpha-3).")
@click.option("--agency", "agency_id", help="Only of this agency.")
@click.option("--type", "incident_type", help="Only of this type.")
@click.option("--cases", "of_cases", is_flag=True, help="Cases instead, after each change.")
@click.option("--alerts", "of_alerts", is_flag=True, help="Alerts instead, each revision.")
@click.option("--limit", type=click.IntRange(min=1), help="End after so many.")
@click.option("--no-follow", is_flag=True, help="End where the log ends now.")
@json_option
def watch(
    after: str | None,
    substance: str | None,
    country: str | None,
    agency_id: str | None,
    incident_type: str | None,
    of_cases: bool,
    of_alerts: bool,
    limit: int | None,
    no_follow: bool,
    as_json: bool,
) -> None:
    """Print the incidents that you may see as they come, until interrupted; then the cursor to go on from."""
    if of_cases and of_alerts:
        raise click.UsageError("--cases and --alerts are two streams: follow each by itself")
    kind = "cases" if of_cases else "alerts" if of_alerts else ""
    if kind and any((substance, country, agency_id, incident_type)):
        raise click.UsageError(f"--{kind} gives all {kind}: the other filters are of incidents")
    settings = load_current()
    wanted = FeedFilter(substance, country, agency_id, incident_type)
    cursor, seen = after, 0
    person = acting(read_members(settings), settings.acting_as())
    query = {"after": after, "substance": substance, "country": country} | ({kind: True} if kind else {})
    noted(settings, "STREAM_OPEN", {"watch": query})
    try:
        with reading(settings) as connection:
            found: Callable[..., Iterator[_Event]] = (
                _cases if of_cases else _alerts if of_alerts else partial(_incidents, wanted=wanted)
            )
            for event in found(settings, connection, person, after, follow=not no_follow):
                if as_json:
                    print_json_line(_document(event))
                else:
                    click.echo(_line(event))
                cursor, seen = event.cursor, seen + 1
                if seen == limit:
                    break
    except KeyboardInterrupt:
        pass  # The way to end it.
    finally:
        if cursor is None:
            remark("nothing seen yet")
        else:
            remark(f"go on with: ionics watch {f'--{kind} ' if kind else ''}--after {cursor}")


def _incidents(
    settings: Settings,
    connection: psycopg.Connection,
    person: FocalPoint,
    after: str | None,
    *,
    follow: bool,
    wanted: FeedFilter,
) -> Iterator[FeedEvent]:
    events = feed(settings, after, wanted, follow=follow)
    if SEES_ALL in person.rights:
        return events
    return seen_by(events, connection, settings.generation, person.focal_point_id)


def _cases(
    settings: Settings, connection: psycopg.Connection, person: FocalPoint, after: str | None, *, follow: bool
) -> Iterator[CaseFeedEvent]:
    events = feed(settings, after, kind="case", follow=follow)
    return events if SEES_ALL in person.rights else cases_seen_by(events, connection, settings, person.focal_point_id)


def _alerts(
    settings: Settings, connection: psycopg.Connection, person: FocalPoint, after: str | None, *, follow: bool
) -> Iterator[AlertFeedEvent]:
    events = feed(settings, after, kind="alert", follow=follow)
    if SEES_ALL in person.rights:
        return events
    return alerts_seen_by(events, connection, settings.generation, person.focal_point_id)


def _line(event: _Event) -> str:
    if isinstance(event, CaseFeedEvent):
        return case_line(event)
    return alert_line(event.alert) if isinstance(event, AlertFeedEvent) else line_of(event)


def line_of(event: FeedEvent) -> str:
    """One incident on one line."""
    incident, enrichment = event.incident, event.enrichment
    place = enrichment["place_name"] or incident.location.place_text or ""
    country = enrichment["place_country"] or incident.location.country_text or "?"
    legs = [leg["country"] or leg_.country_text for leg, leg_ in zip(enrichment["legs"], incident.route, strict=False)]
    items = [_item(item.substance_text, found) for item, found in _pairs(event)]
    change = "" if incident.revision == 1 else f" [{incident.event_type} r{incident.revision}]"
    route = f"  {' → '.join(leg or '?' for leg in legs)}" if legs else ""
    where = f"{country} {place}".strip()
    date = incident.occurred_on.isoformat()[: len(enrichment["period"]) if incident.occurred_precision != "DAY" else 10]
    text = f"{date:<11}{where:<28.60} {'; '.join(items)}{route}{change}"
    return clean(f"{text}  ({incident.agency_id} {incident.source_ref}, {incident.incident_id[:8]})")


def _pairs(event: FeedEvent) -> list[tuple[Any, dict[str, Any]]]:
    found = event.enrichment["substances"]
    return [(item, found[n] if n < len(found) else {}) for n, item in enumerate(event.incident.items)]


def _item(reported: str, found: dict[str, Any]) -> str:
    name = reported if found.get("substance_id") else f"{reported} (not resolved)"
    mass = found.get("mass_ug")
    return f"{name} {kilograms(mass)} kg" if mass is not None else f"{name}, no mass"


def _document(event: _Event) -> dict[str, Any]:
    if isinstance(event, CaseFeedEvent):
        return case_document(event)
    if isinstance(event, AlertFeedEvent):
        return alert_document(event)
    return {
        "cursor": event.cursor,
        "incident": event.incident.model_dump(mode="json"),
        "admission": event.admission,
        "enrichment": event.enrichment,
    }
