"""The peers: what each is called, how it is started, what it guarantees as it runs here."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.benchmarks.peers import environments
from tests.benchmarks.peers.environments import FAUST_VERSION, QUIX_VERSION, STREAMS_VERSION

_PACKAGE = "tests.benchmarks.peers"


@dataclass(frozen=True)
class Peer:
    """One row of the table.

    Attributes:
        name: how it is chosen on the command line.
        label: how it is called in the table.
        guarantee: what holds after a crash, as it runs here.
        environment: makes it, and gives the program with its options.
        program: module or class.
        mode: which form of the program.
        slow: it folds the short topic.
        folds: it leaves a table; the limits do not.
    """

    name: str
    label: str
    guarantee: str
    environment: Callable[[], list[str]]
    program: str
    mode: str = ""
    slow: bool = False
    folds: bool = True

    def command(self) -> list[str]:
        """The command, but for the file of the task.

        Raises:
            UnavailableError: its environment cannot be made here.
        """
        started = self.environment()
        if self.environment is environments.streams:
            return [*started, self.program]
        return [*started, "-m", f"{_PACKAGE}.{self.program}"]


def _streams(mode: str, label: str, guarantee: str) -> Peer:
    label = f"Kafka Streams {STREAMS_VERSION}, {label}"
    return Peer(f"streams-{mode}", label, guarantee, environments.streams, "KafkaStreamsPeer", mode)


WORKER, WORKERS, REPLAY, CONSUME = "worker", "workers", "replay", "consume"
PEERS = (
    Peer(CONSUME, "bare consume(), tuned as here", "limit", environments.own, "limit_peer", CONSUME, folds=False),
    Peer(
        "consume-defaults",
        "bare consume(), library defaults",
        "limit",
        environments.own,
        "limit_peer",
        "consume-defaults",
        folds=False,
    ),
    Peer("decode", "bare decode into columns", "limit", environments.own, "limit_peer", "decode", folds=False),
    Peer(WORKER, "**this project: the shipped worker**", "exactly once, state kept", environments.own, "worker_peer"),
    Peer(
        WORKERS,
        "**this project: two shipped workers**",
        "exactly once, state kept",
        environments.own,
        "worker_peer",
        "2",
    ),
    Peer(REPLAY, "**this project: bulk replay**", "replay", environments.own, "replay_peer"),
    _streams("heap", "heap maps", "state lost"),
    _streams("memory-at_least_once", "in-memory stores, at least once", "at least once, state kept"),
    _streams("memory-exactly_once_v2", "in-memory stores, exactly_once_v2", "exactly once, state kept"),
    _streams("rocksdb-at_least_once", "RocksDB, at least once", "at least once, state kept"),
    _streams("rocksdb-exactly_once_v2", "RocksDB, exactly_once_v2", "exactly once, state kept"),
    Peer("loop", "confluent-kafka + fastavro, a plain loop", "replay", environments.loop, "loop_peer"),
    Peer(
        "quix",
        f"Quix Streams {QUIX_VERSION}, a sink",
        "at least once, state lost",
        environments.quix,
        "quix_peer",
        slow=True,
    ),
    Peer(
        "faust",
        f"Faust {FAUST_VERSION}, plain dicts",
        "at least once, state lost",
        environments.faust,
        "faust_peer",
        slow=True,
    ),
)
