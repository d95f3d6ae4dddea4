"""`ionics deliveries`: what waits to be told, and what does not get through; for operators."""

import click

from cli.desks import as_option
from cli.output import Column, json_option, number, print_json, print_table, remark
from projections.audit_log import record_audit
from projections.deliveries.overseeing import STATES, listed
from projections.deliveries.overseeing import retry as retry_now
from projections.queries.incidents import is_uuid
from schemas.directory import FocalPoint, read_members
from schemas.rights import require_right
from schemas.settings import Settings, load_settings

RETRIED = "DELIVERY_RETRIED"
"""Code of the act in the audit."""


@click.group()
def deliveries() -> None:
    """What waits to be told, and what does not get through. Needs the right administer."""


@deliveries.command(name="list")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="At most so many.")
@as_option
@json_option
def list_(state: str | None, limit: int, person: str | None, as_json: bool) -> None:
    """List deliveries that did not get through yet, the oldest first. What they tell is not shown."""
    settings, _ = _operator(person)
    found = listed(settings.require("database_url"), state, limit)
    if as_json:
        print_json(found)
        return
    columns = [Column("delivery", fold=False), Column("state", fold=False), Column("to"), Column("by", fold=False)]
    columns += [Column("what", fold=False), number("attempts"), Column("next at", fold=False), Column("why")]
    rows = [
        [
            row["delivery_id"],
            row["which"],
            f"{row['recipient']} ({row['agency_id']})",
            row["via"],
            f"{row['event_kind']}, {row['severity']}",
            row["attempts"],
            "" if row["which"] == "given-up" else row["due_at"].isoformat(timespec="seconds"),
            row["error"],
        ]
        for row in found
    ]
    print_table(columns, rows)
    if not found:
        remark("nothing waits")


@deliveries.command()
@click.argument("delivery_id", metavar="DELIVERY", required=False)
@click.option("--all", "every", is_flag=True, help="All that failed.")
@click.option("--reason", required=True, help="Why; it stays in the audit.")
@as_option
def retry(delivery_id: str | None, every: bool, reason: str, person: str | None) -> None:
    """Try DELIVERY again at once, also one that was given up; rights are judged again as always."""
    if every == bool(delivery_id):
        raise click.UsageError("name one delivery, or --all")
    if delivery_id is not None and not is_uuid(delivery_id):
        raise click.UsageError("DELIVERY is an id, as `ionics deliveries list` shows it")
    settings, who = _operator(person)
    count = retry_now(settings.require("database_url"), delivery_id)
    by = {"actor": who.focal_point_id, "agency_id": who.agency_id, "subject": delivery_id, "reason": reason}
    record_audit(settings, "OPERATOR_ACT", RETRIED, f"{count} deliveries are tried again", **by)
    click.echo(f"tried again: {count}")


def _operator(person: str | None) -> tuple[Settings, FocalPoint]:
    settings = load_settings()
    name = person or settings.acting_as("operator")
    return settings, require_right(read_members(settings), name, "administer")
