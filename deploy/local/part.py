"""What the stack knows of each of its parts."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from deploy.local.process import ServerProcess
from deploy.local.progress import Progress

PartState = Literal["running", "stopped", "not installed", "dead"]


@dataclass(frozen=True)
class StackAddress:
    """Where clients find the stack.

    Attributes:
        deployment: the id of the deployment, ``dev-…``.
        bootstrap: Kafka, as ``host:port``, with a comma between several.
        registry_url: the registry's Confluent-compatible API, ending in ``/apis/ccompat/v7``.
        database_url: the database for the role ``ionics_writer``, password included.
        reader_url: the same for ``ionics_reader``.
        kafka: further properties of clients of Kafka, as librdkafka names them; none where it is open.
        credentials: the directory with the credentials of its principals; empty where it is open.
        replication: how many brokers keep each partition.
    """

    deployment: str
    bootstrap: str
    registry_url: str
    database_url: str = field(repr=False)
    reader_url: str = field(repr=False)
    kafka: dict[str, str] = field(default_factory=dict)
    credentials: str = ""
    replication: int = 1


@dataclass(frozen=True)
class PartStatus:
    """How a part is.

    Attributes:
        part: its name.
        state: running; stopped (by ``down``); dead (started, then gone without ``down``); not installed (never
            started in this home).
        pid: while it runs.
        address: as ``host:port``, once it has one.
        uptime: seconds, while it runs.
        log: the file with its output.
    """

    part: str
    state: PartState
    pid: int | None
    address: str | None
    uptime: float | None
    log: Path


class Part(Protocol):
    """A server of the stack. Whoever calls holds the home's lock."""

    process: ServerProcess

    def installed(self) -> bool:
        """Tell whether its data was set up in this home."""

    def start(self, progress: Progress) -> None:
        """Set it up if needed, start it, and return when it serves. Only called when it is not alive."""

    def stop(self) -> None:
        """Stop it if it is alive. Its data stays."""

    def erase(self) -> None:
        """Delete its data. Only called when it is not alive."""
