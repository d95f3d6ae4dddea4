"""Interleaved rounds: each peer a process of its own, its table compared, its figures taken."""

import json
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from schemas.codec import avro_schema
from schemas.settings import Settings
from tests.benchmarks.peers import table
from tests.benchmarks.peers.catalogue import Peer
from tests.benchmarks.peers.environments import UnavailableError
from tests.benchmarks.peers.fold import projection
from tests.benchmarks.peers.generating import fill
from tests.benchmarks.peers.task import Measured, Task

_ROOT = Path(__file__).parents[3]
_LIMIT_S = 420.0
_PARTITIONS = 4
_LOOK_FOR_CHILDREN = 20


class UnequalError(Exception):
    """The table of a peer is not the reference."""


@dataclass(frozen=True)
class Input:
    """A topic with its reference.

    Attributes:
        size: mean of the bytes of a value.
        resubmitted: share of the events that are re-submissions.
        lines: the reference in canonical order.
    """

    topic: str
    events: int
    size: float
    resubmitted: float
    lines: list[str]


@dataclass(frozen=True)
class Run:
    """One run of one peer.

    Attributes:
        rate, warm_rate: events a second of the whole run and of its second half; 0 where that was not measured.
        cpu_s: CPU seconds a million events.
        peak_mb: largest resident memory of the process.
        load: load average of the machine over the last minute, at the start.
    """

    rate: float
    warm_rate: float
    cpu_s: float
    peak_mb: float
    load: float


@dataclass
class Runs:
    """All runs of a peer; `failure` says why there are no more."""

    runs: list[Run] = field(default_factory=list)
    failure: str = ""


class Arena:
    """Two topics on one broker, and what all peers need to fold them.

    Args:
        directory: for files of the runs.
        events: records in the topic of the fast peers.
        short: records in the topic of the slow peers.
    """

    def __init__(self, settings: Settings, directory: Path, events: int, short: int, seed: int = 1) -> None:
        self._settings, self._directory = settings, directory
        directory.mkdir(parents=True, exist_ok=True)
        schema = avro_schema("incident")
        (directory / "incident.avsc").write_text(json.dumps(schema), encoding="utf-8")
        (directory / "projection.avsc").write_text(json.dumps(projection(schema)), encoding="utf-8")
        self.partitions = _PARTITIONS
        self.long = self._fill("peers-long", events, seed)
        self.short = self._fill("peers-short", short, seed)

    def _fill(self, topic: str, events: int, seed: int) -> Input:
        path = self._directory / f"{topic}.tsv"
        filled = fill(self._settings, topic, _PARTITIONS, events, seed)
        table.write(path, filled.reference)
        return Input(topic, events, filled.bytes / events, filled.resubmitted / events, table.read(path))

    def run(self, peer: Peer) -> Run:
        """Run a peer once.

        Raises:
            UnavailableError: it cannot be run here, or ended without a result.
            UnequalError: its table is not the reference.
        """
        given = self.short if peer.slow else self.long
        run = f"{peer.name.replace('_', '-')}-{uuid.uuid4().hex[:8]}"
        place = self._directory / run
        place.mkdir()
        task = Task(
            bootstrap=self._settings.bootstrap,
            topic=given.topic,
            events=given.events,
            partitions=_PARTITIONS,
            run=run,
            mode=peer.mode,
            schema=str(self._directory / "incident.avsc"),
            projection=str(self._directory / "projection.avsc"),
            directory=str(place),
            table=str(place / "table.tsv"),
            result=str(place / "result.json"),
        )
        task.save(place / "task.json")
        load = os.getloadavg()[0]
        peak = _watched([*peer.command(), str(place / "task.json")], place / "log")
        try:
            measured = Measured(**json.loads(Path(task.result).read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise UnavailableError(f"it ended without a result: {_last_words(place / 'log')}") from None
        if peer.folds:
            difference = table.difference(given.lines, table.read(Path(task.table)))
            if difference:
                raise UnequalError(f"{peer.label}: {difference}")
        warm = measured.warm_events / measured.warm_seconds if measured.warm_seconds else 0.0
        return Run(given.events / measured.seconds, warm, measured.cpu_s / given.events * 1e6, peak, load)


def rounds(
    arena: Arena, peers: Sequence[Peer], count: int, say: Callable[[str], None] = lambda _: None
) -> Mapping[str, Runs]:
    """Run all peers, round after round, each round beginning with another; by name of the peer.

    Raises:
        UnequalError: a table is not the reference.
    """
    found = {peer.name: Runs() for peer in peers}
    for number in range(count):
        for peer in _rotated(peers, number * len(peers) // max(1, count)):
            if found[peer.name].failure:
                continue
            try:
                run = arena.run(peer)
            except UnavailableError as error:
                found[peer.name].failure = str(error)
                say(f"round {number + 1}, {peer.name}: not run: {error}")
                continue
            found[peer.name].runs.append(run)
            say(f"round {number + 1}, {peer.name}: {run.rate:,.0f} events/s, load {run.load:.1f}")
    return found


def _rotated(peers: Sequence[Peer], by: int) -> Iterator[Peer]:
    yield from peers[by:]
    yield from peers[:by]


def _watched(command: list[str], log: Path) -> float:
    """Run a command to its end; the peak of resident memory in MB, of its processes together."""
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=log.parent)
    deadline, peak = time.monotonic() + _LIMIT_S, 0
    watched, samples = [psutil.Process(process.pid)], 0
    while process.poll() is None:
        with suppress(psutil.Error):
            if samples % _LOOK_FOR_CHILDREN == 0:  # to look for them takes as long as a hundred samples
                watched = [watched[0], *watched[0].children(recursive=True)]
            peak = max(peak, sum(each.memory_info().rss for each in watched))
        samples += 1
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise UnavailableError(f"it was not done after {_LIMIT_S:.0f} s: {_last_words(log)}")
        time.sleep(0.05)  # sampling: the largest memory is gone with the process
    return peak / 2**20


def _last_words(log: Path) -> str:
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return said[-1][:200] if said else "it said nothing"
