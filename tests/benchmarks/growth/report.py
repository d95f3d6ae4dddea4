"""What the runs gave, as a table between markers in the docs, with what is aimed at."""

import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from stream_processors.match import shipped_model
from stream_processors.match.keys import KEYS_KEPT
from tests.benchmarks.growth.fitting import exponent
from tests.benchmarks.growth.running import Run

BEGIN, END = "<!-- growth: begin, written by `make growth` -->", "<!-- growth: end -->"
_MOST_EXPONENT, _LEAST_RATE = 1.05, 0.5


@dataclass(frozen=True)
class Found:
    """All runs.

    Attributes:
        grown: size → the run from empty.
        restored: size → the run that only restores.
        fed: name of a feed → its run; ``ordinary`` is what the others are held against.
        history: incidents that were known before a feed.
    """

    grown: Mapping[int, Run]
    restored: Mapping[int, Run]
    fed: Mapping[str, Run]
    history: int


def section(found: Found, when: datetime) -> str:
    """The section of the docs."""
    load, memory = os.getloadavg(), psutil.virtual_memory().total / 2**30
    measured = (
        f"Measured {when:%Y-%m-%d %H:%M} UTC on {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python "
        f"{platform.python_version()}, one thread, processor time; load average {load[2]:.1f} over the last 15 minutes."
    )
    return "\n".join([measured, "", *_sizes(found), "", *_exponents(found), "", *_feeds(found)])


def _sizes(found: Found) -> Iterator[str]:
    yield (
        "| incidents | compared each | links each | us each | restored, us each | state, MB | peak, MB | keys each "
        "| closed keys | alone, ms |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for size, run in found.grown.items():
        back = found.restored[size]
        yield (
            f"| {size:,} | {run.compared / size:.1f} | {run.links / size:.2f} | {run.seconds / size * 1e6:.0f} "
            f"| {back.seconds / size * 1e6:.0f} | {back.state_mb:.0f} | {run.peak_mb:.0f} | {run.entries / size:.1f} "
            f"| {run.closed} of {run.keys:,} | {run.one_by_one_ms:.1f} |"
        )


def _exponents(found: Found) -> Iterator[str]:
    limit, most = int(shipped_model().key_limits().max()), max(run.most for run in found.grown.values())
    yield (
        f"Bound on comparisons of an incident with those of one scope: {KEYS_KEPT} keys, {limit} incidents each: "
        f"{KEYS_KEPT * limit:,}. The most that the incidents of a batch had in the mean: {most:.1f}.\n"
    )
    if len(found.grown) > 1:
        totals = {
            "comparisons": {size: float(run.compared) for size, run in found.grown.items()},
            "seconds": {size: run.seconds for size, run in found.grown.items()},
            "seconds of restoring": {size: run.seconds for size, run in found.restored.items()},
        }
        for what, each in totals.items():
            fitted = exponent(each)
            verdict = "reached" if fitted <= _MOST_EXPONENT else "missed"
            yield f"- Exponent of {what} over incidents: {fitted:.3f} (aim: {_MOST_EXPONENT:g} at most: {verdict})."


def _feeds(found: Found) -> Iterator[str]:
    plain = found.fed["ordinary"]
    heading = f"feed of {plain.incidents:,} after {found.history:,}"
    yield f"| {heading} | events/s | of ordinary | compared each | links each |"
    yield "|---|---|---|---|---|"
    for name, run in found.fed.items():
        rate, share = run.incidents / run.seconds, plain.seconds / run.seconds * run.incidents / plain.incidents
        verdict = "" if run is plain else f" ({'reached' if share >= _LEAST_RATE else 'missed'})"
        yield (
            f"| {name} | {rate:,.0f} | {share:.2f}{verdict} | {run.compared / run.incidents:.1f} "
            f"| {run.links / run.incidents:.2f} |"
        )


def write(docs: Path, text: str) -> None:
    """Put the section between its markers.

    Raises:
        ValueError: the page has no markers.
    """
    page = docs.read_text(encoding="utf-8")
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{docs} has no place between {BEGIN} and {END}")
    docs.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
