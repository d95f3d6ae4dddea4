"""What `ionics replay` does to give records: where they come from, who looks, where they go, and the report."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import polars as pl

from cli.accessing import Leaving
from cli.output import Column, clean, number, print_json, print_table, remark
from cli.progress import progress_of
from projections.evidence.archive import Archive
from projections.members import reading
from projections.replay.completeness import digest_of
from projections.replay.decoding import KindDecoder
from projections.replay.log_source import LogSource
from projections.replay.originals import AvroSink, TopicSink
from projections.replay.publishing import published
from projections.replay.replaying import Pace, Replayed, Sink, replay
from projections.replay.selection import Selection
from projections.replay.sight import RIGHTS, AllSeeing, Everything, RuleSight, Sight
from projections.replay.source import Source
from projections.replay.tables import JsonLinesSink, ParquetSink, json_lines, table_of
from schemas.directory import SEES_ALL, Members, MembersSource, load_current
from schemas.errors import ForbiddenError, ReplayError
from schemas.identity import PARTITIONS
from schemas.rights import require_right
from schemas.settings import Settings
from schemas.topics import DECISIONS, INCIDENTS, enriched

KINDS = {"incidents": "admitted", "enriched": "enriched", "decisions": "decision"}
SUFFIXES = (".parquet", ".avro", ".jsonl")
_JUDGED_EVERY_S = 1.0


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    kind: str
    selection: Selection
    file: Path | None
    to_topic: str | None
    rate: float | None
    as_json: bool

    @property
    def on_screen(self) -> bool:
        """Whether the records are printed."""
        return self.file is None and self.to_topic is None

    @property
    def original(self) -> bool:
        """Whether original bytes, or positions, are asked for."""
        raw = self.to_topic is not None or (self.file is not None and self.file.suffix == ".avro")
        return raw or self.selection.by_position or self.kind == "decisions"


@dataclass(frozen=True)
class View:
    """A history as somebody sees it.

    Attributes:
        sight: made when the records can be decoded.
        leaving: called with the ids of incidents before they are given.
        settings: of the deployment; an export has none.
    """

    source: Source
    topic: str
    sight: Callable[[KindDecoder], Sight]
    leaving: Callable[[Sequence[str]], None]
    settings: Settings | None


@contextmanager
def of_export(wanted: Wanted, place: Path) -> Iterator[View]:
    """An export, for whoever holds it.

    Raises:
        ReplayError: it is no export, or does not hold what is wanted.
    """
    topics = {"incidents": INCIDENTS.name, "decisions": DECISIONS.name}
    if wanted.kind not in topics:
        raise ReplayError(f"an export holds no {wanted.kind} records: they can be made again of the incidents")
    if wanted.to_topic is not None:
        raise click.UsageError("--to-topic and --from exclude each other: replay the log itself")
    yield View(Archive(place), topics[wanted.kind], lambda _: Everything(), lambda _: None, None)


@contextmanager
def of_log(wanted: Wanted) -> Iterator[View]:
    """The log, for whoever the command line acts as; the access log is written.

    Raises:
        ForbiddenError: this is not for them.
        IonicsError: the deployment cannot be reached.
    """
    settings = load_current()
    person = settings.acting_as("auditor")
    directory = _Directory(settings)
    whole = SEES_ALL in require_right(directory(), person, *RIGHTS).rights
    if wanted.original and not whole:
        raise ForbiddenError(
            f"{person} does not see all, and original bytes, positions and decisions tell of what others may not see: "
            "replay to the screen, .parquet or .jsonl by time, agency, incident or operation, or let two "
            "administrators grant sees-all"
        )
    topics = {"incidents": INCIDENTS.name, "decisions": DECISIONS.name, "enriched": enriched(settings.generation).name}
    source, topic = LogSource(settings, headers=wanted.to_topic is not None), topics[wanted.kind]

    def sight(decoder: KindDecoder) -> Sight:
        return AllSeeing(person, directory) if whole else RuleSight(person, directory, source, topic, decoder)

    with Leaving(settings, person, {"replay": _query(wanted)}) as leaving:
        yield View(source, topic, sight, leaving, settings)


def give(wanted: Wanted, view: View) -> None:
    """Replay, and report."""
    decoder = KindDecoder(view.source.dictionary(), KINDS[wanted.kind])
    sight, begun = view.sight(decoder), time.monotonic()
    # A bar among records on one terminal would spoil both.
    bar = nullcontext(_no_bar) if wanted.on_screen and sys.stdout.isatty() else progress_of(wanted.kind)
    with _sink(wanted, view, decoder, whole=sight.whole) as sink, bar as progress:
        done = replay(
            view.source,
            view.topic,
            decoder,
            wanted.selection,
            sight,
            sink,
            view.leaving,
            pace=Pace(wanted.rate),
            progress=progress,
        )
        sink.close()
    _report(wanted, view.topic, done, time.monotonic() - begun, whole=sight.whole)
    if done.unreadable_count:
        raise ReplayError(
            f"{done.unreadable_count} records do not decode and were left out, such as {', '.join(done.unreadable)}; "
            "run: ionics replay --verify"
        )


def _no_bar(_done: int, _total: int) -> None:
    """Show nothing."""


class _Directory:
    """The directory as it is now, read again when it is older than a second."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._read_at = settings, float("-inf")
        self._source = MembersSource(settings.require("deployment"))

    def __call__(self) -> Members:
        if time.monotonic() - self._read_at > _JUDGED_EVERY_S:
            self._source.read_on(reading(self._settings))
            self._read_at = time.monotonic()
        return self._source.members


