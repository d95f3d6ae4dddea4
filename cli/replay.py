"""`ionics replay`: history again, whole or in part; exports for auditors, and verifying them."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from cli.accessing import Leaving, logged
from cli.output import Column, number, print_json, print_table
from cli.progress import progress_of
from cli.replaying import KINDS, SUFFIXES, Wanted, give, of_export, of_log
from cli.verdicts import print_verdict
from projections.evidence.archive import Archive
from projections.evidence.exporting import export as write_export
from projections.evidence.verifying import verify_history
from projections.replay.log_source import LogSource
from projections.replay.selection import Selection
from projections.replay.sight import RIGHTS
from schemas.directory import SEES_ALL, read_members
from schemas.rights import require_right
from schemas.settings import load_settings


class _Moment(click.ParamType):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is no time; write 2026-03-14 or 2026-03-14T09:30:00Z", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


@click.command()
@click.option("--of", "kind", type=click.Choice(list(KINDS)), default="incidents", show_default=True, help="What.")
@click.option("--since", type=_Moment(), help="Admitted at this time or later (UTC where it does not say).")
@click.option("--until", type=_Moment(), help="Admitted before this time.")
@click.option("--agency", "agency_id", help="Only of this agency.")
@click.option("--incident", "incident_id", help="Only this incident: its id, or how it begins.")
@click.option("--operation", "operation_id", help="Only of this operation.")
@click.option("--partition", "partitions", multiple=True, type=click.IntRange(min=0), help="May be repeated; else all.")
@click.option("--first", type=click.IntRange(min=0), help="From this offset of each partition on.")
@click.option("--last", type=click.IntRange(min=0), help="Up to this offset of each partition.")
@click.option("--to", "file", type=click.Path(path_type=Path), help="Into a new file: .parquet, .avro or .jsonl.")
@click.option("--to-topic", help="Into another topic, as the bytes are.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="At most so many records a second.")
@click.option(
    "--export", "place", type=click.Path(path_type=Path), help="Export all into a new directory, as evidence."
)
@click.option("--from", "origin", type=click.Path(path_type=Path), help="Read this export, not the log.")
@click.option("--verify", is_flag=True, help="Verify all: signatures, chains of revisions, decisions.")
@click.option("--trust", multiple=True, metavar="KEY", help="With --verify: id of a key that founded the directory.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; of records, a line each.")
def replay(
    kind: str,
    file: Path | None,
    to_topic: str | None,
    rate: float | None,
    place: Path | None,
    origin: Path | None,
    verify: bool,
    trust: tuple[str, ...],
    as_json: bool,
    **selected: Any,
) -> None:
    """Read history again, up to now: to the screen, a file or a topic; or export it, or verify it.

    Needs the right audit or administer, and gives what you may see. Original bytes and positions (--export, .avro,
    --to-topic, --first, --last, --partition) are for principals who see all. An export is verified, and replayed, on
    any machine with --from, without a deployment.
    """
    selection = Selection(**{**selected, "partitions": frozenset(selected["partitions"])})
    _check_options(selection, {"--to": file, "--to-topic": to_topic, "--export": place, "--verify": verify or None})
    if rate is not None and (verify or place is not None):
        raise click.UsageError("--rate is for records that are given, not for --export or --verify")
    if trust and not verify:
        raise click.UsageError("--trust is for --verify")
    if verify:
        _verify(origin, trust, as_json=as_json)
    elif place is not None:
        _export(place, origin, as_json=as_json)
    else:
        wanted = Wanted(kind, selection, file, to_topic, rate, as_json)
        with of_export(wanted, origin) if origin is not None else of_log(wanted) as view:
            give(wanted, view)


def _check_options(selection: Selection, ways: Mapping[str, Any]) -> None:
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} exclude each other")
    if given and given[0] in ("--export", "--verify") and selection != Selection():
        raise click.UsageError(f"{given[0]} is about the whole history: parts of it prove nothing")
    file = ways["--to"]
    if file is not None and file.suffix not in SUFFIXES:
        raise click.UsageError(f"--to: end the name with {' or '.join(SUFFIXES)}")


def _verify(origin: Path | None, trust: tuple[str, ...], *, as_json: bool) -> None:
    export = None if origin is None else Archive(origin)
    source = export or _log_to_verify()
    with progress_of("verified") as progress:
        verdict = verify_history(source, trust, progress)
    if export is not None:
        verdict.findings.add(export.changed())
    print_verdict(verdict, source.name, as_json=as_json)
    sys.exit(0 if verdict.sound else 1)


def _log_to_verify() -> LogSource:
    settings = load_settings()
    person = settings.acting_as("auditor")
    require_right(read_members(settings), person, "audit")
    logged(settings, person, "AUDIT", {"of": "replay", "verify": True})
    return LogSource(settings)


def _export(place: Path, origin: Path | None, *, as_json: bool) -> None:
    if origin is not None:
        raise click.UsageError("--export and --from exclude each other: copy the directory")
    settings = load_settings()
    person = settings.acting_as("auditor")
    members = read_members(settings)
    require_right(members, person, *RIGHTS)
    require_right(members, person, SEES_ALL)
    with Leaving(settings, person, {"replay": {"export": place.name}}) as leaving, progress_of("exported") as progress:
        manifest = write_export(LogSource(settings), place, datetime.now(UTC), leaving, progress)
    if as_json:
        print_json(manifest)
        return
    columns = [Column("topic"), Column("file"), number("records"), Column("digest", fold=False)]
    files = manifest["files"]
    print_table(columns, [[t, e["file"], f"{e['records']:,}", e["digest"]] for t, e in files.items()])
    click.echo(f"verify it anywhere: ionics replay --verify --from {place}")
