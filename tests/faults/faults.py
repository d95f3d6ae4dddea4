"""The faults, one class each: what is done to a world, and how it is undone."""

import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Protocol

import psutil
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from deploy.stages import STAGES, STREAMING, generated
from schemas.codec import frame
from schemas.dictionary import read_dictionary
from schemas.reading import quiet_logger
from schemas.topics import ANYONE, PERMANENT, SUBMISSIONS, Topic, receipts
from tests.faults.journal import read
from tests.faults.network import Weather
from tests.faults.world import AGENCIES, BEHIND_NETWORK, WORKERS, World

_GARBAGE = (b"\x00\xff\xff\xff\xfepoison", b"poison", b"", None)
_LOUD_S = 60.0
_TAKEN_S = 150.0
_FILE_LIMIT = 8 << 20


class Fault(Protocol):
    """A fault.

    Attributes:
        name: as the table shows it.
        lasts_s: bounds of how long it lasts.
    """

    name: str
    lasts_s: tuple[float, float]

    def inject(self) -> str:
        """Do it; says what exactly."""

    def heal(self) -> None:
        """Undo it.

        Raises:
            AssertionError: it had not the effect that the design promises.
        """


class StageKilled:
    """kill -9 of a process of a stage."""

    lasts_s = (0.0, 0.5)

    def __init__(self, world: World, chance: Random, stage: str) -> None:
        self.name = f"kill -9 {stage}"
        self._world = world
        self._worker = chance.choice([each for each in WORKERS if each[0] == stage])

    def inject(self) -> str:
        """See `Fault`."""
        self._world.workers[self._worker].kill()
        return "-".join(self._worker)

    def heal(self) -> None:
        """The supervisor starts it anew."""


class StagePaused(StageKilled):
    """A stage that stands still for longer than its session and its transaction, and then goes on as a zombie."""

    lasts_s = (12.0, 17.0)

    def __init__(self, world: World, chance: Random, stage: str) -> None:
        super().__init__(world, chance, stage)
        self.name = f"pause {stage} (zombie)"

    def inject(self) -> str:
        """See `Fault`."""
        self._process = self._world.workers[self._worker]
        self._process.send_signal(signal.SIGSTOP)
        return "-".join(self._worker)

    def heal(self) -> None:
        """See `Fault`."""
        self._process.send_signal(signal.SIGCONT)


class AgencyKilled:
    """kill -9 of a process that reports."""

    name, lasts_s = "kill -9 agency", (0.0, 0.5)

    def __init__(self, world: World, chance: Random) -> None:
        self._world, self._agency = world, chance.choice(list(AGENCIES))

    def inject(self) -> str:
        """See `Fault`."""
        self._world.agencies[self._agency].kill()
        return self._agency

    def heal(self) -> None:
        """The supervisor starts it anew."""


class PartKilled:
    """kill -9 of a server of the stack."""

    lasts_s = (1.0, 8.0)

    def __init__(self, world: World, part: str) -> None:
        self.name, self._part = f"kill -9 {part}", part
        self._world = world

    def inject(self) -> str:
        """See `Fault`."""
        self._world.stack.kill(self._part)
        return self._part

    def heal(self) -> None:
        """See `Fault`."""
        self._world.stack.start(self._part)


class PostgresRestarted:
    """PostgreSQL ends all its sessions, stops, and starts again."""

    name, lasts_s = "restart postgres", (0.5, 4.0)

    def __init__(self, world: World) -> None:
        self._world = world

    def inject(self) -> str:
        """See `Fault`."""
        self._world.stack.kill("postgres", signal.SIGINT)
        return "postgres"

    def heal(self) -> None:
        """See `Fault`."""
        _wait("postgres stops", lambda: _pid(self._world, "postgres") is None)
        self._world.stack.start("postgres")


