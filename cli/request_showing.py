"""`ionics request list | show | times`: threads as their parties see them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click
import psycopg

from cli.accessing import clock, logged, noted
from cli.connections import reader
from cli.desks import as_option
from cli.output import Column, clean, duration, json_option, number, print_json, print_table, remark
from cli.references import named
from cli.request_desk import thread_argument, thread_named
from projections import queries
from projections.queries.requests import ALL, WHICH
from schemas.directory import load_current
from schemas.errors import ProjectionError
from schemas.settings import Settings

_DID = {
    "REQUEST": "asked",
    "ANSWER": "answered",
    "FORWARD": "forwarded it",
    "DECLINE": "declined",
    "NOTE": "noted",
    "AMENDED": "amended the incident",
    "CLOSE": "closed it",
}
_STEPS = {
    "REMINDER": "reminder to those who must answer",
    "DEADLINE": "deadline",
    "OVERDUE": "whoever asked is told",
    "ESCALATION": "escalation to the coordinators of those who must answer",
}


@click.command(name="list")
@click.option("--which", type=click.Choice(WHICH), default=ALL, show_default=True, help="mine: for you to answer.")
@click.option("--incident", help="Only about this incident.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 10_000), help="At most so many.")
@as_option
@json_option
def list_(which: str, incident: str | None, limit: int, person: str | None, as_json: bool) -> None:
    """List requests that you are a party of, the last asked first."""
    with _views(person) as (settings, connection):
        about = None if incident is None else named(settings, connection, incident)
        found = queries.list_requests(
            connection, settings.generation, now=clock(), which=which, incident_id=about, limit=limit
        )
    noted(settings, "LIST", {"requests": {"which": which, "incident_id": about, "limit": limit}})
    if as_json:
        print_json(found)
        return
    columns = [Column("request", fold=False), Column("asked by", fold=False), Column("subject"), Column("priority")]
    columns += [Column("due", fold=False), Column("state"), Column("waits for"), number("messages")]
    rows = [
        [
            row["thread_id"][:8],
            row["asked_by"],
            row["subject"],
            row["priority"],
            row["due_at"][:16],
            _state(row),
            ", ".join(row["awaited"]),
            row["messages"],
        ]
        for row in found
    ]
    print_table(columns, rows)
    if not found:
        remark("no requests")


@click.command()
@thread_argument
@as_option
@json_option
def show(ref: str, person: str | None, as_json: bool) -> None:
    """Show one request: what was asked, by whom, until when, what was said, and what is due."""
    with _views(person) as (settings, connection):
        thread_id = thread_named(settings, connection, ref)
        document = queries.request_document(connection, settings.generation, thread_id, now=clock())
    if document is None:
        raise ProjectionError(f"no request {ref!r} that {settings.acting_as()} may see")
    logged(settings, settings.acting_as(), "DETAIL", {"request": thread_id})
    if as_json:
        print_json(document)
    else:
        _print(document)


@click.command()
@as_option
@json_option
def times(person: str | None, as_json: bool) -> None:
    """Show how agencies answer, by the requests that you are a party of."""
    with _views(person) as (settings, connection):
        found = queries.response_times(connection, settings.generation, now=clock())
    noted(settings, "AGGREGATE", {"response_times": {}})
    if as_json:
        print_json(found)
        return
    counts = ("asked", "answered", "declined", "forwarded", "late", "overdue")
    columns = [Column("agency", fold=False), *map(number, counts), number("median"), number("p90")]
    rows = [
        [row["agency_id"], *(row[name] for name in counts), _span(row["median_s"]), _span(row["p90_s"])]
        for row in found
    ]
    print_table(columns, rows)
    if not found:
        remark("nobody was asked yet, in requests that you are a party of")


@contextmanager
def _views(person: str | None) -> Iterator[tuple[Settings, psycopg.Connection]]:
    settings = load_current()
    settings = settings if person is None else replace(settings, viewer=person)
    with reader(settings) as connection:
        yield settings, connection


def _state(row: dict[str, Any]) -> str:
    return "OVERDUE" if row["overdue"] else str(row["state"])


def _span(seconds: int | None) -> str:
    return "" if seconds is None else duration(seconds)


def _print(document: dict[str, Any]) -> None:
    row = document["request"]
    click.echo(clean(f"request {row['thread_id']}: {row['subject']}"))
    if row["incident_id"] is not None:
        click.echo(clean(f"about incident {row['incident_id']}"))
    asked = f"asked by {row['asked_by']} at {row['asked_at'][:16]}, {row['priority']}, due {row['due_at'][:16]}"
    click.echo(clean(asked))
    answering = [party["name"] for party in document["parties"] if party["side"] == "ANSWERS"]
    click.echo(clean(f"asked: {', '.join(answering)}"))
    waits = f", waits for {', '.join(row['awaited'])}" if row["awaited"] else ""
    click.echo(clean(f"state: {_state(row)}{waits}"))
    for message in document["messages"]:
        click.echo()
        click.echo(clean(_said(message)))
        for line in (message["text"] or "").splitlines():
            click.echo(f"   {clean(line)}")
        for each in message["documents"]:
            words = f"{each['title'] or 'document'}, {each['media_type']}, {each['size_bytes']} bytes, {each['sha256']}"
            click.echo(clean(f"   document: {words}"))
    if document["due"]:
        click.echo()
        columns = [Column("due", fold=False), Column("what"), Column("")]
        rows = [[each["at"][:16], _STEPS[each["step"]], "passed" if each["passed"] else ""] for each in document["due"]]
        print_table(columns, rows)


def _said(message: dict[str, Any]) -> str:
    own = {f"agency:{message['agency_id']}", f"focal-point:{message['focal_point_id']}"}
    party = "" if message["party"] in own else f" for {message['party']}"
    to = f" to {', '.join(message['to'])}" if message["to"] and message["kind"] == "FORWARD" else ""
    revision = f", revision {message['amendment']['revision']}" if message["amendment"] else ""
    who = f"{message['focal_point_id']} of {message['agency_id']}{party}"
    return f"{message['number']}. {message['at'][:16]} {who} {_DID[message['kind']]}{to}{revision}"
