"""`ionics import`: files of incidents into the agencies' outboxes, and what admission decided about them."""

import gzip
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from cli.agency import reporting_country
from cli.output import json_option, print_json, remark
from cli.progress import counted
from cli.senders import Senders
from deploy.agencies import add_agencies
from producers.importers import Draft, Reject, agencies_of, read_csv, read_ids, write_rejects
from schemas.directory import Agency, read_directory
from schemas.errors import DirectoryError, ImportFileError
from schemas.settings import Settings, load_settings

_FIRST_FEW = 5
_BLOCK = 1 << 20
_BAR_EVERY = 500

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_no_wait = click.option("--no-wait", is_flag=True, help="Do not wait for receipts; the outboxes are still emptied.")
_wait = click.option("--wait", "wait_s", default=120.0, show_default=True, help="Seconds to wait for 2,000 receipts.")
_rejects = click.option(
    "--rejects",
    "rejects_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to list the rows that cannot be read; else beside FILE.",
)


@click.group(name="import")
def import_() -> None:
    """Import a file of incidents."""


@import_.command()
@_file
@_no_wait
@_wait
@_rejects
@json_option
def ids(file: Path, no_wait: bool, wait_s: float, rejects_file: Path | None, as_json: bool) -> None:
    """Import UNODC's Individual Drug Seizures; each country is an agency."""
    settings = load_settings()
    agencies = agencies_of(file)
    _registered(settings, agencies)
    _run(settings, file, read_ids(file), None if no_wait else wait_s, rejects_file, as_json=as_json)


@import_.command()
@_file
@click.option("--agency", "agency_id", required=True, metavar="ID", help="The agency that reports.")
@click.option("--country", help="Its country, where the directory lacks it: in dev-… deployments it is added.")
@_no_wait
@_wait
@_rejects
@json_option
def csv(
    file: Path,
    agency_id: str,
    country: str | None,
    no_wait: bool,
    wait_s: float,
    rejects_file: Path | None,
    as_json: bool,
) -> None:
    """Import a file in our own layout (docs/csv-layout.md)."""
    settings = load_settings()
    if country is not None:
        _registered(settings, {agency_id: country})
    drafts = read_csv(file, agency_id=agency_id, reporting_country=reporting_country(settings, agency_id))
    _run(settings, file, drafts, None if no_wait else wait_s, rejects_file, as_json=as_json)


def _registered(settings: Settings, agencies: dict[str, str]) -> None:
    """See that the directory has the agencies; where one person may add them, add them.

    Raises:
        DirectoryError: some are missing, and two administrators must add them.
    """
    known = read_directory(settings).agencies
    missing = sorted(set(agencies) - set(known))
    if not missing:
        return
    if not settings.is_development:
        raise DirectoryError(
            f"{len(missing)} agencies of the file are not in the directory of {settings.deployment}, such as "
            f"{missing[0]}: two administrators must add them first"
        )
    added = add_agencies(settings, [Agency(i, i.upper(), "OTHER", agencies[i]) for i in missing])
    remark(f"added {len(added)} agencies to the directory, with new keys")


def _run(
    settings: Settings,
    file: Path,
    read: Iterable[Draft | Reject],
    wait_s: float | None,
    rejects_file: Path | None,
    *,
    as_json: bool,
) -> None:
    began = time.monotonic()
    if wait_s is not None and not settings.bootstrap:
        remark("bootstrap is not set: everything stays in the outboxes; `ionics outbox flush` delivers it later")
        wait_s = None
    tally = {"items": 0, "rejects": 0}
    with Senders(settings, wait_s) as senders:
        try:
            with counted("rows") as progress:
                task = progress.add_task("rows", total=_rows(file))
                sending = _sent(read, senders, tally, lambda done: progress.update(task, completed=done))
                written = _list_rejects(file, rejects_file, sending)
                senders.finish()
                progress.update(task, completed=sum(tally.values()), total=sum(tally.values()))
        except KeyboardInterrupt:
            remark(f"interrupted after {senders.incidents} incidents; import again: what was reported is a DUPLICATE")
            raise
    seconds = time.monotonic() - began
    result = {
        "rows": tally["items"] + tally["rejects"],
        **tally,
        "incidents": senders.incidents,
        "outcomes": dict(senders.outcomes),
        "waiting": senders.waiting,
        "rejects_file": None if written is None else str(written),
        "seconds": round(seconds, 3),
    }
    if as_json:
        print_json(result)
    else:
        _print(result)
    _remarks(senders, tally["rejects"], written)
    if senders.refused_count or senders.fault is not None:
        sys.exit(1)