class LeaderKilled:
    """kill -9 of the broker that leads a partition of submissions, or the only one there is."""

    name, lasts_s = "kill -9 leading broker", (1.0, 8.0)

    def __init__(self, world: World, chance: Random) -> None:
        self._world, self._partition = world, chance.randrange(SUBMISSIONS.partitions)
        self._killed = ""

    def inject(self) -> str:
        """See `Fault`."""
        names = _brokers(self._world)
        admin = AdminClient(self._world.settings.client_config(), logger=quiet_logger())
        leader = admin.list_topics(SUBMISSIONS.name, timeout=30).topics[SUBMISSIONS.name].partitions[self._partition]
        self._killed = names[max(0, leader.leader - 1)]
        self._world.stack.kill(self._killed)
        return f"{self._killed}, leader of {SUBMISSIONS.name}/{self._partition}"

    def heal(self) -> None:
        """See `Fault`."""
        self._world.stack.start(self._killed)


class TwoBrokersKilled:
    """Two of three brokers are gone: nothing can be written, and every agency must be told so."""

    name, lasts_s = "two brokers down", (8.0, 12.0)

    def __init__(self, world: World, chance: Random) -> None:
        self._world = world
        self._killed = chance.sample(_brokers(world), 2)
        self._since = 0.0

    def inject(self) -> str:
        """See `Fault`."""
        self._since = time.time()
        for name in self._killed:
            self._world.stack.kill(name)
        return " and ".join(self._killed)

    def heal(self) -> None:
        """See `Fault`: not before each agency that reports was told that its reports wait."""
        try:
            _wait("agencies are told that nothing is delivered", self._all_told, _LOUD_S)
        finally:
            self._world.stack.up()

    def _all_told(self) -> bool:
        loud = {name: read(self._world.journal(name)).loud for name in AGENCIES}
        return all(any(at > self._since and left for at, left, _ in each) for each in loud.values())


class RegistryDown(PartKilled):
    """The registry is gone, and the stages from log to log start anew without it."""

    lasts_s = (5.0, 10.0)

    def __init__(self, world: World) -> None:
        super().__init__(world, "registry")
        self.name = "registry down"

    def inject(self) -> str:
        """See `Fault`."""
        super().inject()
        for stage in STREAMING:
            self._world.workers[stage.name, "0"].kill()
        return f"registry; {' and '.join(stage.name for stage in STREAMING)} start without it"


