"""`ionics watches`: what agencies watch; an alert is raised where an incident meets it."""

from datetime import UTC, datetime

import click

from cli.accessing import noted
from cli.alert_line import moment
from cli.connections import reader
from cli.desks import acting_as, as_option
from cli.output import Column, clean, json_option, print_json, print_table, remark
from projections import queries
from projections.watching import WatchDesk
from schemas.directory import load_current
from schemas.incident import AGENCY
from schemas.watch import Watch, WatchKind


@click.group()
def watches() -> None:
    """What agencies watch; an alert is raised where an incident meets it."""


@watches.command(name="list")
@click.option("--agency", "agency_id", help="Only those of this agency.")
@click.option("--all", "ended", is_flag=True, help="Those that have ended, too.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="At most so many.")
@json_option
def list_(agency_id: str | None, ended: bool, limit: int, as_json: bool) -> None:
    """List the watches of your agency, and of others as far as you may see them."""
    settings, asked = load_current(), {"agency_id": agency_id, "ended": ended, "limit": limit}
    with reader(settings) as connection:
        found = queries.list_watches(connection, settings.generation, agency_id=agency_id, ended=ended, limit=limit)
    noted(settings, "LIST", {"watches": asked})
    if as_json:
        print_json(found)
        return
    columns = [Column("watch", fold=False), Column("kind", fold=False), Column("what"), Column("why")]
    columns += [Column("agency"), Column("who is told"), Column("until", fold=False)]
    rows = [
        [
            row["watch_id"],
            row["kind"],
            row["value"],
            row["reason"],
            row["agency_id"],
            ", ".join(row["audience"]),
            "ended" if not row["active"] else moment(datetime.fromisoformat(row["until"])) if row["until"] else "",
        ]
        for row in found
    ]
    print_table(columns, rows)
    if not found:
        remark("nothing is watched")


@watches.command()
@click.argument("kind", type=click.Choice([str(kind) for kind in WatchKind], case_sensitive=False))
@click.argument("value")
@click.option("--reason", required=True, help="Why; whoever sees the watch reads it.")
@click.option(
    "--audience",
    multiple=True,
    help="Who sees it, and is told beside your agency: COMMUNITY, country:XXX, agency:ID, group:ID; repeatable.",
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="When it ends by itself, UTC.")
@as_option
@json_option
def add(
    kind: str,
    value: str,
    reason: str,
    audience: tuple[str, ...],
    until: datetime | None,
    person: str | None,
    as_json: bool,
) -> None:
    """Watch VALUE for your own agency: a company, a vessel, a handle, a reference, a route such as CHN>NZL (in quotes).

    Takes the right publish or coordinate.
    """
    who = acting_as(person)
    content = {
        "kind": kind.upper(),
        "value": value,
        "reason": reason,
        "audience": audience or (f"{AGENCY}{who.person.agency_id}",),
        "until": None if until is None else until.replace(tzinfo=UTC),
    }
    _tell(WatchDesk(who.settings, who.person, who.members).begin(content), as_json=as_json)


@watches.command()
@click.argument("watch_id", metavar="WATCH")
@click.option("--reason", help="Why; it stays in the audit.")
@as_option
@json_option
def end(watch_id: str, reason: str | None, person: str | None, as_json: bool) -> None:
    """End a watch of your own agency."""
    who = acting_as(person)
    noted(who.settings, "LIST", {"watching": watch_id})
    _tell(WatchDesk(who.settings, who.person, who.members).end(watch_id, reason), as_json=as_json)


def _tell(made: Watch, *, as_json: bool) -> None:
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    state = "is watched" if made.active else "is watched no more"
    click.echo(clean(f"{made.kind} {made.value} {state} (watch {made.watch_id}), for {', '.join(made.audience)}"))
