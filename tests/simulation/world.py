"""One simulated deployment: agencies, workers of each stage, projectors, people who disturb it, from a seed."""

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

from deploy.stages import STREAMING, Streaming, Surroundings
from projections.members import MembersProjection
from projections.projector import Projection, Sink
from schemas.errors import IonicsError
from schemas.reading import Record
from schemas.topics import enriched
from stream_processors.reference import Reference
from stream_processors.runtime import Stage, Worker
from tests.simulation.agencies import Agency, SimulatedSender
from tests.simulation.broker import Broker
from tests.simulation.faults import Crashed, Faults
from tests.simulation.following import SimulatedSource, SimulatedTopic
from tests.simulation.log import SimulatedLog
from tests.simulation.members import MemberTables, MemoryMembers, told
from tests.simulation.parties import AGENCIES, change, founding, unbelievable
from tests.simulation.process import Process
from tests.simulation.remembering import remembered
from tests.simulation.scheduler import Scheduler
from tests.simulation.stages import Fragile
from tests.simulation.tables import MemorySink, Place, Tables
from tests.simulation.watching import watched_or_written
from tests.unit.stream_processors.world import HERE

GENERATION = 1
_NEVER = threading.Event()
logging.getLogger("stream_processors.runtime.worker").addHandler(logging.NullHandler())
Build = Callable[[Surroundings], Stage[Any]]
reference = cache(Reference.load)
"""The reference data, which all seeds share with what it remembers of texts that it met."""


@dataclass(frozen=True)
class Parts:
    """What the world is made of; a mutation puts something else in a place.

    Attributes:
        log: the log of a worker.
        stages: by name, what builds a stage instead of its entry in the catalogue.
        worker: what runs them.
        sink: the tables of a projector.
        members: the tables of the projector of members.
        sender: what takes reports from an outbox to the log.
    """

    log: type[SimulatedLog] = SimulatedLog
    stages: Mapping[str, Build] = field(default_factory=dict)
    worker: type[Worker[Any]] = Worker
    sink: Callable[[Tables, set[Place], Process, Callable[[], None]], Sink] = MemorySink
    members: type[MemoryMembers] = MemoryMembers
    sender: type[SimulatedSender] = SimulatedSender


