"""The whole benchmark: topics, rounds, the section and the picture in the docs."""

import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from schemas.settings import Settings
from tests.benchmarks.peers import picture, report
from tests.benchmarks.peers.catalogue import PEERS
from tests.benchmarks.peers.runner import Arena, rounds

EVENTS = 600_000
SHORT = 60_000
ROUNDS = 3
_DOCS = Path(__file__).parents[3] / "docs"


def measure_peers(settings: Settings, say: Callable[[str], None]) -> None:
    """Measure all peers, and write what came out into the docs.

    `EVENTS`, `SHORT` (events for the slow peers), `ROUNDS` and `PEERS` (names with commas) in the environment change
    what is measured; with `PEERS` the docs stay as they are.

    Raises:
        UnequalError: a peer's table is not the reference.
    """
    events, short = int(os.environ.get("EVENTS") or EVENTS), int(os.environ.get("SHORT") or SHORT)
    count, wanted = int(os.environ.get("ROUNDS") or ROUNDS), os.environ.get("PEERS", "")
    chosen = [peer for peer in PEERS if not wanted or peer.name in wanted.split(",")]
    with tempfile.TemporaryDirectory(prefix="ionics-peers-") as directory:
        say(f"peers: filling topics of {events:,} and {short:,} events")
        arena = Arena(settings, Path(directory), events, short)
        when = datetime.now(UTC)
        found = rounds(arena, chosen, count, say)
    text = report.section(arena, found, count, when)
    say(text)
    if not wanted:
        report.write(_DOCS / "figures.md", text)
        title = f"One fold, {events:,} events: events a second, {when:%Y-%m-%d}"
        (_DOCS / "peers.svg").write_text(picture.draw(found, title), encoding="utf-8")
