"""The topic catalogue: every topic, what lies in it, who writes and reads it. Topics are created from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas.errors import LogError, TopologyError
from schemas.identity import PARTITIONS, check_name

FOR_EVER = -1
DAY_MS = 86_400_000
USUAL_BYTES = 1_048_588
"""Largest batch of records that a topic takes, as Kafka has it by default."""
LARGEST_BYTES = 16 * 1024 * 1024
"""The same for topics of which one record may be larger."""


@dataclass(frozen=True)
class Topic:
    """One topic.

    Attributes:
        schema: name of the Avro schema of its values; empty for original bytes of any kind.
        retention_ms: milliseconds, or FOR_EVER.
        writers: principals that may write: a stage, `api`, `deployment`, or `agency` for every agency.
        readers: principals that may read beside those with `sees-all`; `agency.x` is one agency.
        largest_bytes: of a batch of records.
    """

    name: str
    key: str
    schema: str
    partitions: int
    retention_ms: int
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    largest_bytes: int = USUAL_BYTES

    @property
    def open(self) -> bool:
        """Whether principals that are no part of the backbone, and lack `sees-all`, may read it."""
        return any(reader == ANYONE or reader.startswith("agency.") for reader in self.readers)

    def config(self) -> dict[str, str]:
        """Settings of the topic as the broker names them."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(self.retention_ms),
            "retention.bytes": "-1",
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(self.largest_bytes),
        }


ANYONE = "*"
"""Every principal of the deployment."""

SUBMISSIONS = Topic(
    "ionics.submissions",
    "incident id",
    "incident",
    PARTITIONS,
    30 * DAY_MS,
    ("agency", "api", "operator"),
    ("admit", "moments"),
)
INCIDENTS = Topic(
    "ionics.incidents", "incident id", "admitted", PARTITIONS, FOR_EVER, ("admit",), ("admit", "enrich", "moments")
)
DECISIONS = Topic("ionics.decisions", "incident id or null", "decision", PARTITIONS, FOR_EVER, ("admit",), ("admit",))
DIRECTORY = Topic("ionics.directory", "entry id", "directory_act", 1, FOR_EVER, ("deployment",), (ANYONE,))
DIRECTORY_CLOSED = Topic(
    "ionics.directory-closed",
    "entry id",
    "directory_act",
    1,
    FOR_EVER,
    ("deployment", "api", "operator"),
    ("members", "moments", "disseminate", "api"),
)
SCHEMAS = Topic("ionics.schemas", "schema id", "schema_entry", 1, FOR_EVER, ("deployment",), (ANYONE,))
AUDIT = Topic("ionics.audit", "actor", "audit", 1, FOR_EVER, ("admit", "api", "operator"), ("api",))
ACCESS = Topic(
    "ionics.access", "focal point", "access", 1, 730 * DAY_MS, ("api", "operator", "disseminate"), ("members", "api")
)
DELEGATIONS = Topic(
    "ionics.delegations", "delegated incident id", "delegation_link", 1, FOR_EVER, ("operator",), ("members", "api")
)
JUDGEMENTS = Topic(
    "ionics.judgements",
    "pair",
    "judgement",
    1,
    FOR_EVER,
    ("operator", "api"),
    ("match", "cases", "project", "moments", "api"),
)
MESSAGES = Topic(
    "ionics.messages",
    "thread id",
    "message",
    1,
    FOR_EVER,
    ("operator", "api"),
    ("project", "moments", "api", "disseminate"),
)
MODELS = Topic("ionics.models", "generation", "model_entry", 1, FOR_EVER, ("deployment",), ("match", "api"))
SPECIAL_ALERTS = Topic(
    "ionics.special-alerts",
    "alert id",
    "special_alert",
    1,
    FOR_EVER,
    ("operator", "api"),
    ("alert", "moments", "api"),
)
WATCHES = Topic(
    "ionics.watches", "watch id", "watch", 1, FOR_EVER, ("operator", "api"), ("alert", "project", "moments", "api")
)
ACKNOWLEDGEMENTS = Topic(
    "ionics.acknowledgements", "event id", "acknowledgement", 1, FOR_EVER, ("operator", "api"), ("disseminate",)
)
DEAD_LETTERS = Topic(
    "ionics.dead-letters",
    "original key",
    "",
    1,
    FOR_EVER,
    ("admit", "enrich", "match", "cases", "alert", "disseminate", "project"),
    ("project",),
)

PERMANENT = (
    SUBMISSIONS,
    INCIDENTS,
    DECISIONS,
    DIRECTORY,
    DIRECTORY_CLOSED,
    SCHEMAS,
    AUDIT,
    ACCESS,
    DELEGATIONS,
    JUDGEMENTS,
    MESSAGES,
    MODELS,
    SPECIAL_ALERTS,
    WATCHES,
    ACKNOWLEDGEMENTS,
    DEAD_LETTERS,
)


def agency_principal(agency: str) -> str:
    """The principal of an agency.

    Raises:
        IdentityError: no agency can have this id.
    """
    return f"agency.{check_name('agency', agency)}"


def receipts(agency: str) -> Topic:
    """Receipts of one agency, which alone reads them."""
    principal = agency_principal(agency)
    return Topic(f"ionics.receipts.{agency}", "incident id", "receipt", 1, FOR_EVER, ("admit",), (principal, "api"))


def enriched(generation: int) -> Topic:
    """Enriched incidents of one generation."""
    name = f"ionics.enriched.g{generation}"
    readers = ("enrich", "match", "alert", "disseminate", "project", "moments")
    return Topic(name, "incident id", "enriched", PARTITIONS, FOR_EVER, ("enrich",), readers)


_OF_LINKS = ("match", "cases", "project", "moments")


def links(generation: int) -> Topic:
    """What the matcher found in one generation: links, closed keys, incidents that moved on."""
    name = f"ionics.links.g{generation}"
    return Topic(name, "pair, key or incident", "match_event", 1, FOR_EVER, ("match",), _OF_LINKS)


def cases(generation: int) -> Topic:
    """The correlated stream of one generation: each case after each change."""
    name = f"ionics.cases.g{generation}"
    return Topic(name, "case id", "case_event", 1, FOR_EVER, ("cases",), ("cases", "project", "moments"), LARGEST_BYTES)


def alerts(generation: int) -> Topic:
    """Alerts of one generation: each after each change of it."""
    return Topic(
        f"ionics.alerts.g{generation}",
        "alert id",
        "alert",
        1,
        FOR_EVER,
        ("alert",),
        ("alert", "disseminate", "project", "moments"),
    )


def create_topics(client: AdminClient, topics: Sequence[Topic], replication: int = 1) -> list[str]:
    """Create the topics that are missing and check the partitions of the others; returns the names created.

    Raises:
        TopologyError: a topic exists with another number of partitions.
        LogError: the broker refused or did not answer.
    """
    try:
        existing = client.list_topics(timeout=30).topics
        for topic in topics:
            found = existing.get(topic.name)
            if found is not None and len(found.partitions) != topic.partitions:
                raise TopologyError(
                    f"topic {topic.name} has {len(found.partitions)} partitions, the catalogue says "
                    f"{topic.partitions}: use the deployment's own cluster, or repair the topic"
                )
        missing = [topic for topic in topics if topic.name not in existing]
        if not missing:
            return []
        wanted = [NewTopic(t.name, t.partitions, replication, config=t.config()) for t in missing]
        for future in client.create_topics(wanted, operation_timeout=30).values():
            future.result(timeout=60)
    except KafkaException as error:
        raise LogError(f"topics cannot be created: {error.args[0].str()}") from error
    return [topic.name for topic in missing]
