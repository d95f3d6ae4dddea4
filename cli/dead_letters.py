"""`ionics dead-letters`: records that a stage could not process, as they were; driven again, or discarded."""

from datetime import UTC, datetime
from typing import Any

import click

from cli.output import Column, clean, json_option, number, print_json, print_table
from projections.dead_letters import DISCARDED, REDRIVEN, DeadLetter, dead_letter
from projections.dead_letters import dead_letters as letters_of
from projections.dead_letters import discard as discard_letter
from projections.dead_letters import redrive as redrive_letter
from schemas.directory import read_members
from schemas.errors import ContractError
from schemas.known_schemas import KnownSchemas
from schemas.rights import require_right
from schemas.settings import Settings, load_settings

_SETTLED = {REDRIVEN: "driven again", DISCARDED: "discarded", None: "open"}
_reason_option = click.option("--reason", required=True, help="Why; it stays in the audit.")


@click.group()
def dead_letters() -> None:
    """See the records that a stage could not process, and settle them."""


@dead_letters.command(name="list")
@click.option("--limit", default=100, show_default=True, help="Only the last so many.")
@click.option("--all", "settled", is_flag=True, help="Those driven again or discarded, too.")
@json_option
def list_(limit: int, settled: bool, as_json: bool) -> None:
    """List the dead letters that are open, the newest last."""
    settings, _ = _operator()
    found = [_summary(each) for each in letters_of(settings) if settled or each.settled is None]
    rows = found[-limit:] if limit > 0 else []
    if as_json:
        print_json(rows)
    elif rows:
        columns = [Column("position", fold=False), Column("stage"), Column("at"), number("bytes"), Column("state")]
        names = ("position", "stage", "at", "bytes", "state", "error")
        print_table([*columns, Column("error")], [[row[name] for name in names] for row in rows])
    else:
        click.echo("no dead letters")


@dead_letters.command()
@click.argument("position")
@json_option
def show(position: str, as_json: bool) -> None:
    """Show one dead letter: POSITION as the list gives it, or its offset in ionics.dead-letters."""
    settings, _ = _operator()
    letter = dead_letter(settings, position)
    record = letter.record
    try:
        body: Any = KnownSchemas.of(settings).decoded(record.value)
        fault = None
    except ContractError as error:
        body, fault = None, str(error)
    headers = [[name, _readable(value)] for name, value in record.headers]
    if as_json:
        raw = (record.value or b"").hex()
        print_json({**_summary(letter), "headers": headers, "body": body, "does_not_decode": fault, "value_hex": raw})
        return
    print_table([Column("header", fold=False), Column("value")], headers)
    click.echo()
    if fault is None:
        print_json(body)
    else:
        click.echo(clean(fault))
        click.echo(hexdump(record.value or b""))


@dead_letters.command()
@click.argument("position")
@_reason_option
def redrive(position: str, reason: str) -> None:
    """Submit one again, as it was. What admission makes of it now is a new decision."""
    settings, actor = _operator()
    redrive_letter(settings, dead_letter(settings, position), actor, reason)
    click.echo(f"{position} was submitted again")


@dead_letters.command()
@click.argument("position")
@_reason_option
def discard(position: str, reason: str) -> None:
    """Write down that one needs nothing more. It stays in the log."""
    settings, actor = _operator()
    discard_letter(settings, dead_letter(settings, position), actor, reason)
    click.echo(f"{position} is discarded")


def hexdump(value: bytes) -> str:
    """Bytes as lines of offset, sixteen bytes in hexadecimal, and their printable ASCII."""
    lines = []
    for start in range(0, len(value), 16):
        part = value[start : start + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:08x}  {part.hex(' '):<47}  {text}")
    return "\n".join(lines)


def _operator() -> tuple[Settings, str]:
    settings = load_settings()
    actor = settings.acting_as("operator")
    require_right(read_members(settings), actor, "administer")
    return settings, actor


def _summary(letter: DeadLetter) -> dict[str, Any]:
    record = letter.record
    return {
        "offset": record.offset,
        "position": letter.position,
        "stage": letter.stage,
        "error": letter.error,
        "at": datetime.fromtimestamp(record.timestamp_ms / 1000, UTC).isoformat(timespec="seconds"),
        "key": None if record.key is None else _readable(record.key),
        "bytes": len(record.value or b""),
        "state": _SETTLED[letter.settled],
        "reason": letter.reason,
    }


def _readable(value: bytes | None) -> str:
    """Text where it is text, else hexadecimal."""
    try:
        text = (value or b"").decode()
    except UnicodeDecodeError:
        return (value or b"").hex()
    return text if text.isprintable() else (value or b"").hex()
