"""What the rounds gave, as a table in the docs, with the ratios that are aimed at."""

import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

import psutil

from tests.benchmarks.peers.catalogue import CONSUME, PEERS, WORKER, WORKERS, Peer
from tests.benchmarks.peers.runner import Arena, Runs

BEGIN, END = "<!-- peers: begin, written by `make bench` -->", "<!-- peers: end -->"
_DURABLE = "state kept"


@dataclass(frozen=True)
class Aim:
    """A ratio of our median rate to another's.

    Attributes:
        what: the other, in words.
        rate: its median rate, None where it was not measured.
        least: the ratio that is aimed at.
    """

    what: str
    rate: float | None
    least: float


def section(arena: Arena, found: Mapping[str, Runs], count: int, when: datetime) -> str:
    """The section of the docs."""
    loads = [run.load for runs in found.values() for run in runs.runs]
    memory = psutil.virtual_memory().total / 2**30
    measured = (
        f"Measured {when:%Y-%m-%d %H:%M} UTC on {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"Python {platform.python_version()}, broker and peers on it; rounds: {count}. Load average before the runs: "
        f"{min(loads):.1f} to {max(loads):.1f}, median {median(loads):.1f}; the runs themselves make some 2 of it. "
        "More means that others used the machine: then the rates are too low, and only ratios say something."
    )
    given = (
        f"Input: {arena.long.events:,} events in {arena.partitions} partitions, {arena.long.size:.0f} bytes each, "
        f"{arena.long.resubmitted:.1%} of them sent again; {len(arena.long.lines):,} rows. † folds the first "
        f"{arena.short.events:,} of them. Rates: thousand events a second, min / median / max."
    )
    lines = [
        measured,
        "",
        given,
        "",
        "| system | rate | warm | CPU s per million | peak MB | guarantee as run |",
        "|---|---|---|---|---|---|",
        *(_row(peer, found[peer.name]) for peer in PEERS if peer.name in found),
        "",
        *_aims(found),
    ]
    return "\n".join(lines)


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


def median_rate(runs: Runs | None) -> float | None:
    """Median of the rates, None where there are none."""
    return median(run.rate for run in runs.runs) if runs and runs.runs else None


def _row(peer: Peer, runs: Runs) -> str:
    label = peer.label + (" †" if peer.slow else "")
    if not runs.runs:
        return f"| {label} | not run: {runs.failure} | | | | {peer.guarantee} |"
    rates = sorted(run.rate for run in runs.runs)
    warm = [run.warm_rate for run in runs.runs if run.warm_rate]
    shown = " / ".join(f"{rate / 1e3:,.1f}" for rate in (rates[0], median(rates), rates[-1]))
    failed = f"; then failed: {runs.failure}" if runs.failure else ""
    return (
        f"| {label} | {shown}{failed} | {f'{median(warm) / 1e3:,.1f}' if warm else ''} "
        f"| {median(run.cpu_s for run in runs.runs):,.1f} | {median(run.peak_mb for run in runs.runs):,.0f} "
        f"| {peer.guarantee} |"
    )


def _aims(found: Mapping[str, Runs]) -> Iterator[str]:
    ours = {name: rate for name in (WORKER, WORKERS) if (rate := median_rate(found.get(name))) is not None}
    if WORKER not in ours:
        return
    heap = found.get("streams-heap")
    warm = [run.warm_rate for run in heap.runs] if heap else []
    streams = [peer for peer in PEERS if peer.name.startswith("streams-")]
    exactly_once = _best(found, [peer for peer in streams if peer.guarantee.startswith("exactly")])
    durable = _best(found, [peer for peer in streams if _DURABLE in peer.guarantee])
    aims = [
        Aim("Kafka Streams exactly_once_v2, its faster store", exactly_once, 5.0),
        Aim("Kafka Streams' best that keeps its state", durable, 2.5),
        Aim("Kafka Streams on heap maps, warm", median(warm) if warm else None, 1.0),
        Aim("bare consume(), tuned", median_rate(found.get(CONSUME)), 0.35),
    ]
    yield "| against | one worker | two workers | aim | |"
    yield "|---|---|---|---|---|"
    for aim in aims:
        if aim.rate is None:
            yield f"| {aim.what} | not measured | | {aim.least:g} | |"
            continue
        ratios = {name: rate / aim.rate for name, rate in ours.items()}
        reached = {name for name, ratio in ratios.items() if ratio >= aim.least}
        verdict = "reached" if WORKER in reached else "reached by two" if reached else "missed"
        two = f"{ratios[WORKERS]:.2f}" if WORKERS in ratios else ""
        yield f"| {aim.what} | {ratios[WORKER]:.2f} | {two} | {aim.least:g} | {verdict} |"


def _best(found: Mapping[str, Runs], peers: list[Peer]) -> float | None:
    rates = [rate for peer in peers if (rate := median_rate(found.get(peer.name))) is not None]
    return max(rates, default=None)
