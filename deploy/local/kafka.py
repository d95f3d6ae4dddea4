"""Apache Kafka in KRaft mode: broker and controller in one process."""

import os
import shutil
import signal

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.local import ports, wheels
from deploy.local.broker_settings import properties_text, server_properties
from deploy.local.home import Home, State
from deploy.local.jars import kafka_classpath
from deploy.local.process import ServerProcess, run_tool
from deploy.local.progress import Progress

BROKER = "kafka"
CONTROLLER = "kafka-controller"

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
    """The broker of a home."""

    def __init__(self, home: Home, state: State) -> None:
        self._home = home
        self._state = state
        self._data = home.kafka_dir / "data"
        self._properties = home.kafka_dir / "server.properties"
        self.process = ServerProcess(BROKER, home.run_dir, home.logs_dir / "kafka.log")

    @property
    def bootstrap(self) -> str:
        """Where clients connect."""
        return f"{ports.LOOPBACK}:{self._state.ports[BROKER]}"

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
        properties = server_properties(self._data, self._state.ports[BROKER], self._state.ports[CONTROLLER])
        self._properties.write_text(properties_text(properties), encoding="utf-8")
        if not self.installed():
            progress.step(BROKER, "formatting the log directory", None)
            tool = ["kafka.tools.StorageTool", "format", "-t", self._state.cluster_id, "-c", str(self._properties)]
            run_tool("Kafka's StorageTool", [*java, *tool, "--ignore-formatted"], self._home.kafka_dir)
        progress.step(BROKER, "starting", None)
        self.process.start([*java, "kafka.Kafka", str(self._properties)], self._home.kafka_dir)
        # The port first: a Kafka client that meets a closed port waits before it tries again.
        self.process.wait_until(lambda: ports.answers(self._state.ports[BROKER]), _READY_SECONDS)
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        self.process.wait_until(lambda: _has_broker(admin), _READY_SECONDS)
        progress.step(BROKER, f"running on {self.bootstrap}", 1.0)

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
