"""Apache Kafka in KRaft mode: broker and controller in one process, once or three times."""

import json
import os
import shutil
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.access.credentials import make_credential
from deploy.access.principals import DEPLOYMENT
from deploy.access.quotas import ANYBODY, QUOTAS
from deploy.local import ports, wheels
from deploy.local.authority import Authority
from deploy.local.broker_settings import properties_text, server_properties
from deploy.local.home import Home, State
from deploy.local.jars import kafka_classpath
from deploy.local.process import ServerProcess, run_tool
from deploy.local.progress import Progress
from deploy.local.secure_settings import (
    BROKER_NAME,
    client_config,
    internal_config,
    java_properties,
    secure_properties,
)
from deploy.private_file import write_private
from schemas.reading import quiet_logger

BROKER = "kafka"
CONTROLLER, INTERNAL = "-controller", "-internal"
"""Ends of the names of a broker's further listeners."""

CLUSTER = 3
"""Brokers of a home that has several: the fewest of which one may fail while writes still have two copies."""

_READY_SECONDS = 90
_STOP_SECONDS = 30
_JVM = (
    "-Xms128m",
    # With two cores and half a gigabyte this collector costs the least; G1 keeps threads of its own busy.
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.net.preferIPv4Stack=true",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)
# Brokers start side by side, and have one authority.
_CONFIGURING = threading.Lock()
_HEAP = "-Xmx512m"
_HEAP_OF_SEVERAL = "-Xmx320m"


def brokers(state: State) -> tuple[str, ...]:
    """Names of the brokers of a home."""
    return (BROKER,) if state.brokers == 1 else tuple(f"{BROKER}-{n}" for n in range(1, state.brokers + 1))


class Kafka:
    """A broker of a home.

    Args:
        number: which of them, from 1.

    Attributes:
        authority: of the certificates, where it is secure.
    """

    def __init__(self, home: Home, state: State, number: int = 1) -> None:
        self._home = home
        self._state = state
        self._number = number
        self._name = brokers(state)[number - 1]
        self._place = home.kafka_dir if state.brokers == 1 else home.kafka_dir / str(number)
        self._data = self._place / "data"
        self._properties = self._place / "server.properties"
        self._quotas = home.kafka_dir / "quotas.json"
        self.authority = Authority(home.tls_dir)
        self.process = ServerProcess(self._name, home.run_dir, home.logs_dir / f"{self._name}.log")

    @property
    def bootstrap(self) -> str:
        """Where clients connect: all brokers."""
        return self._addresses("")

    @property
    def internal(self) -> str:
        """Where the stack's own servers connect."""
        return self._addresses(INTERNAL if self._state.secure else "")

    def _addresses(self, listener: str) -> str:
        return ",".join(f"{ports.LOOPBACK}:{self._state.ports[name + listener]}" for name in brokers(self._state))

    @property
    def client_settings(self) -> dict[str, str]:
        """Properties of any client beside address and credential; none where the broker is open."""
        return client_config(self.authority) if self._state.secure else {}

    def admin(self) -> AdminClient:
        """A client that may do everything: by the broker's own certificate, or because the broker is open."""
        config = {"bootstrap.servers": self.bootstrap}
        if self._state.secure:
            config = internal_config(self.authority, self.internal)
        return AdminClient({**config, "log_level": 0}, logger=quiet_logger())

    def installed(self) -> bool:
        """Tell whether the log directory is formatted."""
        return (self._data / "meta.properties").is_file()

    def start(self, progress: Progress) -> None:
        """Format the log directory if needed, start the broker, and return when it takes requests.

        Raises:
            StackError: it could not be fetched, formatted or started.
        """
        classpath = os.pathsep.join(str(jar) for jar in kafka_classpath(progress))
        java = [str(wheels.java()), *_JVM, _HEAP if self._state.brokers == 1 else _HEAP_OF_SEVERAL, "-cp", classpath]
        with _CONFIGURING:
            self._configure()
        if not self.installed():
            progress.step(self._name, "formatting the log directory", None)
            tool = ["kafka.tools.StorageTool", "format", "-t", self._state.cluster_id, "-c", str(self._properties)]
            run_tool("Kafka's StorageTool", [*java, *tool, "--ignore-formatted"], self._place)
        progress.step(self._name, "starting", None)
        self.process.start([*java, "kafka.Kafka", str(self._properties)], self._place)
        # The port first: a Kafka client that meets a closed port waits before it tries again.
        self.process.wait_until(lambda: ports.answers(self._state.ports[self._name]), _READY_SECONDS)
        admin = self.admin()
        self.process.wait_until(lambda: _has_broker(admin, self._number), _READY_SECONDS)
        if self._state.secure and self._number == 1:
            make_credential(admin, self._home.credentials_dir, DEPLOYMENT)
            self._limit([*java, "kafka.admin.ConfigCommand"], progress)
        progress.step(self._name, f"running on {ports.LOOPBACK}:{self._state.ports[self._name]}", 1.0)

    def _configure(self) -> None:
        ports_, own = self._state.ports, self._name
        self._place.mkdir(mode=0o700, exist_ok=True)
        settings = {}
        if self._state.secure:
            self.authority.prepare(BROKER_NAME)
            settings = secure_properties(self.authority, ports_[own], ports_[own + INTERNAL], ports_[own + CONTROLLER])
        controllers = [ports_[name + CONTROLLER] for name in brokers(self._state)]
        properties = server_properties(self._data, ports_[own], controllers, node=self._number, settings=settings)
        self._properties.write_text(properties_text(properties), encoding="utf-8")

    def _limit(self, tool: list[str], progress: Progress) -> None:
        """Set the quotas, unless they are set. By Kafka's own tool: no client in Python knows the request."""
        wanted = json.dumps(QUOTAS, sort_keys=True).encode()
        if self._quotas.exists() and self._quotas.read_bytes() == wanted:
            return
        progress.step(self._name, "setting quotas", None)
        login = self._home.kafka_dir / "tool.properties"
        write_private(login, properties_text(java_properties(self.authority, BROKER_NAME)).encode())
        where = ["--bootstrap-server", self.internal]
        common = [*tool, *where, "--command-config", str(login), "--alter", "--entity-type", "users"]

        def limit(principal: str) -> None:
            entity = ["--entity-default"] if principal == ANYBODY else ["--entity-name", principal]
            limits = ",".join(f"{name}={value}" for name, value in QUOTAS[principal].items())
            run_tool("Kafka's ConfigCommand", [*common, *entity, "--add-config", limits], self._home.kafka_dir)

        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            list(pool.map(limit, QUOTAS))
        write_private(self._quotas, wanted)

    def stop(self) -> None:
        """Stop the broker in an orderly way: it writes its checkpoints, so that the next start need not recover."""
        self.process.stop(signal.SIGTERM, _STOP_SECONDS)

    def erase(self) -> None:
        """Delete the log."""
        shutil.rmtree(self._home.kafka_dir, ignore_errors=True)


def _has_broker(admin: AdminClient, number: int) -> bool:
    """Tell whether the controller lists the broker, which is when topics can be made."""
    try:
        return number in admin.list_topics(timeout=1).brokers
    except KafkaException:
        return False
