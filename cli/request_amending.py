"""`ionics request amend`: an answer that becomes an amendment of the incident."""

from typing import Any

import click
import orjson

from cli.desks import as_option
from cli.output import json_option, print_json
from cli.request_desk import bench, thread_argument
from producers import IncidentProducer
from projections.api.values import Values
from projections.requests import amend_from
from schemas.errors import InvalidIncidentError


@click.command()
@thread_argument
@click.option(
    "--set", "stated", multiple=True, metavar="FIELD=VALUE", help="A field as a whole; JSON or text. May be repeated."
)
@click.option("--file", "file", type=click.File("rb"), help="Fields that change, as JSON.")
@click.option("--reason", required=True, help="Why; all who see the incident read it, and the id of the thread.")
@click.option("--wait", "wait_s", default=30.0, show_default=True, help="Seconds to wait for the receipt.")
@as_option
@json_option
def amend(
    ref: str,
    stated: tuple[str, ...],
    file: Any,
    reason: str,
    wait_s: float,
    person: str | None,
    as_json: bool,
) -> None:
    """Amend the incident of THREAD, which is your agency's, and say so in it; run it again after a crash."""
    changes = {**_in_file(file), **dict(map(_field, stated))}
    if not changes:
        raise click.UsageError("say what changes: --set or --file")
    with bench(person) as at:
        thread_id = at.thread(ref)
        agency = at.members.directory.agencies[at.desk.person.agency_id]
        at.desk.thread(thread_id)
        with IncidentProducer(agency.agency_id, reporting_country=agency.country, settings=at.settings) as producer:
            made = amend_from(at.desk, producer, Values(at.settings).known, thread_id, changes, reason, wait_s)
    if as_json:
        print_json(made._asdict())
    else:
        click.echo(f"incident {made.incident_id} revision {made.revision}, said in request {thread_id}")


def _field(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise click.BadParameter(f"{text!r} is not FIELD=VALUE", param_hint="--set")
    try:
        return name, orjson.loads(value)
    except ValueError:
        return name, value


def _in_file(file: Any) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        fields = orjson.loads(file.read())
    except ValueError as error:
        raise InvalidIncidentError("FORM", "changes", f"{file.name} is not JSON: {error}") from None
    if not isinstance(fields, dict):
        raise InvalidIncidentError("FORM", "changes", f"{file.name} must hold one JSON object")
    return fields
