"""`ionics dead-letters`: records that a stage could not process, as they were."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from cli.connections import Decoder
from cli.output import Column, clean, json_option, number, print_json, print_table
from schemas.directory import read_members
from schemas.errors import ContractError, LogError
from schemas.reading import Record, read_topic
from schemas.rights import require_right
from schemas.settings import Settings, load_settings
from schemas.topics import DEAD_LETTERS

_OWN = ("ionics-dl-stage", "ionics-dl-error", "ionics-dl-position")


@click.group()
def dead_letters() -> None:
    """See the records that a stage could not process."""


@dead_letters.command(name="list")
@click.option("--limit", default=100, show_default=True, help="Only the last so many.")
@json_option
def list_(limit: int, as_json: bool) -> None:
    """List the dead letters, the newest last."""
    rows = [_summary(record) for record in _records(load_settings())][-max(0, limit) :] if limit > 0 else []
    if as_json:
        print_json(rows)
    elif rows:
        columns = [Column("position", fold=False), Column("stage"), Column("at"), number("bytes"), Column("error")]
        names = ("position", "stage", "at", "bytes", "error")
        print_table(columns, [[row[name] for name in names] for row in rows])
    else:
        click.echo("no dead letters")


@dead_letters.command()
@click.argument("position")
@json_option
def show(position: str, as_json: bool) -> None:
    """Show one dead letter: POSITION as the list gives it, or its offset in ionics.dead-letters."""
    settings = load_settings()
    for record in _records(settings):
        if position in (_header(record, "ionics-dl-position"), str(record.offset)):
            break
    else:
        raise LogError(f"no dead letter at {position}; see: ionics dead-letters list")
    try:
        body: Any = Decoder(settings).decode(record.value)
        fault = None
    except ContractError as error:
        body, fault = None, str(error)
    headers = [[name, _readable(value)] for name, value in record.headers]
    if as_json:
        raw = (record.value or b"").hex()
        print_json({**_summary(record), "headers": headers, "body": body, "does_not_decode": fault, "value_hex": raw})
        return
    print_table([Column("header", fold=False), Column("value")], headers)
    click.echo()
    if fault is None:
        print_json(body)
    else:
        click.echo(clean(fault))
        click.echo(hexdump(record.value or b""))


def hexdump(value: bytes) -> str:
    """Bytes as lines of offset, sixteen bytes in hexadecimal, and their printable ASCII."""
    lines = []
    for start in range(0, len(value), 16):
        part = value[start : start + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:08x}  {part.hex(' '):<47}  {text}")
    return "\n".join(lines)


def _records(settings: Settings) -> Iterator[Record]:
    require_right(read_members(settings), settings.acting_as("operator"), "administer")
    return read_topic(settings, DEAD_LETTERS.name)


def _summary(record: Record) -> dict[str, Any]:
    stage, error, position = (_header(record, name) for name in _OWN)
    return {
        "offset": record.offset,
        "position": position or str(record.offset),
        "stage": stage,
        "error": error,
        "at": datetime.fromtimestamp(record.timestamp_ms / 1000, UTC).isoformat(timespec="seconds"),
        "key": None if record.key is None else _readable(record.key),
        "bytes": len(record.value or b""),
    }


def _header(record: Record, name: str) -> str:
    """The last of that name: the stage's own, since it puts its headers after those it found."""
    return next((value.decode("utf-8", "replace") for key, value in reversed(record.headers) if key == name), "")


def _readable(value: bytes | None) -> str:
    """Text where it is text, else hexadecimal."""
    try:
        text = (value or b"").decode()
    except UnicodeDecodeError:
        return (value or b"").hex()
    return text if text.isprintable() else (value or b"").hex()