class _ScreenSink:
    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def write(self, batch: pl.DataFrame, table: pl.DataFrame) -> None:  # noqa: ARG002  # see `Sink`
        if self._as_json:
            click.echo(json_lines(table), nl=False)
            return
        click.echo("\n".join(clean(line) for line in _lines(table)))

    def close(self) -> None:
        """Nothing is in hand."""


def _lines(table: pl.DataFrame) -> list[str]:
    """A line for each row: position, time, what it is."""
    names = table.columns
    time_ = "admission_admitted_at" if "admission_admitted_at" in names else "admitted_at"
    parts = [pl.format("{}/{}", "partition", "offset")] if "offset" in names else []
    parts.append(pl.col(time_).dt.strftime("%Y-%m-%d %H:%M:%S"))
    listed = ("outcome", "code", "agency_id", "source_ref", "event_type", "revision", "incident_type", "incident_id")
    parts += [pl.col(name).cast(pl.String) for name in listed if name in names]
    if "items" in names:
        parts.append(pl.col("items").list.eval(pl.element().struct.field("substance_text")).list.join("; "))
    return table.select(pl.concat_str(parts, separator="  ", ignore_nulls=True)).to_series().to_list()


@contextmanager
def _sink(wanted: Wanted, view: View, decoder: KindDecoder, *, whole: bool) -> Iterator[Sink]:
    if wanted.to_topic is not None and view.settings is not None:
        yield TopicSink(view.settings, wanted.to_topic, PARTITIONS)
    elif wanted.file is None:
        yield _ScreenSink(as_json=wanted.as_json)
    else:
        with published(wanted.file) as path:
            if wanted.file.suffix == ".avro":
                yield AvroSink(path, view.source.dictionary(), KINDS[wanted.kind])
            elif wanted.file.suffix == ".jsonl":
                yield JsonLinesSink(path)
            else:
                yield ParquetSink(path, table_of(decoder.no_records, decoder.empty, whole=whole))


def _query(wanted: Wanted) -> dict[str, Any]:
    named = {name: str(value) for name, value in asdict(wanted.selection).items() if value not in (None, frozenset())}
    return {**named, "of": wanted.kind, "to": wanted.to_topic or (wanted.file and wanted.file.suffix) or "screen"}


def _report(wanted: Wanted, topic: str, done: Replayed, seconds: float, *, whole: bool) -> None:
    """What was given, and for those who see all what was read: on standard error where the records are on the other."""
    document: dict[str, Any] = {"topic": topic, "records": done.given, "seconds": round(seconds, 3)}
    if whole:
        document |= {
            "read": done.read,
            "unreadable": done.unreadable_count,
            "digest": digest_of(done.extents),
            "offsets": {str(number): {"from": span.first, "before": span.end} for number, span in done.spans.items()},
            "partitions": {str(number): extent.document() for number, extent in done.extents.items()},
        }
    if wanted.as_json and not wanted.on_screen:
        print_json(document)
        return
    say = remark if wanted.on_screen else click.echo
    say(f"{done.given:,} records of {topic} in {seconds:.1f} s, {done.given / max(seconds, 0.001):,.0f} a second")
    if not whole:
        say("these are the ones that you may see, under the directory as it is now")
        return
    say(f"read {done.read:,} records; digest of those given {document['digest']}")
    if not wanted.on_screen:
        columns = [number("partition"), number("read from"), number("before"), number("first"), number("last")]
        columns += [number("records"), Column("digest", fold=False)]
        print_table(columns, [_row(done, partition) for partition in done.spans])


def _row(done: Replayed, partition: int) -> list[Any]:
    span, extent = done.spans[partition], done.extents.get(partition)
    given = ["", "", 0, ""] if extent is None else [extent.first, extent.last, extent.records, extent.digest]
    return [partition, span.first, span.end, *given]
