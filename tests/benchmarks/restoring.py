"""What it takes to begin anew: seconds and memory of restoring each stage, and of rebuilding all views."""

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

import psycopg

from deploy.agencies import add_agencies
from deploy.stages import STREAMING
from deploy.workers import surroundings
from producers import IncidentProducer
from projections.indexes import without_indexes
from projections.loading import TABLES
from projections.migrate import schema_name
from projections.rebuild import rebuild
from projections.workspace import workspace
from schemas.directory import Agency, at_generation
from schemas.settings import Settings, load_settings
from stream_processors.runtime import KafkaLog, Partition
from stream_processors.runtime.lag import committed
from tests.benchmarks.peers.generating import content
from tests.journeys.journey import eventually, incidents_in_views, read_by, working

SIZE = 100_000
_AGENCIES = 8
_BUDGET_S_PER_100_000 = 5.0
_AIM_S_PER_100_000 = 3.0
_PATIENCE_S = 3_600.0


def measure_restoring(settings: Settings) -> Iterator[str]:
    """Lines: restoring at `SIZE` incidents (environment; 100,000 where it is not set), a process each.

    The budget of the design is 5 s at 100,000 incidents, and 60 s at a million.
    """
    size = int(os.environ.get("SIZE") or SIZE)
    begun = time.perf_counter()
    _fill(settings, size)
    seconds = time.perf_counter() - begun
    yield f"restoring: {size:,} incidents through all stages in {seconds:.0f} s, before measuring"
    for what in (*(stage.name for stage in STREAMING), "views"):
        environment = {**os.environ, "IONICS_HOME": str(settings.home), "POLARS_MAX_THREADS": "1"}
        command = [sys.executable, "-m", "tests.benchmarks.restoring", what]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        took = json.loads(done.stdout)
        parts = "".join(f", {name} {seconds:.2f} s" for name, seconds in took["parts"].items())
        yield (
            f"restoring {what}: {took['seconds']:.2f} s, {took['seconds'] * 1e6 / size:.1f} us an incident, CPU "
            f"{took['cpu_s']:.2f} s{parts}; memory {took['before_mb']:.0f} MB before, {took['peak_mb']:.0f} MB at most"
        )
    budget, aim = (seconds * size / 100_000 for seconds in (_BUDGET_S_PER_100_000, _AIM_S_PER_100_000))
    yield f"  budget of a stage: {budget:.1f} s; aim of loading the views: {aim:.1f} s"
    yield f"PostgreSQL's own COPY of the rows of all views, without indexes: {_own_copy(settings):.2f} s"


def _fill(settings: Settings, size: int) -> None:
    names = [f"restoring-{number}" for number in range(_AGENCIES)]
    add_agencies(settings, [Agency(name, name, "CUSTOMS", "NZL") for name in names])
    chance = random.Random(size)  # noqa: S311  # the same input each time, nothing secret
    with working(settings):
        before = incidents_in_views(settings)
        for name in names:
            with IncidentProducer(name, reporting_country="NZL", settings=settings) as producer:
                count = size // _AGENCIES
                for _ in producer.report_batches((content(chance), f"r{number}") for number in range(count)):
                    pass
                result = producer.flush(_PATIENCE_S)
                if result.remaining:
                    raise TimeoutError(f"{result.remaining} reports of {name} were not delivered")
        wanted = before + size // _AGENCIES * _AGENCIES
        eventually("all incidents in the views", lambda: incidents_in_views(settings) >= wanted, _PATIENCE_S)
        for stage in STREAMING:  # what one has not read yet it would not restore
            eventually(f"{stage.name} has read all", partial(read_by, settings, stage.name), _PATIENCE_S)


def _own_copy(settings: Settings) -> float:
    """Seconds that the database takes for the rows of the live views alone, from memory into empty tables."""
    settings = at_generation(settings)
    with (
        workspace(settings) as beside,
        psycopg.connect(settings.database_url, autocommit=True) as connection,
        without_indexes(connection, beside, TABLES),
    ):
        connection.execute("SET synchronous_commit = off")
        seconds = 0.0
        for name in TABLES:
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY {schema_name(settings.generation)}.{name} TO STDOUT") as out,
            ):
                rows = list(out)
            blocks = [b"".join(rows[at : at + 1000]) for at in range(0, len(rows), 1000)]
            begun = time.perf_counter()
            with connection.cursor() as cursor, cursor.copy(f"COPY {schema_name(beside)}.{name} FROM STDIN") as into:
                for block in blocks:
                    into.write(block)
            seconds += time.perf_counter() - begun
    return seconds


def _restore(settings: Settings, what: str) -> dict[str, float]:
    """Restore one; seconds of its parts."""
    if what == "views":
        done = rebuild(settings)
        return {"loading": done.loading_s}
    stage = next(stage for stage in STREAMING if stage.name == what)
    inputs = stage.inputs(settings.generation)
    log = KafkaLog(settings, "bench-restoring", inputs[0].name)
    group = stage.group(settings.generation)
    held = {
        Partition(topic.name, number): at
        for topic in inputs
        for number, at in committed(settings, group, topic).items()
    }
    stage.build(surroundings(settings)).restore(log, held)
    return {}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    ours = at_generation(load_settings())
    at_first, started, spent = _peak_mb(), time.perf_counter(), time.process_time()
    parts = _restore(ours, sys.argv[1])
    took = {
        "seconds": time.perf_counter() - started,
        "cpu_s": time.process_time() - spent,
        "parts": parts,
        "before_mb": at_first,
        "peak_mb": _peak_mb(),
    }
    sys.stdout.write(json.dumps(took))
    sys.stdout.flush()
    os._exit(0)  # to close a consumer that was never asked for a record may stop the interpreter: decision 7
