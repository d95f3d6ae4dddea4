"""`ionics audit`: refusals that concern security, acts of operators, and who read what."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from cli.accessing import logged
from cli.output import Column, json_option, print_json, print_table, remark
from schemas.codec import FRAME_BYTES, codec
from schemas.directory import read_members
from schemas.errors import DecodeError
from schemas.reading import read_topic
from schemas.rights import require_right
from schemas.settings import Settings, load_settings
from schemas.topics import ACCESS, AUDIT


@click.group()
def audit() -> None:
    """Refusals that concern security, acts of operators, and who read what."""


@audit.command(name="list")
@click.option("--kind", help="Only this kind, such as SUBMISSION_REFUSED.")
@click.option("--code", help="Only this code, such as BAD_SIGNATURE.")
@click.option("--agency", "agency_id", help="Only what this agency signed or did.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="At most so many, the newest.")
@json_option
def list_(kind: str | None, code: str | None, agency_id: str | None, limit: int, as_json: bool) -> None:
    """List security events and acts of operators, newest last. Needs the right audit or administer."""
    settings, person = _with_right("audit", "administer")
    wanted = {"kind": kind, "code": code, "agency_id": agency_id}
    logged(settings, person, "AUDIT", {"of": "audit", **wanted})
    found = [entry for entry in _entries(settings, AUDIT.name, "audit") if _matches(entry, wanted)]
    names = ("at", "kind", "code", "agency_id", "subject", "message")
    _print(found, names, limit, as_json=as_json)


@audit.command()
@click.option("--agency", "agency_id", help="Only what this agency read.")
@click.option("--incident", "incident_id", help="Only readings of this incident.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="At most so many, the newest.")
@json_option
def access(agency_id: str | None, incident_id: str | None, limit: int, as_json: bool) -> None:
    """List who read what, newest last; this reading too is written down. Needs the right audit."""
    settings, person = _with_right("audit")
    logged(settings, person, "AUDIT", {"of": "access", "agency_id": agency_id, "incident_id": incident_id})
    found = [
        entry
        for entry in _entries(settings, ACCESS.name, "access")
        if agency_id in (None, entry["agency_id"]) and (incident_id is None or incident_id in entry["incident_ids"])
    ]
    names = ("at", "channel", "action", "focal_point_id", "agency_id", "query", "incident_ids")
    _print(found, names, limit, as_json=as_json)


def _with_right(*rights: str) -> tuple[Settings, str]:
    settings = load_settings()
    person = settings.acting_as("auditor")
    require_right(read_members(settings), person, *rights)
    return settings, person


def _matches(entry: dict[str, Any], wanted: dict[str, str | None]) -> bool:
    return all(value in (None, entry[name]) for name, value in wanted.items())


def _entries(settings: Settings, topic: str, schema: str) -> Iterator[dict[str, Any]]:
    for record in read_topic(settings, topic):
        try:
            yield codec(schema).decode((record.value or b"")[FRAME_BYTES:])
        except DecodeError as error:
            remark(f"{topic}/{record.partition}/{record.offset} does not decode: {error}")


def _print(found: list[dict[str, Any]], names: tuple[str, ...], limit: int, *, as_json: bool) -> None:
    rows = [{name: _shown(value) for name, value in entry.items()} for entry in found[-limit:]]
    if as_json:
        print_json(rows)
        return
    print_table([Column(name.replace("_", " ")) for name in names], [[row[name] for name in names] for row in rows])
    if len(found) > limit:
        remark(f"{len(found) - limit:,} older ones are not shown; see --limit")


def _shown(value: Any) -> Any:
    return value.astimezone(UTC).isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
