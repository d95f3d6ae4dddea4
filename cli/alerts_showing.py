"""`ionics alerts list` and `ionics alerts show`: what to look at first, and one alert in one screen."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from cli.accessing import logged
from cli.alert_line import moment
from cli.connections import reader
from cli.output import Column, clean, duration, json_option, print_json, print_table, remark
from cli.references import named
from cli.substances import substance_id_of
from projections import queries
from schemas.alert import RAISED, SPECIAL, WITHDRAWN, Severity
from schemas.codes import codes
from schemas.directory import load_current
from schemas.errors import ProjectionError

_INCIDENTS = 12
_REASONS = 6
_MANY = 20


@click.command(name="list")
@click.option("--kind", type=click.Choice(sorted(codes("alert_kind"))), help="Only of this kind.")
@click.option("--severity", type=click.Choice([str(each) for each in Severity]), help="At least this one.")
@click.option("--all", "every", is_flag=True, help="Withdrawn ones, too.")
@click.option("--substance", callback=substance_id_of, help="Only about this substance: its id or a name.")
@click.option("--class", "substance_class", help="Only about this class of substances.")
@click.option("--country", help="Only about this country, or from or to it (alpha-3).")
@click.option("--from", "departure", help="Only from this country (alpha-3).")
@click.option("--to", "destination", help="Only to this country (alpha-3).")
@click.option("--incident", "ref", metavar="REF", help="Only those that rest on this incident, or name it.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="Raised then or later, UTC.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="At most so many.")
@json_option
def list_(
    kind: str | None = None,
    severity: str | None = None,
    every: bool = False,
    substance: str | None = None,
    substance_class: str | None = None,
    country: str | None = None,
    departure: str | None = None,
    destination: str | None = None,
    ref: str | None = None,
    since: datetime | None = None,
    limit: int = 20,
    as_json: bool = False,
) -> None:
    """List the alerts that you may see, the last raised first."""
    settings = load_current()
    with reader(settings) as connection:
        asked: dict[str, Any] = {
            "kind": kind,
            "severity": None if severity is None else Severity(severity),
            "status": None if every else RAISED,
            "substance_id": substance,
            "substance_class": substance_class,
            "country": country,
            "departure": departure,
            "destination": destination,
            "incident_id": None if ref is None else named(settings, connection, ref),
            "since": None if since is None else since.replace(tzinfo=UTC).isoformat(),
            "limit": limit,
        }
        found = queries.list_alerts(connection, settings.generation, **asked)
    ids = sorted({id_ for row in found for id_ in row["incidents"]})
    logged(settings, settings.acting_as(), "LIST", {"alerts": asked}, ids)
    if as_json:
        print_json(found)
        return
    columns = [Column("severity", fold=False), Column("kind", fold=False), Column("what"), Column("act before")]
    columns += [Column("raised", fold=False), Column("alert", fold=False), Column("")]
    now = datetime.now(UTC)
    print_table(columns, [_row(row, now) for row in found])
    if not found:
        remark("no alerts")


@click.command()
@click.argument("ref", metavar="ALERT")
@json_option
def show(ref: str, as_json: bool) -> None:
    """Show one alert: ALERT is its id, or the beginning of that."""
    settings = load_current()
    with reader(settings) as connection:
        found = queries.find_alerts(connection, settings.generation, ref, _MANY)
        document = queries.alert_document(connection, settings.generation, found[0]) if len(found) == 1 else None
    if len(found) > 1:
        raise ProjectionError(f"{ref!r} names more than one alert: give more of its id; see `ionics alerts list`")
    if document is None:
        raise ProjectionError(f"no alert {ref!r} that {settings.acting_as()} may see")
    ids = [row["incident_id"] for row in document["incidents"]]
    logged(settings, settings.acting_as(), "DETAIL", {"alert": found[0]}, ids)
    if as_json:
        print_json(document)
    else:
        for line in screen(document, datetime.now(UTC)):
            click.echo(clean(line))


def _row(row: Mapping[str, Any], now: datetime) -> list[str]:
    state = "withdrawn" if row["status"] == WITHDRAWN else "" if row["community"] else "restricted"
    raised = moment(datetime.fromisoformat(row["raised_at"]))
    return [row["severity"], row["kind"], row["title"], _until(row["act_before"], now), raised, row["alert_id"], state]


def screen(document: Mapping[str, Any], now: datetime) -> list[str]:
    """One alert in the order in which an officer asks: how grave and what, until when, why, from what, for whom.

    Args:
        document: as `queries.alert_document` gives it.
        now: the time by which it is said how much is left.
    """
    alert = document["alert"]
    withdrawn = "WITHDRAWN  " if alert["status"] == WITHDRAWN else ""
    lines = [f"{withdrawn}{alert['severity']}  {alert['title']}"]
    if alert["act_before"] and not withdrawn:
        lines.append(_named("act before", _until(alert["act_before"], now)))
    about = _about(alert)
    if about:
        lines.append(_named("about", about))
    lines += _block("why", [_reason(reason) for reason in alert["reasons"]], _REASONS)
    if alert["kind"] == SPECIAL:
        lines += _block("says", (alert["text"] or "").splitlines(), None)
        titles = [f"{each['title'] or each['media_type']} (SHA-256 {each['sha256']})" for each in alert["documents"]]
        lines += _block("documents", titles, None)
        lines.append(_named("written by", f"{alert['author_id']} of {alert['author_agency']}"))
    lines += _block("incidents", [_incident(row) for row in document["incidents"]], _INCIDENTS)
    lines.append(_named("who sees it", f"{_audience(document['shared'])}, TLP:{alert['tlp'].replace('_', '+')}"))
    raised = moment(datetime.fromisoformat(alert["raised_at"]))
    lines.append(
        _named("raised", f"{raised}, {alert['kind']}, revision {alert['revision']}, alert {alert['alert_id']}")
    )
    return lines


def _named(name: str, text: str) -> str:
    return f"{name:<13}{text}"


def _block(name: str, rows: Sequence[str], most: int | None) -> list[str]:
    shown = list(rows[:most])
    if len(rows) > len(shown):
        shown.append(f"and {len(rows) - len(shown)} more: --json")
    return [_named(name if number == 0 else "", text) for number, text in enumerate(shown)]


def _until(act_before: str | None, now: datetime) -> str:
    if act_before is None:
        return ""
    at = datetime.fromisoformat(act_before)
    left = (at - now).total_seconds()
    return f"{moment(at)} ({f'{duration(left)} left' if left > 0 else 'past'})"


def _about(alert: Mapping[str, Any]) -> str:
    substance = alert["substance_id"] or alert["substance_text"]
    if substance and alert["substance_class"]:
        substance = f"{substance} ({alert['substance_class']})"
    route = " → ".join(alert[name] or "?" for name in ("departure", "destination"))
    parts = [
        substance or alert["substance_class"],
        route if alert["departure"] or alert["destination"] else None,
        ", ".join(alert["countries"]) or None,
        f"region {alert['region']}" if alert["region"] else None,
        alert["period"],
    ]
    return "; ".join(part for part in parts if part)


def _reason(reason: Mapping[str, Any]) -> str:
    if reason["value"] is None:
        return str(reason["words"])
    expected = f", expected {reason['expected']}" if reason["expected"] is not None else ""
    return f"{reason['words']}: {reason['value']}{expected}"


def _incident(row: Mapping[str, Any]) -> str:
    place = ", ".join(part for part in (row["place_name"], row["place_country"]) if part)
    legs = [row["departure"], *row["transit"].split(">"), row["destination"]]
    route = " → ".join(leg for leg in legs if leg)
    amended = "amended since" if 0 < row["looked_at"] < row["revision"] else ""
    state = "withdrawn" if row["withdrawn"] else amended
    asks = "asks for action" if row["action_requested"] not in ("NONE", "INFORM") else ""
    what = ", ".join(row["substances"][:3])
    head = f"{row['agency_id']} {row['source_ref']} ({row['incident_id']})"
    return "  ".join(part for part in (head, row["occurred_on"], what, place, route, asks, state) if part)


def _audience(shared: Sequence[Mapping[str, Any]]) -> str:
    if not shared:
        return "all who take part"
    each = [f"{row['owner']} and {', '.join(row['audience'])}" for row in shared]
    return each[0] if len(each) == 1 else f"who is among each of: {'; '.join(each)}"