def _sent(
    read: Iterable[Draft | Reject], senders: Senders, tally: dict[str, int], progress: Callable[[int], None]
) -> Iterator[Reject]:
    """Send the drafts; give the rejects, with those rows whose incident turns out too large to be sent."""
    shown = 0
    for each in read:
        rejected = [each] if isinstance(each, Reject) else senders.send(each)
        tally["rejects"] += len(rejected)
        if isinstance(each, Draft) and not rejected:
            tally["items"] += each.lines
        yield from rejected
        done = tally["items"] + tally["rejects"]
        if done - shown >= _BAR_EVERY:
            shown = done
            progress(done)


def _list_rejects(file: Path, wanted: Path | None, rejects: Iterator[Reject]) -> Path | None:
    """Write the rejects where they are wanted, else beside the file, else into the current directory."""
    if wanted is None:
        beside = file if _writable(file.parent) else Path.cwd() / file.name
        written = write_rejects(beside, rejects)
        if written is not None and beside is not file:
            remark(f"{file.parent} cannot be written to; the rejects are in {written}")
        return written
    try:
        with tempfile.TemporaryDirectory(dir=wanted.parent) as directory:
            written = write_rejects(Path(directory) / "import", rejects)
            if written is None:
                wanted.unlink(missing_ok=True)
                return None
            return written.replace(wanted)
    except OSError as error:
        raise ImportFileError(f"{wanted}: cannot be written ({error}); give another --rejects") from error


def _writable(directory: Path) -> bool:
    try:
        if not directory.stat().st_mode & 0o222:
            return False  # root could write there all the same, but nobody is meant to
        with tempfile.TemporaryFile(dir=directory):
            return True
    except OSError:
        return False


def _rows(file: Path) -> int | None:
    """Lines below the header: how far the bar goes. Where a row has several lines it is corrected at the end."""
    try:
        with file.open("rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            source = gzip.GzipFile(fileobj=raw) if packed else raw
            lines = sum(block.count(b"\n") for block in iter(lambda: source.read(_BLOCK), b""))
    except (OSError, EOFError, zlib.error):
        return None  # Reading the file itself will say what is wrong with it.
    return max(0, lines - 1)


def _print(result: dict[str, Any]) -> None:
    outcomes = ", ".join(f"{count:,} {name}" for name, count in result["outcomes"].items() if count) or "none awaited"
    seconds = result["seconds"]
    click.echo(f"rows       {result['rows']:,} = {result['items']:,} items + {result['rejects']:,} rejects")
    click.echo(f"incidents  {result['incidents']:,}")
    click.echo(f"receipts   {outcomes}")
    if result["waiting"]:
        click.echo(f"waiting    {result['waiting']:,} without a receipt")
    click.echo(f"time       {seconds:.1f} s, {result['rows'] / max(seconds, 0.001):,.0f} rows/s")


def _remarks(senders: Senders, rejects: int, written: Path | None) -> None:
    if rejects:
        remark(f"{rejects:,} rows were NOT imported; they are listed in {written}")
    if senders.fault is not None:
        remark(f"error: {senders.fault}; import again later: what was reported is a DUPLICATE then")
    elif senders.in_outbox:
        remark(f"{senders.in_outbox:,} incidents are in the outboxes; `ionics outbox flush` delivers them")
    for refused in senders.refused[:_FIRST_FEW]:
        remark(f"rejected: {refused}")
    if senders.refused_count > _FIRST_FEW:
        remark(f"… and {senders.refused_count - _FIRST_FEW:,} more")