class DiskFull:
    """PostgreSQL can write no more: its file system is full, or where none could be mounted, its files may not grow."""

    lasts_s = (5.0, 9.0)

    def __init__(self, world: World) -> None:
        self._world = world
        self.name = "disk full (tmpfs)" if world.tmpfs else "disk full (RLIMIT_FSIZE)"
        self._ballast = world.database / "ballast"

    def inject(self) -> str:
        """See `Fault`."""
        if not self._world.tmpfs:
            self._limit(_FILE_LIMIT)
            return f"files of at most {_FILE_LIMIT >> 20} MB"
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 12))
        return f"{self._ballast.stat().st_size >> 20} MB of ballast"

    def heal(self) -> None:
        """See `Fault`."""
        self._ballast.unlink(missing_ok=True)
        if not self._world.tmpfs:
            self._limit(resource.RLIM_INFINITY)
        time.sleep(1.0)  # a server that dies of it takes a moment
        self._world.stack.start("postgres")

    def _limit(self, most: int) -> None:
        pid = _pid(self._world, "postgres")
        with suppress(psutil.Error):
            for process in (psutil.Process(pid), *psutil.Process(pid).children()):
                process.rlimit(psutil.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


class BadNetwork:
    """Between one agency and the brokers."""

    lasts_s = (5.0, 12.0)

    def __init__(self, world: World, weather: Weather) -> None:
        self.name = f"network: {weather.name.lower().replace('_', ' ')}"
        self._network, self._weather = world.network, weather

    def inject(self) -> str:
        """See `Fault`."""
        self._network.weather = self._weather
        if self._weather is Weather.CUT:
            self._network.cut()
        return f"what {BEHIND_NETWORK} sends {self._weather.value}"

    def heal(self) -> None:
        """See `Fault`."""
        self._network.weather = Weather.CLEAR


class Poison:
    """Bytes that nobody understands, in a topic; its readers start anew and must get over them."""

    lasts_s = (0.0, 1.0)

    def __init__(self, world: World, chance: Random, topic: Topic) -> None:
        self.name = f"poison in {topic.name}"
        self._world, self._topic = world, topic
        self._partition = chance.randrange(topic.partitions)
        self._kind = chance.randrange(len(_GARBAGE) + 1)
        self.position = ""

    def inject(self) -> str:
        """See `Fault`."""
        producer = Producer(self._world.settings.client_config(acks="all"), logger=quiet_logger())
        found: list[int] = []
        producer.produce(
            self._topic.name,
            self._garbage(),
            b"poison",
            self._partition,
            on_delivery=lambda error, message: found.append(-1 if error else int(message.offset() or 0)),
        )
        producer.flush(_TAKEN_S)
        if not found or found[0] < 0:
            raise AssertionError(f"the poison for {self._topic.name} was not taken")
        self.position = f"{self._topic.name}/{self._partition}/{found[0]}"
        return self.position

    def heal(self) -> None:
        """Nothing is undone: the record stays for ever. Its readers are killed, so that they meet it in restoring."""
        if self._topic.name.startswith("ionics.receipts"):
            self._world.agencies[self._topic.name.rsplit(".", 1)[1]].kill()
        for worker in WORKERS:
            if {worker[0], ANYONE} & {*self._topic.readers}:
                self._world.workers[worker].kill()

    def _garbage(self) -> bytes | None:
        """Bytes without a frame, under an unknown schema, none at all, or under the schema of the topic itself."""
        if self._kind < len(_GARBAGE) or not self._topic.schema:
            return _GARBAGE[self._kind % len(_GARBAGE)]
        return frame(read_dictionary(self._world.settings).id_of(self._topic.schema)) + b"\xff" * 9


def faults_of_servers(world: World, chance: Random) -> list[Callable[[], Fault]]:
    """One of each kind, each to be made when its time comes."""
    several = [TwoBrokersKilled] if len(_brokers(world)) > 1 else []
    return [
        lambda: LeaderKilled(world, chance),
        *(lambda fault=fault: fault(world, chance) for fault in several),
        lambda: PartKilled(world, "postgres"),
        lambda: PostgresRestarted(world),
        lambda: DiskFull(world),
        lambda: RegistryDown(world),
    ]


def faults_of_clients(world: World, chance: Random) -> list[Callable[[], Fault]]:
    """The same, of the processes that use the servers, of what is between them, and of what they read."""
    topics = [*PERMANENT, *generated(world.settings.generation), receipts(next(iter(AGENCIES)))]
    return [
        *(lambda stage=stage: StageKilled(world, chance, stage) for stage in STAGES),
        *(lambda stage=stage: StagePaused(world, chance, stage) for stage in STAGES),
        lambda: AgencyKilled(world, chance),
        *(lambda weather=weather: BadNetwork(world, weather) for weather in Weather if weather is not Weather.CLEAR),
        *(lambda topic=topic: Poison(world, chance, topic) for topic in topics),
    ]


@contextmanager
def injected(fault: Fault) -> Iterator[str]:
    """The fault for the time of a block; healed whatever happens in it."""
    said = fault.inject()
    try:
        yield said
    finally:
        fault.heal()


def _brokers(world: World) -> list[str]:
    return [status.part for status in world.stack.status() if status.part.startswith("kafka")]


def _pid(world: World, part: str) -> int | None:
    return next(status.pid for status in world.stack.status() if status.part == part)


def _wait(what: str, holds: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:.0f} s: {what}")
        time.sleep(0.1)
