"""`ionics inbox`: what you were told on the console."""

import time
from collections.abc import Mapping
from typing import Any

import click

from cli.accessing import logged, noted
from cli.desks import Acting, acting_as, as_option, views_of
from cli.output import Column, clean, json_option, print_json, print_json_line, print_table, remark
from projections.acknowledging import AcknowledgementDesk
from projections.deliveries.inbox import inbox as inbox_of

_LOOK_S = 0.5


@click.group(name="inbox", invoke_without_command=True)
@click.option("--unread", is_flag=True, help="Only what you did not read.")
@click.option("--follow", is_flag=True, help="Wait for more, until interrupted.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500), help="At most so many.")
@as_option
@json_option
@click.pass_context
def inbox(ctx: click.Context, unread: bool, follow: bool, limit: int, person: str | None, as_json: bool) -> None:
    """What you were told and may see, the newest first; without a further word, the list."""
    if ctx.invoked_subcommand is not None:
        return
    who = acting_as(person)
    noted(who.settings, "LIST", {"inbox": {"unread": unread, "limit": limit}})
    with views_of(who) as connection:
        found = inbox_of(connection, who.settings.generation, unread=unread, limit=limit)
    if follow:
        _follow(who, found, unread=unread, as_json=as_json)
    elif as_json:
        print_json(found)
    else:
        columns = [Column("message", fold=False), Column("told", fold=False), Column("severity", fold=False)]
        columns += [Column("what", fold=False), Column("of"), Column("")]
        print_table(columns, [_cells(row) for row in found])
        if not found:
            remark("nothing; see `ionics subscription list`")


@inbox.command()
@click.argument("message")
@as_option
def read(message: str, person: str | None) -> None:
    """Say that you read MESSAGE."""
    _desk(acting_as(person)).read_line(message)
    click.echo(f"read: {message}")


@inbox.command()
@click.argument("message")
@as_option
def ack(message: str, person: str | None) -> None:
    """Acknowledge what MESSAGE tells: your agency takes care of it, and nobody else of it is told for want of that."""
    made = _desk(acting_as(person)).acknowledge_line(message)
    click.echo(f"acknowledged: {made.event_kind} {made.event_id}")


def acknowledge(kind: str, event_id: str, person: str | None) -> None:
    """Acknowledge something by its own id.

    Raises:
        ProjectionError: there is no such thing that the person may see.
    """
    made = _desk(acting_as(person)).acknowledge(kind, event_id)
    click.echo(f"acknowledged: {made.event_kind} {made.event_id}")


def _desk(who: Acting) -> AcknowledgementDesk:
    logged(who.settings, who.person.focal_point_id, "LIST", {"acknowledging": True})
    return AcknowledgementDesk(who.settings, who.person, lambda: views_of(who))


def _follow(who: Acting, found: list[dict[str, Any]], *, unread: bool, as_json: bool) -> None:
    """Print what is there, the oldest first, then what comes; each line is judged as it is read."""
    last: tuple[str, str] = ("-infinity", "00000000-0000-0000-0000-000000000000")
    lines = found[::-1]
    while True:
        for row in lines:
            if as_json:
                print_json_line(row)
            else:
                click.echo("  ".join(_cells(row)))
            last = row["sent_at"], row["delivery_id"]
        time.sleep(_LOOK_S)
        with views_of(who) as connection:
            lines = inbox_of(connection, who.settings.generation, unread=unread, after=last, limit=500)


def _cells(row: Mapping[str, Any]) -> list[str]:
    marks = [
        "withdrawn" if row["withdrawn"] else "",
        "nobody acknowledged" if row["escalation"] else "",
        f"acknowledged by {row['acknowledged_by']}" if row["acknowledged_at"] else "",
        "" if row["seen_at"] else "unread",
    ]
    what = f"{row['type']} {row['kind']}"
    said = ", ".join(mark for mark in marks if mark)
    return [row["delivery_id"], row["sent_at"][:16], row["severity"], what, clean(row["words"]), said]
