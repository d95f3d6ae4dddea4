"""Measure how matching grows, print it, and write it into the docs.

In the environment: `SIZES` (numbers with blanks between), `HOSTILE` (incidents of a feed), `SCRATCH` (a directory in
which generated worlds are kept for another run), `DOCS=no` (leave the docs as they are).
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.growth import picture, report
from tests.benchmarks.growth.feeds import FEEDS
from tests.benchmarks.growth.running import Run
from tests.benchmarks.growth.worlds import write_world

SIZES = "10000 100000 1000000"
HOSTILE = 100_000
_LONGEST_S = 1_800
_DOCS = Path(__file__).parents[3] / "docs"


def main() -> None:
    """Print the figures."""
    sizes = sorted(map(int, os.environ.get("SIZES", "").split() or SIZES.split()))
    hostile, when = int(os.environ.get("HOSTILE") or HOSTILE), datetime.now(UTC)
    with _scratch() as scratch:
        grown, restored = {}, {}
        for size in sizes:
            world = write_world(scratch, size)
            grown[size], restored[size] = _run("grow", world), _run("restore", world)
            _say(f"{size:,} incidents: {grown[size].seconds:.1f} s, restored in {restored[size].seconds:.1f} s")
        world = write_world(scratch, 2 * hostile)
        fed = {name: _run("feed", world, name, str(hostile), str(hostile)) for name in FEEDS}
    found = report.Found(grown, restored, fed, hostile)
    text = report.section(found, when)
    _say(text)
    if os.environ.get("DOCS") != "no":
        report.write(_DOCS / "figures.md", text)
        title = f"Matching: what an incident takes, by how many there are, {when:%Y-%m-%d}"
        (_DOCS / "growth.svg").write_text(picture.draw(grown, title), encoding="utf-8")


@contextmanager
def _scratch() -> Iterator[Path]:
    kept = os.environ.get("SCRATCH")
    if kept:
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="ionics-growth-") as directory:
        yield Path(directory)


def _run(what: str, world: Path, *more: str) -> Run:
    command = [sys.executable, "-m", "tests.benchmarks.growth.running", what, str(world), *more]
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=_LONGEST_S)
    return Run(**json.loads(done.stdout))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
