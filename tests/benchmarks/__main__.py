"""Run all benchmarks once, in one deployment, and print their figures with machine, input and peers.

`python -m tests.benchmarks peers` runs that one alone, on a deployment of its own.
"""

import os
import platform
import sys
import tempfile
from pathlib import Path

import psutil

from deploy.deployment import prepare
from tests.benchmarks.auditing import measure_audit
from tests.benchmarks.casework import measure_cases
from tests.benchmarks.dissemination import measure_dissemination
from tests.benchmarks.importing import measure_import
from tests.benchmarks.latency import measure_latency
from tests.benchmarks.peers.measuring import measure_peers
from tests.benchmarks.replaying import measure_rebuild, measure_regenerate
from tests.benchmarks.restoring import measure_restoring
from tests.benchmarks.sharing import measure_sharing
from tests.ids.finding import BESIDE, ids_file
from tests.journeys.journey import working
from tests.running import local

_ALONE = ("cases", "dissemination", "peers", "restoring")


def main() -> None:
    """Print the figures."""
    wanted = sys.argv[1:]
    if not wanted:
        _deployed()
    if wanted in ([], ["restoring"]):
        with tempfile.TemporaryDirectory(prefix="ionics-bench-") as home, local(Path(home)) as running:
            prepare(running.settings)
            for line in measure_restoring(running.settings):
                _say(line)
    if wanted in ([], ["cases"]):
        for line in measure_cases():
            _say(line)
    if wanted in ([], ["dissemination"]):
        _disseminated()
    if wanted in ([], ["peers"]):
        with tempfile.TemporaryDirectory(prefix="ionics-bench-") as home, local(Path(home)) as running:
            measure_peers(running.settings, _say)
    if wanted not in ([], *([name] for name in _ALONE)):
        sys.exit(f"no such benchmark: {' '.join(wanted)}; there are: {', '.join(_ALONE)}")


def _disseminated() -> None:
    """From report to webhook, on a whole deployment of its own."""
    with tempfile.TemporaryDirectory(prefix="ionics-bench-") as home, local(Path(home)) as running:
        prepare(running.settings)
        with working(running.settings) as workers:
            for line in measure_dissemination(running.settings, workers.process("disseminate").pid):
                _say(line)


def _deployed() -> None:
    """What is measured on a whole deployment."""
    path = ids_file()
    if path is None:
        sys.exit(f"the UNODC IDS file is absent: put it at {BESIDE} or set IONICS_IDS_FILE")
    memory = psutil.virtual_memory().total / 2**30
    _say(
        f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB; "
        f"Python {platform.python_version()}; broker, registry, database, stages and client all on it"
    )
    with tempfile.TemporaryDirectory(prefix="ionics-bench-") as home, local(Path(home)) as running:
        prepare(running.settings)
        with working(running.settings) as workers:
            for line in measure_import(running.settings, workers, path):
                _say(line)
            for line in measure_latency(running.settings):
                _say(line)
        for line in measure_sharing(running.settings):
            _say(line)
        for line in (*measure_rebuild(running.settings), *measure_regenerate(running.settings)):
            _say(line)
        for line in measure_audit(running.settings):
            _say(line)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
