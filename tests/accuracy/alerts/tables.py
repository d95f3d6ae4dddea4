"""What was measured of alerts, as tables in Markdown, which also read well on a screen."""

import os
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from stream_processors.alert.judging import DETECTORS
from tests.accuracy.alerts.measuring import Score, Telling, introduced, surges, told
from tests.accuracy.alerts.real import real_history
from tests.accuracy.alerts.rules import RULES
from tests.accuracy.alerts.world import Scale, World, world
from tests.ids.finding import ids_file

PAGE = Path(__file__).parents[3] / "docs" / "alerts.md"
BEGIN, END = "<!-- alerts: begin, written by `make accuracy` -->", "<!-- alerts: end -->"
_WORLDS = 3
_KINDS = ("FIRST_SEEN", "UNKNOWN_NAME", "SURGE", "NEW_ROUTE", "LARGE", "POTENT")


def measured(seed: int) -> list[str]:
    """All tables.

    Args:
        seed: of the first of three worlds.
    """
    worlds = [world(Scale(number)) for number in range(seed, seed + _WORLDS)]
    telling = [told(each.incidents, DETECTORS) for each in worlds]
    incidents = sum(len(each.incidents) for each in worlds)
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    size = f"{_WORLDS} worlds, seeds {seed} to {seed + _WORLDS - 1}, {incidents:,} incidents of {worlds[0].scale.years}"
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {where}; load average {os.getloadavg()[0]:.1f}.",
        "",
        f"### Generated: {size} years",
        "",
        *_surges(worlds),
        "",
        *_introduced(worlds, telling),
        "",
        *_rates(telling, incidents),
    ]
    path = ids_file()
    if path is not None:
        history = real_history(path)
        lines += ["", f"### Real: the developers' part of the seizure file, {len(history):,} incidents as if live", ""]
        lines += [*_rates([told(history, DETECTORS)], len(history)), "", "Surges that the rules find there:", ""]
        lines += ["| rule | alerts of surges |", "|---|---|"]
        lines += [f"| {name} | {len(told(history, [rule]).of('SURGE'))} |" for name, rule in RULES.items()]
    return lines


def write(lines: Sequence[str], page: Path = PAGE) -> None:
    """Put the tables between the markers of a page.

    Raises:
        ValueError: the page has no markers.
    """
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no place between {BEGIN} and {END}")
    text = "\n".join(lines)
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _surges(worlds: Sequence[World]) -> Iterator[str]:
    yield f"{sum(len(each.surges) for each in worlds)} surges; the delay is in days from the first day of one:"
    yield ""
    yield "| rule | alerts | precision | recall | false per 1,000 cell-weeks | delay, median | 90 of 100 within |"
    yield "|---|---|---|---|---|---|---|"
    for name, rule in RULES.items():
        score = Score()
        for each in worlds:
            score.add(surges(each, told(each.incidents, [rule])))
        false = 1000 * score.false / score.chances
        yield (
            f"| {name} | {score.told} | {score.precision:.2f} | {score.recall:.2f} | {false:.2f} | {_delays(score)} |"
        )


def _introduced(worlds: Sequence[World], telling: Sequence[Telling]) -> Iterator[str]:
    yield "Substances and routes that begin; precision is the share of alerts that stand once all is reported:"
    yield ""
    yield "| kind | known | alerts | precision | recall of the known | delay, median | 90 of 100 within |"
    yield "|---|---|---|---|---|---|---|"
    for kind in ("FIRST_SEEN", "NEW_ROUTE"):
        score = Score()
        for each, found in zip(worlds, telling, strict=True):
            score.add(introduced(each.substances if kind == "FIRST_SEEN" else each.routes, found, kind))
        yield (
            f"| {kind} | {score.known} | {score.told} | {score.precision:.2f} | {score.recall:.2f} | {_delays(score)} |"
        )


def _rates(telling: Sequence[Telling], incidents: int) -> Iterator[str]:
    counts = Counter(finding.kind for each in telling for _, finding in each.found.values())
    urgent = Counter(
        finding.kind
        for each in telling
        for _, finding in each.found.values()
        if finding.severity in ("HIGH", "CRITICAL")
    )
    events, seconds = sum(each.events for each in telling), sum(each.seconds for each in telling)
    yield "| kind | alerts | per 1,000 incidents | of these HIGH or above |"
    yield "|---|---|---|---|"
    for kind in _KINDS:
        yield f"| {kind} | {counts[kind]} | {1000 * counts[kind] / incidents:.1f} | {urgent[kind]} |"
    total = counts.total()
    yield f"| all | {total} | {1000 * total / incidents:.1f} | {urgent.total()} |"
    yield ""
    yield (
        f"{events:,} revisions in all, {events / max(1, total):.2f} an alert; {incidents / seconds:,.0f} incidents a "
        "second of processor time, without decoding."
    )


def _delays(score: Score) -> str:
    if len(score.delays) < 2:
        return "– | –"
    return f"{median(score.delays):.0f} | {quantiles(score.delays, n=10)[-1]:.0f}"
