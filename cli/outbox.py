"""`ionics outbox`: reports that wait on this machine for a connection."""

import sys
from pathlib import Path

import click

from cli.output import Column, json_option, number, print_json, print_table, remark
from producers import IncidentProducer
from producers.outbox import Outbox
from schemas.errors import OutboxError
from schemas.settings import Settings, load_settings


@click.group()
def outbox() -> None:
    """See and deliver reports that wait for a connection."""


@outbox.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the outboxes of this home and how many reports wait in each."""
    settings = load_settings()
    found = sizes(settings)
    if as_json:
        print_json([{"agency_id": agency_id, "waiting": waiting} for agency_id, waiting in found.items()])
    elif found:
        print_table([Column("agency"), number("waiting")], [list(row) for row in found.items()])
    else:
        click.echo(f"no outbox in {settings.home / 'outbox'}")


@outbox.command()
@click.option("--agency", "only", metavar="ID", help="Only the outbox of this agency.")
@click.option("--timeout", default=60.0, show_default=True, help="Seconds for each outbox.")
@json_option
def flush(only: str | None, timeout: float, as_json: bool) -> None:
    """Deliver what waits; exit 1 if something remains."""
    settings = load_settings()
    settings.require("bootstrap")
    found = sizes(settings)
    if only is not None and only not in found:
        raise OutboxError(f"no outbox of agency {only} in {settings.home / 'outbox'}")
    done = []
    for agency_id in [only] if only else [agency_id for agency_id, waiting in found.items() if waiting]:
        with IncidentProducer(agency_id, settings=settings) as producer:
            result = producer.flush(timeout)
        # A thread delivers too, as soon as the outbox is opened: what it did counts.
        delivered = max(result.delivered, found[agency_id] - result.remaining)
        done.append({"agency_id": agency_id, "delivered": delivered, "remaining": result.remaining})
        if result.error is not None:
            remark(f"{agency_id}: {result.error}")
    if as_json:
        print_json(done)
    elif done:
        columns = [Column("agency"), number("delivered"), number("remaining")]
        print_table(columns, [list(row.values()) for row in done])
    else:
        click.echo("nothing waits")
    if any(row["remaining"] for row in done):
        sys.exit(1)


def sizes(settings: Settings) -> dict[str, int]:
    """Reports that wait, by agency.

    Raises:
        OutboxError: an outbox cannot be used, or is of another deployment.
    """
    return {path.stem: _waiting(settings, path) for path in sorted((settings.home / "outbox").glob("*.sqlite"))}


def _waiting(settings: Settings, path: Path) -> int:
    opened = Outbox(path, settings.require("deployment"), path.stem)
    try:
        return opened.count()
    finally:
        opened.close()
