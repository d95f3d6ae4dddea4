"""Steps of whole-path tests: workers as real processes, the import as a real process, and what the views then hold."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import psycopg

from deploy.stages import STAGES, Streaming
from deploy.workers import Workers
from projections.viewing import viewing
from schemas.settings import Settings
from stream_processors.runtime.lag import committed, lag

_WAIT_S = 240.0


@contextmanager
def working(settings: Settings, *, without: Collection[str] = ()) -> Iterator[Workers]:
    """All stages but some as processes, kept running by hand."""
    workers = Workers(settings, [name for name in STAGES if name not in without])
    workers.start()
    try:
        yield workers
    except BaseException:
        for log in sorted((settings.home / "logs").glob("*.log")):
            sys.stderr.write(f"--- {log.name}\n{log.read_text('utf-8', 'replace')[-3000:]}\n")
        raise
    finally:
        workers.stop()


def start_import(settings: Settings, ids_file: Path, *options: str) -> subprocess.Popen[str]:
    """`ionics import ids FILE --json` as a process."""
    rejects = settings.home / "rejects.csv"
    return subprocess.Popen(
        [sys.executable, "-m", "ionics", "import", "ids", str(ids_file), "--json", "--rejects", str(rejects), *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "IONICS_HOME": str(settings.home)},
    )


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    """What a started import printed."""
    out, err = process.communicate(timeout=_WAIT_S)
    assert process.returncode == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def eventually(what: str, holds: Callable[[], bool], timeout_s: float = _WAIT_S) -> None:
    """Wait until a condition holds; an error of a server that is being killed counts as not yet."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except psycopg.Error:
            pass
        pause.wait(0.1)
    raise AssertionError(f"not within {timeout_s:.0f} s: {what}")


def incidents_in_views(settings: Settings) -> int:
    """Number of incidents in the read store."""
    return int(_rows(settings, "select count(*) as n from incident")["n"][0])


def view(settings: Settings, name: str, keys: list[str]) -> pl.DataFrame:
    """A view by the measures that the oracle computes, in the order of its keys."""
    columns = [*keys, "incidents", "items", "mass_ug", "items_without_mass"]
    frame = _rows(settings, f"select {', '.join(columns)} from {name}")
    return frame.with_columns(pl.col("mass_ug").cast(pl.String)).sort(keys)


def reported(settings: Settings, keys: list[str]) -> pl.DataFrame:
    """How often was reported what each route counts once, in the order of its keys; not more seizures than reports."""
    found = _rows(settings, f"select {', '.join(keys)}, incidents, reported from route_flow").sort(keys)
    assert found.filter(pl.col("incidents") > pl.col("reported")).height == 0
    return found.select(*keys, pl.col("reported").alias("incidents"))


def read_by(settings: Settings, stage: str) -> bool:
    """Whether a stage from log to log has read all of its inputs."""
    found = STAGES[stage]
    assert isinstance(found, Streaming)
    group, topics = found.group(settings.generation), found.inputs(settings.generation)
    return all(lag(settings, topic, committed(settings, group, topic)).fresh for topic in topics)


def _rows(settings: Settings, query: str) -> pl.DataFrame:
    with psycopg.connect(settings.reader_url) as connection, viewing(connection, settings.generation, "analyst"):
        connection.execute(f"set local search_path to g{settings.generation}")
        cursor = connection.execute(query)
        names = [column.name for column in cursor.description or ()]
        rows = [tuple(str(v) if name == "mass_ug" else v for name, v in zip(names, row, strict=True)) for row in cursor]
    return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
