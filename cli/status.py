"""`ionics status`: whether everything runs, and how fresh the views are."""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import click
import psycopg
from psycopg import sql

from cli.connections import reader
from cli.outbox import sizes
from cli.output import Column, clean, duration, json_option, number, print_json, print_table
from cli.stack import worker_pid
from deploy.stages import STAGES, AnyStage, Projecting
from projections.deliveries.overseeing import counted
from projections.migrate import schema_name
from schemas.directory import at_generation
from schemas.errors import IonicsError, ProjectionError
from schemas.settings import Settings, load_settings
from schemas.topics import DEAD_LETTERS, Topic
from stream_processors.runtime.lag import Lag, committed, lag, records_of, require_broker

_OPEN_LOG = "the broker takes anybody who reaches it; the views show each focal point what it may see"
_CLOSED_LOG = "the broker asks for passwords and keeps access lists; the views show each focal point what it may see"


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Say what runs, how far each stage has come, and what waits. Exit 1 if something could not be asked."""
    settings = load_settings()
    faults: list[str] = []
    if not settings.bootstrap:
        faults.append("no deployment is set up in this home; start one with: ionics up")
    answers = bool(settings.bootstrap) and _asked(faults, lambda: require_broker(settings)) is not None
    settings = (_asked(faults, lambda: at_generation(settings)) if answers else None) or settings
    document: dict[str, Any] = {
        "deployment": settings.deployment or None,
        "home": str(settings.home),
        "generation": settings.generation or None,
        "parts": _asked(faults, lambda: _parts(settings)) or [],
        "worker_pid": _asked(faults, lambda: _worker(settings)),
        "stages": _stages(settings, faults) if answers else [],
        "deliveries": _deliveries(settings, faults),
        "dead_letters": _asked(faults, lambda: records_of(settings, DEAD_LETTERS)) if answers else None,
        "outboxes": (_asked(faults, lambda: sizes(settings)) or {}) if settings.deployment else {},
        "access": _CLOSED_LOG if settings.broker_principal else _OPEN_LOG,
        "faults": faults,
    }
    if as_json:
        print_json(document)
    else:
        _print(document)
    if faults:
        sys.exit(1)


def _asked(faults: list[str], ask: Callable[[], Any]) -> Any:
    """The answer; what goes wrong with one question must not hide the answers to the others."""
    try:
        return ask()
    except IonicsError as error:
        faults.append(" ".join(str(error).split()))
        return None


def _parts(settings: Settings) -> list[dict[str, Any]]:
    if not (settings.home / "stack").exists():
        return []
    from deploy.local import LocalStack  # noqa: PLC0415  # needs the extra `local`

    parts = [asdict(part) for part in LocalStack(settings.home / "stack").status()]
    return [{**part, "log": str(part["log"])} for part in parts]


def _worker(settings: Settings) -> int | None:
    try:
        return worker_pid(settings.home)
    except ImportError:  # without the extra `local` there is no supervisor of ours to look for
        return None


def _deliveries(settings: Settings, faults: list[str]) -> dict[str, Any] | None:
    """What waits to be told; None where this home has not the address of the writer."""
    if not settings.database_url:
        return None
    return _asked(faults, lambda: counted(settings.database_url))  # type: ignore[no-any-return]  # as `_asked` is typed


def _stages(settings: Settings, faults: list[str]) -> list[dict[str, Any]]:
    now_ms = time.time() * 1000
    stages = []
    for name, stage in STAGES.items():
        for topic in stage.inputs(settings.generation):
            found = _asked(faults, partial(_lag, settings, stage, topic))
            stages.append({"stage": name, "topic": topic.name, **_freshness(found, now_ms)})
    return stages


def _lag(settings: Settings, stage: AnyStage, topic: Topic) -> Lag:
    if isinstance(stage, Projecting):
        return lag(settings, topic, _projected(settings, topic))
    return lag(settings, topic, committed(settings, stage.group(settings.generation), topic))


def _freshness(found: Lag | None, now_ms: float) -> dict[str, Any]:
    if found is None:
        return {"fresh": None, "unread_at_most": None, "oldest_unread_s": None}
    age = None if found.oldest_ms is None else round(max(0.0, now_ms - found.oldest_ms) / 1000, 3)
    return {"fresh": found.fresh, "unread_at_most": found.at_most, "oldest_unread_s": age}


def _projected(settings: Settings, topic: Topic) -> dict[int, int]:
    """Next offset of each partition, as the projector keeps it beside its rows."""
    table = sql.Identifier(schema_name(settings.generation), "positions")
    statement = sql.SQL("SELECT partition, next FROM {} WHERE topic = %s").format(table)
    with reader(settings) as connection:
        try:
            return dict(connection.execute(statement, (topic.name,)).fetchall())
        except psycopg.Error as error:
            raise ProjectionError(f"generation {settings.generation} cannot be read: {error}") from error


def _print(document: dict[str, Any]) -> None:
    click.echo(f"deployment {document['deployment'] or 'none'}, home {document['home']}")
    if document["parts"]:
        rows = [
            [
                part["part"],
                part["state"],
                part["pid"],
                part["address"],
                "" if part["uptime"] is None else duration(part["uptime"]),
            ]
            for part in document["parts"]
        ]
        print_table([Column("part"), Column("state"), number("pid"), Column("address"), Column("up for")], rows)
    pid = document["worker_pid"]
    click.echo(f"stages: {f'run (supervisor {pid})' if pid else 'no supervisor runs in this home'}")
    if document["stages"]:
        columns = [Column("stage"), Column("reads"), Column("freshness"), number("unread, at most")]
        print_table(columns, [[s["stage"], s["topic"], _words(s), s["unread_at_most"]] for s in document["stages"]])
    if document["deliveries"] is not None:
        said = ", ".join(
            f"{each['deliveries']:,} {which} (oldest {duration(each['oldest_s'])})"
            for which, each in document["deliveries"].items()
        )
        click.echo(f"deliveries: {said or 'nothing waits'}")
    if document["dead_letters"] is not None:
        click.echo(f"dead letters: {document['dead_letters']}")
    waiting = {agency_id: count for agency_id, count in document["outboxes"].items() if count}
    said = ", ".join(f"{agency_id} {count:,}" for agency_id, count in waiting.items())
    click.echo(f"outboxes: {len(document['outboxes'])}, {f'waiting: {said}' if waiting else 'nothing waits'}")
    click.echo(document["access"])
    for fault in document["faults"]:
        click.echo(f"error: {clean(fault)}", err=True)


def _words(stage: dict[str, Any]) -> str:
    if stage["fresh"] is None:
        return "cannot be told"
    return "fresh" if stage["fresh"] else f"oldest unread record is {duration(stage['oldest_unread_s'])} old"
