"""Replay, export and verification of the log of truth: incidents a second, and the CPU time of each."""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from unittest import mock

from projections.evidence import bulk
from projections.evidence.archive import Archive
from projections.evidence.exporting import export
from projections.evidence.verifying import verify_history
from projections.replay.decoding import KindDecoder
from projections.replay.log_source import LogSource
from projections.replay.originals import AvroSink
from projections.replay.replaying import Sink, replay
from projections.replay.selection import Selection
from projections.replay.sight import Everything
from projections.replay.tables import JsonLinesSink, ParquetSink, table_of
from schemas.settings import Settings
from schemas.topics import INCIDENTS

_ROUNDS = 3


def measure_audit(settings: Settings) -> Iterator[str]:
    """Lines with the figures, on a deployment that holds incidents."""
    source = LogSource(settings)
    dictionary = source.dictionary()
    decoder = KindDecoder(dictionary, "admitted")
    empty = table_of(decoder.no_records, decoder.empty, whole=True)
    sinks: dict[str, Callable[[Path], Sink]] = {
        "Avro": partial(AvroSink, dictionary=dictionary, kind="admitted"),
        "Parquet": partial(ParquetSink, empty=empty),
        "JSON lines": JsonLinesSink,
    }
    with tempfile.TemporaryDirectory(prefix="ionics-audit-") as home:
        yield _line("replay, bare read into columns", lambda _: _read(source), Path(home))
        for name, make in sinks.items():
            yield _line(
                f"replay into {name}", lambda path, make=make: _replayed(source, decoder, make(path)), Path(home)
            )
        yield _line("export", lambda path: _exported(source, path), Path(home))
        _exported(source, Path(home) / "export")
        for processes in (1, os.cpu_count() or 1):
            with mock.patch.object(bulk, "_PAYS", 0 if processes > 1 else 10**12):
                yield _line(
                    f"verify an export, {processes} process(es) for signatures",
                    lambda _: _verified(Archive(Path(home) / "export")),
                    Path(home),
                )
    assert multiprocessing.active_children() == []


def _read(source: LogSource) -> int:
    return sum(batch.height for batch in source.batches(INCIDENTS.name, source.spans(INCIDENTS.name)))


def _replayed(source: LogSource, decoder: KindDecoder, sink: Sink) -> int:
    done = replay(source, INCIDENTS.name, decoder, Selection(), Everything(), sink, lambda _: None)
    sink.close()
    return done.given


def _exported(source: LogSource, place: Path) -> int:
    manifest = export(source, place, datetime.now(UTC), lambda _: None)
    return int(manifest["files"][INCIDENTS.name]["records"])


def _verified(archive: Archive) -> int:
    verdict = verify_history(archive)
    assert verdict.sound
    return sum(extent.records for extent in verdict.extents[INCIDENTS.name].values())


def _line(name: str, run: Callable[[Path], int], home: Path) -> str:
    rates, spent, incidents = [], [], 0
    for number in range(_ROUNDS):
        begun, used = time.perf_counter(), _cpu()
        incidents = run(home / f"{name.replace(' ', '-')}-{number}")
        rates.append(incidents / (time.perf_counter() - begun))
        spent.append((_cpu() - used) / incidents * 1e6)
    low, middle, high = min(rates), sorted(rates)[_ROUNDS // 2], max(rates)
    cpu = sorted(spent)[_ROUNDS // 2]
    rate = f"min {low:,.0f}, median {middle:,.0f}, max {high:,.0f} incidents/s"
    return f"{name}: {incidents} incidents; {rate}; CPU {cpu:.0f} µs an incident"


def _cpu() -> float:
    """CPU seconds of this process and of those that it waited for."""
    return sum(os.times()[:4])
