"""Apache Kafka in KRaft mode: broker and controller in one process."""

import json
import os
import shutil
import signal
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
CONTROLLER = "kafka-controller"
INTERNAL = "kafka-internal"

_READY_SECONDS = 90
_STOP_SECONDS = 30
_JVM = (
    "-Xms128m",
    "-Xmx512m",
    # With two cores and half a gigabyte this collector costs the least; G1 keeps threads of its own busy.
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.net.preferIPv4Stack=true",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)


class Kafka:
    """The broker of a home.

    Attributes:
        authority: of the certificates, where it is secure.
    """

    def __init__(self, home: Home, state: State) -> None:
        self._home = home
        self._state = state
        self._data = home.kafka_dir / "data"
        self._properties = home.kafka_dir / "server.properties"
        self._quotas = home.kafka_dir / "quotas.json"
        self.authority = Authority(home.tls_dir)
        self.process = ServerProcess(BROKER, home.run_dir, home.logs_dir / "kafka.log")

    @property
    def bootstrap(self) -> str:
        """Where clients connect."""
        return f"{ports.LOOPBACK}:{self._state.ports[BROKER]}"

    @property
    def internal(self) -> str:
        """Where the stack's own servers connect."""
        return f"{ports.LOOPBACK}:{self._state.ports[INTERNAL if self._state.secure else BROKER]}"

    @property
    def client_settings(self) -> dict[str, str]:
        """Properties of any client beside address and credential; none where the broker is open."""
        return client_config(self.authority) if self._state.secure else {}

    def admin(self) -> AdminClient:
        """A client that may do everything: by the broker's own certificate, or because the broker is open."""
        config = {"bootstrap.servers": self.bootstrap}
        if self._state.secure:
            config = internal_config(self.authority, self._state.ports[INTERNAL])
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
        java = [str(wheels.java()), *_JVM, "-cp", classpath]
        self._configure()
        if not self.installed():
            progress.step(BROKER, "formatting the log directory", None)
            tool = ["kafka.tools.StorageTool", "format", "-t", self._state.cluster_id, "-c", str(self._properties)]
            run_tool("Kafka's StorageTool", [*java, *tool, "--ignore-formatted"], self._home.kafka_dir)
        progress.step(BROKER, "starting", None)
        self.process.start([*java, "kafka.Kafka", str(self._properties)], self._home.kafka_dir)
        # The port first: a Kafka client that meets a closed port waits before it tries again.
        self.process.wait_until(lambda: ports.answers(self._state.ports[BROKER]), _READY_SECONDS)
        admin = self.admin()
        self.process.wait_until(lambda: _has_broker(admin), _READY_SECONDS)
        if self._state.secure:
            make_credential(admin, self._home.credentials_dir, DEPLOYMENT)
            self._limit([*java, "kafka.admin.ConfigCommand"], progress)
        progress.step(BROKER, f"running on {self.bootstrap}", 1.0)

    def _configure(self) -> None:
        ports_ = self._state.ports
        settings = {}
        if self._state.secure:
            self.authority.prepare(BROKER_NAME)
            settings = secure_properties(self.authority, ports_[BROKER], ports_[INTERNAL], ports_[CONTROLLER])
        properties = server_properties(self._data, ports_[BROKER], ports_[CONTROLLER], settings=settings)
        self._properties.write_text(properties_text(properties), encoding="utf-8")

    def _limit(self, tool: list[str], progress: Progress) -> None:
        """Set the quotas, unless they are set. By Kafka's own tool: no client in Python knows the request."""
        wanted = json.dumps(QUOTAS, sort_keys=True).encode()
        if self._quotas.exists() and self._quotas.read_bytes() == wanted:
            return
        progress.step(BROKER, "setting quotas", None)
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


def _has_broker(admin: AdminClient) -> bool:
    """Tell whether the controller lists the broker, which is when topics can be made."""
    try:
        return len(admin.list_topics(timeout=1).brokers) == 1
    except KafkaException:
        return False
