"""Settings of a one-node Kafka for development and tests, wherever it runs.

The local stack writes them to ``server.properties``; a fixture that runs Kafka in a container can hand the same ones
to its image. What a topic needs (append time, retention, compression) is set on the topic, by the catalogue.
"""

from pathlib import Path

from deploy.local.ports import LOOPBACK

BROKER_SETTINGS: dict[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    # A misspelt topic must be an error, not a topic.
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "12",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
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
    data: Path, broker_port: int, controller_port: int, host: str = LOOPBACK, settings: dict[str, str] | None = None
) -> dict[str, str]:
    """Return the whole ``server.properties`` of a one-node Kafka in KRaft mode.

    Args:
        data: the directory of its log segments.
        broker_port: where clients connect.
        controller_port: where the broker part connects to the controller part of the same process.
        host: the address it binds and advertises.
        settings: further settings, which win over ours.
    """
    node = BROKER_SETTINGS["node.id"]
    return {
        **BROKER_SETTINGS,
        "listeners": f"PLAINTEXT://{host}:{broker_port},CONTROLLER://{host}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{host}:{broker_port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        # Voters by address and not by a dynamic quorum: the port may change between two starts.
        "controller.quorum.voters": f"{node}@{host}:{controller_port}",
        "log.dirs": str(data),
        **(settings or {}),
    }


def properties_text(properties: dict[str, str]) -> str:
    """Return properties in Java's file format."""
    # Java reads a backslash as an escape, and a path may hold one.
    lines = (f"{key}={value.replace(chr(92), chr(92) * 2)}" for key, value in properties.items())
    return "\n".join(lines) + "\n"