class World:
    """Everything of one seed.

    Args:
        on_views: called after each transaction of the views.

    Attributes:
        broker: the logs.
        tables: the views.
        members: the tables of members.
        members_were_at: their positions when they were last looked at.
        agencies: with what each has told its outbox.
        hostile: what was submitted by others.
    """

    def __init__(self, seed: int, parts: Parts, on_views: Callable[["World"], None] = lambda _: None) -> None:
        self.random = Random(seed)  # noqa: S311  # repeatable, not secret
        self.scheduler = Scheduler(self.random, switch=self.random.choice((0.05, 0.2, 0.5)))
        self.faults = Faults(self.scheduler, self.random)
        self.broker = Broker(lambda: self.scheduler.now_ms, self.faults.after)
        self.tables, self._locks = Tables(), set[Place]()
        self.members, self.members_were_at = MemberTables(), dict[str, int]()
        self.agencies: list[Agency] = []
        self.hostile: list[bytes | None] = []
        self._parts, self._on_views = parts, on_views
        self._lives: dict[str, int] = {}
        self._changes = 0
        for output in founding():
            self.broker.append(output)

    def run(self) -> None:
        """Let everything happen, then let the faults stop and everything drain.

        Raises:
            StuckError: it does not drain.
        """
        with tempfile.TemporaryDirectory(dir=_memory(), prefix="ionics-simulation-") as folder, remembered():
            try:
                self._start(Path(folder))
                self.scheduler.run()
            finally:
                self.scheduler.end()

    def _start(self, folder: Path) -> None:
        random, acts = self.random, self.random.randint(3, 12)
        for name, key in AGENCIES.items():
            agency = Agency(name, key, folder, self.broker, Process(self.scheduler, self.faults), self._parts.sender)
            self.agencies.append(agency)
            self.scheduler.spawn(name, partial(agency.act, acts))
        for stage in STREAMING:
            for instance in range(random.choice((1, 1, 2, 3)) if stage.shared else 1):
                self._live(f"{stage.name} {instance}", partial(self._work, stage, str(instance)))
        for instance in range(random.choice((1, 1, 2))):
            self._live(f"project {instance}", self._project)
        self._live("members", self._project_members)
        self.scheduler.spawn("strangers", self._disturb)
        self.scheduler.spawn("members", self._tell)
        self.scheduler.spawn("watchers", self._watch)
        self.scheduler.spawn("operators", self._operate)

    def _live(self, name: str, run: Callable[[Process], None]) -> None:
        """Keep a process running under a name, until another one takes the name."""
        life = self._lives[name] = self._lives.get(name, 0) + 1

        def keep() -> None:
            while self._lives[name] == life:
                try:
                    run(Process(self.scheduler, self.faults, partial(self._stopped, name, run)))
                except Crashed:
                    self.scheduler.note("  is dead")
                except (IonicsError, OSError) as error:
                    self.scheduler.note(f"  ends: {error}")
                self.scheduler.sleep(1 if self.faults.stopped else self.faults.delay_ms())

        self.scheduler.spawn(name if life == 1 else f"{name} ({life})", keep)

    def _stopped(self, name: str, run: Callable[[Process], None]) -> None:
        """Somebody may take it for dead and start another one under its name."""
        if self.faults.happens("twin"):
            self.scheduler.later(self.faults.delay_ms(), partial(self._live, name, run))

    def _work(self, stage: Streaming, instance: str, process: Process) -> None:
        def topic(name: str) -> SimulatedTopic:
            return SimulatedTopic(self.broker, process, name, self._change)

        build = self._parts.stages.get(stage.name, stage.build)
        built = build(Surroundings(HERE, GENERATION, topic, reference))
        inputs = {topic.name: topic.partitions for topic in stage.inputs(GENERATION)}
        log = self._parts.log(self.broker, process, stage.group(GENERATION), inputs, instance)
        self._parts.worker(log, Fragile(built, self.faults), self.random.randint(1, 8)).run(_NEVER)

    def _project(self, process: Process) -> None:
        sink = self._parts.sink(self.tables, self._locks, process, partial(self._on_views, self))
        follow = partial(SimulatedSource, self.broker, process)
        Projection(enriched(GENERATION), sink, follow, self.random.randint(1, 8)).run(_NEVER)

    def _project_members(self, process: Process) -> None:
        def read(topic: str, start: int) -> Iterator[Record]:
            return SimulatedTopic(self.broker, process, topic, self._change).read(start)

        sink = self._parts.members(self.members, process, partial(self._on_views, self))
        follow = partial(SimulatedSource, self.broker, process)
        MembersProjection(HERE, sink, read, follow).run(_NEVER)

    def _tell(self) -> None:
        """What is opened, grouped and published."""
        for number in range(self.random.randrange(8)):
            self.scheduler.sleep(self.random.randrange(3_000))
            self.broker.append(told(self.random, number))

    def _watch(self) -> None:
        """What is watched, and what the secretariat writes."""
        for _ in range(self.random.randrange(6)):
            self.scheduler.sleep(self.random.randrange(4_000))
            self.broker.append(watched_or_written(self.random))

    def _change(self) -> None:
        if self.faults.happens("directory changes"):
            self._changes += 1
            for output in change(self.random, self._changes):
                self.broker.append(output)

    def _disturb(self) -> None:
        """Submissions of those who may not, and changes of the directory."""
        for output in self.random.choices(unbelievable(), k=self.random.randrange(5)):
            self.scheduler.sleep(self.random.randrange(3_000))
            self.hostile.append(output.value)
            self.broker.append(output)

    def _operate(self) -> None:
        """Rebalances and lost positions; the faults stop some time after all agencies are done."""
        while not all(agency.done for agency in self.agencies):
            self.scheduler.sleep(self.random.randrange(3_000))
            group = self.random.choice([stage.group(GENERATION) for stage in STREAMING])
            if group in self.broker.groups and self.faults.happens("rebalance"):
                self.broker.groups[group].shuffle()
            if self.faults.happens("positions forgotten"):
                self.broker.positions = {place: at for place, at in self.broker.positions.items() if place[0] != group}
        self.scheduler.sleep(self.random.randrange(20_000))
        self.faults.stopped = True
        self.scheduler.note("no more faults")


def _memory() -> str | None:
    """A file system in memory, where there is one: the outbox waits for its disk at each append."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # made unique by TemporaryDirectory
