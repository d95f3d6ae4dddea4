"""One run of the matcher in a process of its own, so that its memory is its own: what it took, as JSON.

Time is that of the processor, polars with one thread; it leaves out reading the world and decoding records.
"""

import json
import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
import psutil

from stream_processors.match import Matcher, shipped_model
from stream_processors.match.writing import encoded
from tests.benchmarks.growth.feeds import FEEDS, cut
from tests.benchmarks.growth.worlds import read_world

_ONE_BY_ONE = 50


@dataclass
class Run:
    """What a run took.

    Attributes:
        incidents: how many came.
        seconds: processor time, encoding of the links included.
        compared: pairs that were compared.
        links: links that were written.
        most: most pairs an incident of a batch was compared in, the mean of the batch.
        state_mb: resident memory that the state added.
        peak_mb: resident memory at most.
        keys, closed, entries: distinct keys, those of them that are closed, and entries of the index.
        one_by_one_ms: median processor time of a further incident that comes alone.
    """

    incidents: int = 0
    seconds: float = 0.0
    compared: int = 0
    links: int = 0
    most: float = 0.0
    state_mb: float = 0.0
    peak_mb: float = 0.0
    keys: int = 0
    closed: int = 0
    entries: int = 0
    one_by_one_ms: float = 0.0


def take(matcher: Matcher, batches: Iterable[pl.DataFrame], run: Run, *, silent: bool = False) -> None:
    """Let the matcher take batches, and count."""
    for columns in batches:
        start = time.process_time()
        taken = matcher.take(columns, silent=silent)
        for _ in encoded(taken):
            run.links += 1
        matcher.apply(taken)
        run.seconds += time.process_time() - start
        run.incidents += columns.height
        run.compared += taken.compared
        run.most = max(run.most, taken.compared / columns.height)


def grow(world: Path, *, silent: bool) -> Run:
    """A matcher takes a world from the first incident on; silent as when it is restored."""
    run, before, last = Run(), _resident_mb(), None
    matcher = Matcher(shipped_model())
    for batch in read_world(world):
        take(matcher, [batch], run, silent=silent)
        last = batch
    run.state_mb, run.peak_mb = _resident_mb() - before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    run.keys, run.closed, run.entries = matcher.counts()
    if last is not None and not silent:
        alone = FEEDS["pulled again"]([last[:_ONE_BY_ONE]])
        run.one_by_one_ms = _median_ms(matcher, next(iter(alone)))
    return run


def _median_ms(matcher: Matcher, batch: pl.DataFrame) -> float:
    took = []
    for one in batch.iter_slices(1):
        run = Run()
        take(matcher, [one], run)
        took.append(1_000 * run.seconds)
    return sorted(took)[len(took) // 2]


def feed(world: Path, name: str, history: int, count: int) -> Run:
    """A matcher knows a history, and a feed of so many comes: what the feed takes.

    What is pulled again is the end of the history; the others come after it.
    """
    matcher, run = Matcher(shipped_model()), Run()
    for batch in cut(read_world(world), 0, history):
        take(matcher, [batch], Run(), silent=True)
    first = history - count if name == "pulled again" else history
    take(matcher, FEEDS[name](cut(read_world(world), first, count)), run)
    run.keys, run.closed, run.entries = matcher.counts()
    return run


def _resident_mb() -> float:
    return psutil.Process().memory_info().rss / 2**20


def main() -> None:
    """``grow WORLD``, ``restore WORLD``, or ``feed WORLD NAME HISTORY COUNT``."""
    what, world = sys.argv[1], Path(sys.argv[2])
    if what == "feed":
        run = feed(world, sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    else:
        run = grow(world, silent=what == "restore")
    sys.stdout.write(json.dumps(asdict(run)))


if __name__ == "__main__":
    main()
