"""Settings of a Kafka of one or three nodes for development and tests, wherever it runs.

The local stack writes them to ``server.properties``; a fixture that runs Kafka in a container can hand the same ones
to its image. What a topic needs (append time, retention, compression) is set on the topic, by the catalogue.
"""

from collections.abc import Sequence
from pathlib import Path

from deploy.local.ports import LOOPBACK


def replicated_settings(brokers: int) -> dict[str, str]:
    """Settings that depend on how many brokers keep each partition; a write needs all of them but one."""
    copies, enough = str(brokers), str(max(1, brokers - 1))
    return {
        "default.replication.factor": copies,
        "min.insync.replicas": enough,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": enough,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": enough,
    }


BROKER_SETTINGS: dict[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    # A misspelt topic must be an error, not a topic.
    "auto.create.topics.enable": "false",
    **replicated_settings(1),
    "offsets.topic.num.partitions": "12",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    # After kill -9 the controller takes no new broker before the session of the dead one has run out: 9 s by default.
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    # A stack that was put aside for a month goes on where it stopped; the default forgets positions after a week.
    "offsets.retention.minutes": str(365 * 24 * 60),
    # The default takes a quarter of the heap that the local stack gives.
    "log.cleaner.dedupe.buffer.size": str(16 << 20),
    # No flush per record: what is written survives kill -9 in the page cache. Against the loss of the whole machine
    # Kafka relies on replicas, which one node does not have.
}


def server_properties(
    data: Path,
    broker_port: int,
    controller_ports: Sequence[int],
    *,
    node: int = 1,
    host: str = LOOPBACK,
    settings: dict[str, str] | None = None,
) -> dict[str, str]:
    """Return the whole ``server.properties`` of a node of Kafka in KRaft mode, broker and controller in one.

    Args:
        data: the directory of its log segments.
        broker_port: where clients connect.
        controller_ports: where brokers and controllers connect to the controller of each node, in order of nodes.
        node: which of the nodes this is, from 1.
        host: the address that all of them bind and advertise.
        settings: further settings, which win over ours.
    """
    controller_port = controller_ports[node - 1]
    voters = ",".join(f"{number}@{host}:{port}" for number, port in enumerate(controller_ports, 1))
    return {
        **BROKER_SETTINGS,
        **replicated_settings(len(controller_ports)),
        "node.id": str(node),
        "listeners": f"PLAINTEXT://{host}:{broker_port},CONTROLLER://{host}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{host}:{broker_port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        # Voters by address and not by a dynamic quorum: the port may change between two starts.
        "controller.quorum.voters": voters,
        "log.dirs": str(data),
        **(settings or {}),
    }


def properties_text(properties: dict[str, str]) -> str:
    """Return properties in Java's file format."""
    # Java reads a backslash as an escape, and a path may hold one.
    lines = (f"{key}={value.replace(chr(92), chr(92) * 2)}" for key, value in properties.items())
    return "\n".join(lines) + "\n"
