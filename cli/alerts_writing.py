"""`ionics alerts write | revise | withdraw`: special alerts of the secretariat."""

import hashlib
import mimetypes
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cli.accessing import noted
from cli.alert_line import moment
from cli.desks import Acting, acting_as, as_option, views_of
from cli.output import clean, json_option, print_json
from cli.references import named
from projections.alert_writing import SpecialAlertDesk
from schemas.alert import Severity
from schemas.errors import InvalidIncidentError
from schemas.incident import COMMUNITY, Tlp
from schemas.reading import read_topic
from schemas.special_alert import SpecialAlert, SpecialAlerts
from schemas.topics import SPECIAL_ALERTS

_UNKNOWN = "application/octet-stream"
_STATED = (
    click.option("--severity", type=click.Choice([str(each) for each in Severity]), help="How much it presses."),
    click.option("--title", help="One line."),
    click.option("--text", help="What is said; - reads it from standard input."),
    click.option("--substance", "substance_id", help="Id of the substance that it is about."),
    click.option("--class", "substance_class", help="Class of substances that it is about."),
    click.option("--substance-text", help="Name of the substance, where nobody knows it."),
    click.option("--country", "countries", multiple=True, help="Country that it is about (alpha-3); repeatable."),
    click.option("--from", "departure", help="Country of departure (alpha-3)."),
    click.option("--to", "destination", help="Country of destination (alpha-3)."),
    click.option(
        "--document",
        "documents",
        multiple=True,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="File of which media type, SHA-256, size and name go with it, never the content; repeatable.",
    ),
    click.option("--incident", "refs", multiple=True, metavar="REF", help="Incident that it names; repeatable."),
    click.option("--audience", "audience", multiple=True, help="COMMUNITY, country:XXX, agency:ID or group:ID."),
    click.option("--tlp", type=click.Choice([str(each) for each in Tlp]), help="Label of the Traffic Light Protocol."),
    click.option("--act-before", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="Until when to act, UTC."),
)
_SUBJECT = ("substance_id", "substance_class", "substance_text", "departure", "destination")


def _stated(command: Any) -> Any:
    for option in reversed(_STATED):
        command = option(command)
    return command


@click.command()
@_stated
@as_option
@json_option
def write(person: str | None, as_json: bool, **stated: Any) -> None:
    """Write a special alert to focal points. Takes an agency of the type SECRETARIAT, and the right coordinate."""
    who = acting_as(person)
    missing = [name for name in ("severity", "title", "text") if not stated[name]]
    if missing:
        raise click.UsageError(f"say --{missing[0]}")
    content = {"audience": [COMMUNITY], "tlp": Tlp.AMBER} | _content(who, stated)
    _tell(_desk(who).write(content), as_json=as_json)


@click.command()
@click.argument("alert_id", metavar="ALERT")
@_stated
@click.option("--reason", required=True, help="Why it is revised; it stays in the audit.")
@as_option
@json_option
def revise(alert_id: str, reason: str, person: str | None, as_json: bool, **stated: Any) -> None:
    """Revise a special alert of your own agency: what is not given stays as it is."""
    who = acting_as(person)
    known = SpecialAlerts().fold(read_topic(who.settings, SPECIAL_ALERTS.name)).held.get(alert_id)
    content = {} if known is None or known.author_agency != who.person.agency_id else _as_it_is(known)
    changed = _content(who, stated)
    content |= changed | {"subject": content.get("subject", {}) | changed.get("subject", {})}
    noted(who.settings, "LIST", {"special_alert": alert_id})
    _tell(_desk(who).revise(alert_id, content, reason), as_json=as_json)


@click.command()
@click.argument("alert_id", metavar="ALERT")
@click.option("--reason", required=True, help="Why it is withdrawn; it stays in the audit.")
@as_option
@json_option
def withdraw(alert_id: str, reason: str, person: str | None, as_json: bool) -> None:
    """Withdraw a special alert of your own agency."""
    who = acting_as(person)
    noted(who.settings, "LIST", {"special_alert": alert_id})
    _tell(_desk(who).withdraw(alert_id, reason), as_json=as_json)


def _desk(who: Acting) -> SpecialAlertDesk:
    return SpecialAlertDesk(who.settings, who.person, who.members, lambda: views_of(who))


def _content(who: Acting, stated: dict[str, Any]) -> dict[str, Any]:
    """What is stated in the command, without what is not."""
    text = stated["text"]
    content: dict[str, Any] = {name: stated[name] for name in ("severity", "title", "tlp") if stated[name] is not None}
    if text is not None:
        content["text"] = click.get_text_stream("stdin").read() if text == "-" else text
    subject = {name: stated[name] for name in _SUBJECT if stated[name] is not None}
    if stated["countries"]:
        subject["countries"] = stated["countries"]
    if subject:
        content["subject"] = subject
    if stated["documents"]:
        content["documents"] = [_document(path) for path in stated["documents"]]
    if stated["refs"]:
        with views_of(who) as connection:
            content["incidents"] = [named(who.settings, connection, ref) for ref in stated["refs"]]
    if stated["audience"]:
        content["audience"] = stated["audience"]
    if stated["act_before"] is not None:
        content["act_before"] = stated["act_before"].replace(tzinfo=UTC)
    return content


def _as_it_is(known: SpecialAlert) -> dict[str, Any]:
    names = ("severity", "title", "subject", "text", "documents", "incidents", "audience", "tlp", "act_before")
    return {name: value for name, value in known.model_dump().items() if name in names}


def _document(path: Path) -> dict[str, Any]:
    """A file by reference.

    Raises:
        InvalidIncidentError: it cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidIncidentError("UNREADABLE", "documents", f"{path}: {error.strerror}") from error
    kind = mimetypes.guess_type(path.name)[0] or _UNKNOWN
    return {
        "media_type": kind,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "title": path.name,
    }


def _tell(made: SpecialAlert, *, as_json: bool) -> None:
    if as_json:
        print_json(made.model_dump(mode="json"))
        return
    at: datetime = made.at
    click.echo(clean(f"{made.status} {made.severity}: {made.title}"))
    click.echo(f"alert {made.alert_id}, revision {made.revision}, {moment(at)}, for {', '.join(made.audience)}")
