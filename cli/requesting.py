"""`ionics request ask | answer | forward | decline | note | close`."""

import hashlib
import mimetypes
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from cli.desks import as_option
from cli.output import json_option
from cli.request_desk import bench, tell, thread_argument
from projections.requests.desk import Question
from schemas.requests import Priority

_SPAN = re.compile(r"(\d{1,5})\s*(min|h|d)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days"}
_text = click.option("--text", required=True, help="What you say.")
_documents = click.option(
    "--document",
    "documents",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file, by reference: its type, size and SHA-256 are sent, not the file. May be repeated.",
)
_to = click.option("--to", multiple=True, metavar="NAME", help="agency:ID, focal-point:ID or group:ID; repeatable.")


@click.command()
@click.argument("incident", required=False)
@click.option("--question", required=True, help="What you want to know.")
@_to
@click.option("--subject", help="The same in a line; needed where there is no incident.")
@click.option(
    "--priority",
    type=click.Choice([each.value for each in Priority]),
    default=Priority.ROUTINE.value,
    show_default=True,
    help="Due in 10 days, 2 days or 4 hours unless --due says otherwise.",
)
@click.option("--due", metavar="TIME", help="By when: 48h, 5d, 2026-03-14T12:00Z (UTC where nothing is said).")
@_documents
@as_option
@json_option
def ask(
    incident: str | None,
    question: str,
    to: tuple[str, ...],
    subject: str | None,
    priority: str,
    due: str | None,
    documents: tuple[Path, ...],
    person: str | None,
    as_json: bool,
) -> None:
    """Ask the owner of INCIDENT, or whoever is named with --to."""
    if incident is None and not to:
        raise click.UsageError("name an incident, or whom to ask: --to")
    with bench(person) as at:
        asked = Question(
            question,
            to=to,
            incident_id=None if incident is None else at.incident(incident),
            subject=subject,
            priority=Priority(priority),
            due_at=None if due is None else due_of(due, datetime.now(UTC)),
            documents=[referred(path) for path in documents],
        )
        made = at.desk.ask(asked)
    tell(made, as_json=as_json)


@click.command()
@thread_argument
@_text
@_documents
@as_option
@json_option
def answer(ref: str, text: str, documents: tuple[Path, ...], person: str | None, as_json: bool) -> None:
    """Answer, for one of those who were asked."""
    with bench(person) as at:
        made = at.desk.answer(at.thread(ref), text, [referred(path) for path in documents])
    tell(made, as_json=as_json)


@click.command()
@thread_argument
@_text
@_documents
@as_option
@json_option
def note(ref: str, text: str, documents: tuple[Path, ...], person: str | None, as_json: bool) -> None:
    """Say more, from either side; it settles nothing."""
    with bench(person) as at:
        made = at.desk.note(at.thread(ref), text, [referred(path) for path in documents])
    tell(made, as_json=as_json)


@click.command()
@thread_argument
@_to
@click.option("--text", help="Why.")
@as_option
@json_option
def forward(ref: str, to: tuple[str, ...], text: str | None, person: str | None, as_json: bool) -> None:
    """Have others answer in your place; they see all of the thread."""
    if not to:
        raise click.UsageError("say who is to answer: --to")
    with bench(person) as at:
        made = at.desk.forward(at.thread(ref), to, text)
    tell(made, as_json=as_json)


@click.command()
@thread_argument
@click.option("--reason", required=True, help="Why you do not answer.")
@as_option
@json_option
def decline(ref: str, reason: str, person: str | None, as_json: bool) -> None:
    """Decline to answer."""
    with bench(person) as at:
        made = at.desk.decline(at.thread(ref), reason)
    tell(made, as_json=as_json)


@click.command()
@thread_argument
@click.option("--text", help="A last word.")
@as_option
@json_option
def close(ref: str, text: str | None, person: str | None, as_json: bool) -> None:
    """End a thread that your agency began."""
    with bench(person) as at:
        made = at.desk.close(at.thread(ref), text)
    tell(made, as_json=as_json)


def due_of(text: str, now: datetime) -> datetime:
    """A deadline that is written as a span of time from now, or as a date or time."""
    span = _SPAN.fullmatch(text.strip())
    if span is not None:
        return now + timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text} is no time; write 48h, 5d or 2026-03-14T12:00Z", param_hint="--due") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def referred(path: Path) -> dict[str, Any]:
    """The reference of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {"media_type": kind, "sha256": digest, "size_bytes": path.stat().st_size, "title": path.name}
