"""Apicurio Registry, which keeps its schemas in topics of the stack's Kafka."""

import shutil
import signal

import httpx
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # public, but not marked so

from deploy.access.apply import allow
from deploy.access.grants import Grant, Operation
from deploy.local import ports, wheels
from deploy.local.broker_settings import properties_text
from deploy.local.home import Home, State
from deploy.local.jars import registry_jar
from deploy.local.kafka import Kafka
from deploy.local.process import ServerProcess
from deploy.local.progress import Progress
from deploy.local.secure_settings import java_properties
from deploy.private_file import write_private
from schemas.errors import StackError

REGISTRY = "registry"
COMPATIBILITY = "FULL_TRANSITIVE"

_READY_SECONDS = 120
_STOP_SECONDS = 15
_TOPIC_SECONDS = 30
# Left to itself the registry makes its topics with Kafka's retention of a week, and then forgets its schemas.
_FOR_EVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
_TOPICS = {
    "kafkasql-journal": _FOR_EVER,
    "kafkasql-snapshots": _FOR_EVER,
    # Its notices of changes, which nobody reads here; while the topic is missing, it hangs in the first change.
    "registry-events": {"cleanup.policy": "delete", "retention.ms": str(24 * 60 * 60 * 1000)},
}
_RIGHTS: tuple[Operation, ...] = ("READ", "WRITE")
_GROUPS = "apicurio-"
_JVM = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    # It serves a few requests an hour: starting fast is worth more than the code of the optimising compiler.
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.net.preferIPv4Stack=true",
)


class Registry:
    """The schema registry of a home."""

    def __init__(self, home: Home, state: State, kafka: Kafka) -> None:
        self._home = home
        self._state = state
        self._kafka = kafka
        self.process = ServerProcess(REGISTRY, home.run_dir, home.logs_dir / "registry.log")

    @property
    def _base(self) -> str:
        return f"http://{ports.LOOPBACK}:{self._state.ports[REGISTRY]}"

    @property
    def url(self) -> str:
        """The Confluent-compatible API."""
        return f"{self._base}/apis/ccompat/v7"

    def installed(self) -> bool:
        """Tell whether it was ever started; its data is in Kafka."""
        return self.process.log.is_file()

    def start(self, progress: Progress) -> None:
        """Make its topics if needed, start it, and return when it serves with the compatibility rule set.

        Raises:
            StackError: it could not be fetched or started, or Kafka does not answer.
        """
        jar = registry_jar(progress)
        admin = self._kafka.admin()
        self._ensure_topics(admin)
        if self._state.secure:
            self._ensure_access(admin)
        progress.step(REGISTRY, "starting", None)
        settings = {
            "quarkus.http.host": ports.LOOPBACK,
            "quarkus.http.port": str(self._state.ports[REGISTRY]),
            "apicurio.storage.kind": "kafkasql",
            "apicurio.kafkasql.bootstrap.servers": self._kafka.internal,
            "apicurio.kafkasql.topic.auto-create": "false",
            # The journal of a stack is short: it is replayed whole, and no snapshot can differ from it.
            "apicurio.kafkasql.snapshot.every.seconds": "off",
            # The time that each start waits for a snapshot, 5 s by default.
            "apicurio.kafkasql.consumer.poll.timeout": "500",
        }
        options = [f"-D{key}={value}" for key, value in settings.items()]
        self.process.start([str(wheels.java()), *_JVM, *options, "-jar", str(jar)], self._home.registry_dir)
        with httpx.Client(base_url=self._base, timeout=5, trust_env=False) as client:
            self.process.wait_until(lambda: _is_ready(client), _READY_SECONDS)
            _ensure_compatibility(client)
        progress.step(REGISTRY, f"running on {self._base}", 1.0)

    def stop(self) -> None:
        """Stop it. It has nothing to write."""
        self.process.stop(signal.SIGTERM, _STOP_SECONDS)

    def erase(self) -> None:
        """Delete its directory; its journal goes with Kafka's data."""
        shutil.rmtree(self._home.registry_dir, ignore_errors=True)

    def _ensure_access(self, admin: AdminClient) -> None:
        """Its certificate, the settings with it, which it reads at its start, and access to its own topics alone.

        By certificate: its Kafka client is older than the Java that runs it, and cannot do SASL there.
        """
        self._kafka.authority.prepare(REGISTRY)
        login = java_properties(self._kafka.authority, REGISTRY)
        properties = {f"apicurio.kafka.common.{name}": value for name, value in login.items()}
        place = self._home.registry_dir / "config"
        place.mkdir(mode=0o700, exist_ok=True)
        write_private(place / "application.properties", properties_text(properties).encode())
        grants = [
            Grant(REGISTRY, "TOPIC", topic, prefixed=False, operation=operation)
            for topic in _TOPICS
            for operation in _RIGHTS
        ]
        allow(admin, [*grants, Grant(REGISTRY, "GROUP", _GROUPS, prefixed=True, operation="READ")])

    def _ensure_topics(self, admin: AdminClient) -> None:
        copies = self._state.brokers
        wanted = [
            NewTopic(name, num_partitions=1, replication_factor=copies, config=kept) for name, kept in _TOPICS.items()
        ]
        for name, made in admin.create_topics(wanted, request_timeout=_TOPIC_SECONDS).items():
            try:
                made.result(timeout=_TOPIC_SECONDS)
            except KafkaException as failure:
                if failure.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise StackError(
                        f"the registry's topic {name} could not be made on {self._kafka.bootstrap}: "
                        f"{failure.args[0].str()}; see that Kafka runs"
                    ) from failure


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False


def _ensure_compatibility(client: httpx.Client) -> None:
    try:
        # Asked first: each write would lengthen the journal, which is replayed at every start.
        found = client.get("/apis/ccompat/v7/config").raise_for_status().json()
        if found.get("compatibilityLevel") != COMPATIBILITY:
            client.put("/apis/ccompat/v7/config", json={"compatibility": COMPATIBILITY}).raise_for_status()
    except httpx.HTTPError as failure:
        raise StackError(f"the registry did not take the rule {COMPATIBILITY}: {failure}") from failure
