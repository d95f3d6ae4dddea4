"""A running deployment for tests: the local stack, or containers where an engine answers."""

import functools
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import tomli_w

from deploy.local import BROKER_SETTINGS, LocalStack, StackAddress
from deploy.private_file import write_private
from schemas.settings import Settings


@dataclass
class Running:
    """Settings of a deployment, and hands on its parts.

    Attributes:
        kill: ends a part (kafka, registry, postgres) at once, as a crash would.
        start: starts it again, with its data.
    """

    settings: Settings
    kill: Callable[[str], None]
    start: Callable[[str], None]


@functools.cache
def engine_answers() -> bool:
    """Whether a Docker engine answers."""
    path = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


@contextmanager
def local(home: Path, *, secure: bool = os.environ.get("IONICS_SECURE") == "1") -> Iterator[Running]:
    """The local stack in a home of its own, as `ionics up` or as `ionics up --secure` makes it."""
    stack = LocalStack(home / "stack", secure=secure)
    try:
        yield Running(_settings(home, stack.up()), stack.kill, stack.start)
    finally:
        stack.reset()


def _settings(home: Path, address: StackAddress) -> Settings:
    write_private(home / "ionics.toml", tomli_w.dumps(asdict(address)).encode())
    return Settings(home, **asdict(address))


@contextmanager
def with_containers(home: Path) -> Iterator[Running]:
    """The same servers as containers."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415  # only where an engine answers
    from testcontainers.kafka import KafkaContainer  # noqa: PLC0415  # the same
    from testcontainers.postgres import PostgresContainer  # noqa: PLC0415  # the same

    with ExitStack() as entered:
        kafka = KafkaContainer("apache/kafka:4.3.1").with_kraft()
        for name, value in BROKER_SETTINGS.items():
            kafka = kafka.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
        kafka = entered.enter_context(kafka)
        registry = DockerContainer("apicurio/apicurio-registry:3.0.9").with_exposed_ports(8080)
        registry = entered.enter_context(registry)
        postgres = entered.enter_context(PostgresContainer("postgres:18", driver=None))
        url = postgres.get_connection_url()
        port = registry.get_exposed_port(8080)
        address = StackAddress(
            deployment="dev-containers",
            bootstrap=kafka.get_bootstrap_server(),
            registry_url=f"http://127.0.0.1:{port}/apis/ccompat/v7",
            database_url=url,
            reader_url=url,
        )
        parts = {"kafka": kafka, "registry": registry, "postgres": postgres}
        yield Running(
            _settings(home, address),
            lambda part: parts[part].get_wrapped_container().kill(),
            lambda part: parts[part].get_wrapped_container().start(),
        )
