"""`make accuracy`: everyone over generated worlds and the real file; tables on the screen and in docs/accuracy.md.

Alerts come first, into docs/alerts.md. ``python -m tests.accuracy --size 20000 --seed 1``, or ``--only alerts``.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.accuracy import correlation_tables, picture, tables
from tests.accuracy.alerts import tables as alert_tables
from tests.accuracy.measuring import Found, RealSet, Step, known_of, networks_of, over_real, over_worlds, real, world
from tests.accuracy.predictors.catalogue import SPLINK, STRONG, simple, splinks
from tests.accuracy.predictors.ours import ours
from tests.accuracy.predictors.port import Predict
from tests.benchmarks.peers.environments import SPLINK_VERSION, UnavailableError
from tests.ids.finding import ids_file

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- accuracy: begin, written by `make accuracy` -->", "<!-- accuracy: end -->"
_SEEDS = 3
_TUNING = 1_000_003
"""Added to the seed: the world on which Splink is tuned is none of those measured."""


def main() -> None:
    """Measure, print, write."""
    asked = argparse.ArgumentParser(prog="tests.accuracy", description=__doc__)
    asked.add_argument("--size", type=int, default=20_000, help="incidents in each world")
    asked.add_argument("--seed", type=int, default=1, help="seed of the first of three worlds")
    asked.add_argument("--no-docs", action="store_true", help="print only")
    asked.add_argument("--only", choices=("matching", "alerts"), help="one part; else both")
    given = asked.parse_args()
    if given.only != "matching":
        told = alert_tables.measured(given.seed)
        sys.stdout.write("\n".join([*told, "", ""]))
        if not given.no_docs:
            alert_tables.write(told)
    if given.only == "alerts":
        return
    with tempfile.TemporaryDirectory(prefix="ionics-accuracy-") as folder:
        lines, pictures = _measure(given.size, given.seed, Path(folder))
    sys.stdout.write("\n".join(lines) + "\n")
    if not given.no_docs:
        write(DOCS / "accuracy.md", "\n".join(lines))
        for name, drawn in pictures.items():
            (DOCS / name).write_text(drawn, encoding="utf-8")


def write(page: Path, text: str) -> None:
    """Put the text between its markers.

    Raises:
        ValueError: the page has no markers.
    """
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no place between {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _measure(size: int, seed: int, folder: Path) -> tuple[list[str], dict[str, str]]:
    path = ids_file()
    seeds = range(seed, seed + _SEEDS)
    with _progress() as bar:
        # Worlds and the tuning one, tuning of Splink and of ours, the real file, and each of eight over each set.
        steps = _SEEDS + 3 + 8 * _SEEDS + (9 if path else 0)
        task = bar.add_task("", total=steps)

        def step(what: str) -> None:
            bar.update(task, description=what)
            bar.advance(task)

        predictors = _predictors(size, seed + _TUNING, folder, step)
        worlds = []
        for number in seeds:
            step(f"world of seed {number}")
            worlds.append(world(size, number))
        found = over_worlds(worlds, predictors, step)
        known, networks = known_of(worlds), networks_of(worlds)
        true = sum(each.true.height for each in worlds)
        seizures = sum(each.known["seizure"].n_unique() for each in worlds)
        data: RealSet | None = None
        labelled: list[Found] = []
        if path:
            step("the real file")
            data = real(path)
            labelled = over_real(data, predictors, step)
        bar.update(task, completed=steps)
    lines = [*_lines(size, seeds, found, known, true, seizures), "", *correlation_tables.correlation(found, *networks)]
    if data is not None:
        lines += ["", *_real_lines(labelled, data.labels)]
    title = f"{_SEEDS} worlds of {size:,} incidents, pooled"
    return lines, {
        "accuracy-precision-recall.svg": picture.precision_recall(found, f"Precision and recall, {title}"),
        "accuracy-reliability.svg": picture.reliability(found, f"Reliability, {title}"),
    }


def _predictors(size: int, seed: int, folder: Path, step: Step) -> list[Predict]:
    step("world for tuning Splink")
    tuning = world(size, seed)
    step("tuning Splink")
    try:
        peers = splinks(tuning.enriched, tuning.known, folder)
    except UnavailableError as error:
        sys.stderr.write(f"Splink is left out: {error}\n")
        peers = []
    step("our own tuning")
    return [*ours(tuning.enriched, tuning.true), *peers, *simple()]


def _lines(
    size: int, seeds: Sequence[int], found: Sequence[Found], known: dict[int, pl.DataFrame], true: int, seizures: int
) -> Iterator[str]:
    yield (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, Splink {SPLINK_VERSION}; load average {os.getloadavg()[0]:.1f}, so seconds say "
        "little where it is far above the cores."
    )
    yield ""
    yield f"### Generated: {len(seeds)} worlds of {size:,} incidents, seeds {seeds[0]} to {seeds[-1]}, pooled"
    yield ""
    yield (
        f"{seizures:,} seizures, {true:,} true pairs. In brackets 95 % intervals by resampling seizures; seconds are "
        "those of all worlds together."
    )
    for part in (
        tables.pairwise(found, STRONG),
        tables.by_set(found),
        ["Calibration, over pairs that were linked or put to review:", "", *tables.calibrations(found)],
    ):
        yield ""
        yield from part
    yield ""
    yield "Errors by cause (a missed pair counts under each of its causes):"
    for each in found:
        if each.name in _in_full(found):
            yield ""
            yield from tables.causes(each, known)


def _in_full(found: Sequence[Found]) -> set[str]:
    """Whose errors are shown one by one: the strongest peer's, and those of who is no peer."""
    peers = {SPLINK, *(each.name for each in simple())}
    return {each.name for each in found} - peers


def _real_lines(found: Sequence[Found], labels: pl.DataFrame) -> Iterator[str]:
    yield "### Real: the labelled pairs of the developers' part of the seizure file"
    yield ""
    counts = {label: labels.filter(pl.col("label") == label).height for label in ("SAME", "DIFFERENT", "UNCERTAIN")}
    yield (
        f"{counts['SAME']} duplicates, {counts['DIFFERENT']} hard negatives, {counts['UNCERTAIN']} undecided "
        "that do not count. Intervals by resampling reporting countries. The negatives were chosen because they look "
        "alike, so precision here is one over hard cases; blocking recall is that of the labelled duplicates."
    )
    yield ""
    yield from tables.pairwise(found, STRONG)
    yield ""
    yield from tables.on_labels(found, labels, _in_full(found))


def _progress() -> Progress:
    columns = (TextColumn("{task.description:<44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


if __name__ == "__main__":
    main()
