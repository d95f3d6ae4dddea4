"""A broker made by `ionics up --secure`, and clients that try what they must not. Real sockets, real passwords."""

import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # public, but not marked so
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from deploy.access import BACKBONE, apply_access
from deploy.access.quotas import ANYBODY, QUOTAS
from deploy.agencies import add_agencies
from deploy.changes import make_changes
from deploy.deployment import prepare
from deploy.home import administrator_keys, key_path
from deploy.local.authority import Authority
from deploy.local.home import Home
from deploy.stages import generated
from producers import IncidentProducer
from projections.feed import feed
from projections.subscribing import SubscriptionDesk
from schemas.directory import Agency, read_directory, read_members
from schemas.directory.commands import AgencySuspend, WebhookHostsSet
from schemas.keys import SigningKey
from schemas.reading import quiet_logger, reading_config
from schemas.settings import OPERATOR, Settings
from schemas.topics import ANYONE, INCIDENTS, PERMANENT, SUBMISSIONS, Topic, agency_principal, receipts
from stream_processors.admit import GROUP
from tests.integration.exchange import CONTENT, stages, until
from tests.integration.receivers import receiving
from tests.running import engine_answers, local

_HONEST, _HOSTILE, _GONE = "nzl-honest", "nzl-hostile", "nzl-gone"
_PRINCIPALS = (*BACKBONE, agency_principal(_HONEST), agency_principal(_HOSTILE))
_ANSWER_S = 20.0
_RATE = 64 << 10  # bytes a second of an agency, so that flooding is quick
_REFUSED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError._NOENT,  # what it may not describe is not even there for it
}


@pytest.fixture(scope="module")
def secured() -> Iterator[Settings]:
    """A deployment of its own on a broker that asks, with three agencies."""
    if engine_answers():
        pytest.skip("the local stack is what is tested here")
    home = Path(tempfile.mkdtemp(prefix="ionics-secure-"))
    with ExitStack() as entered:
        patched = entered.enter_context(pytest.MonkeyPatch.context())
        patched.setitem(QUOTAS, ANYBODY, QUOTAS[ANYBODY] | {"producer_byte_rate": _RATE})
        running = entered.enter_context(local(home, secure=True))
        prepare(running.settings)
        add_agencies(running.settings, [Agency(each, each, "CUSTOMS", "NZL") for each in (_HONEST, _HOSTILE, _GONE)])
        yield running.settings
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def hostile(secured: Settings) -> Settings:
    """The deployment as an agency reaches it that takes part and means harm."""
    return secured.as_principal(agency_principal(_HOSTILE))


def _topics() -> list[Topic]:
    return [*PERMANENT, *generated(1), receipts(_HONEST), receipts(_HOSTILE)]


def _may_read(principal: str, topic: Topic) -> bool:
    return principal == OPERATOR or ANYONE in topic.readers or principal in topic.readers


def _may_write(principal: str, topic: Topic) -> bool:
    return principal in topic.writers or (principal.startswith("agency.") and "agency" in topic.writers)


def _read(settings: Settings, topic: str) -> int:
    """Code of what comes first of a topic: 0 for a record, the end of the partition, or an error."""
    consumer = Consumer(reading_config(settings), logger=quiet_logger())
    try:
        unseen = consumer.list_topics(topic, timeout=_ANSWER_S).topics[topic].error
        if unseen is not None:
            return int(unseen.code())
        consumer.assign([TopicPartition(topic, 0, 0)])
        message = consumer.poll(_ANSWER_S)
        assert message is not None
        error = message.error()
        return 0 if error is None or error.code() == KafkaError._PARTITION_EOF else int(error.code())
    finally:
        consumer.close()


def _write(settings: Settings, topic: str, **extra: Any) -> int:
    """Code of the error with which one record is refused; 0 where it is taken."""
    codes: list[int] = []
    producer = Producer(settings.client_config(**{"message.timeout.ms": 15_000, **extra}), logger=quiet_logger())
    producer.produce(
        topic, b"junk", b"junk", partition=0, on_delivery=lambda e, _: codes.append(0 if e is None else e.code())
    )
    producer.flush(_ANSWER_S)
    return codes[0]


def test_the_whole_path_works_through_it(secured: Settings) -> None:
    """Each stage as its own principal; the agency reads its receipt, the operator the stream."""
    with stages(secured, "admit", "enrich", "project"):
        with IncidentProducer(_HONEST, reporting_country="NZL", settings=secured) as producer:
            submission = producer.report(CONTENT)
            assert producer.wait([submission], 60)[0].outcome == "ACCEPTED"
        first = next(iter(feed(settings=secured)))
    assert first.incident.incident_id == submission.incident_id


@pytest.mark.parametrize("principal", _PRINCIPALS)
def test_the_catalogue_says_who_reads(secured: Settings, principal: str) -> None:
    """Each principal reads each topic of the catalogue exactly where it says so."""
    settings = secured.as_principal(principal)
    found = {topic.name: _read(settings, topic.name) for topic in _topics()}
    refused = KafkaError.TOPIC_AUTHORIZATION_FAILED
    assert found == {topic.name: 0 if _may_read(principal, topic) else refused for topic in _topics()}


@pytest.mark.parametrize("principal", _PRINCIPALS)
def test_the_catalogue_says_who_writes(secured: Settings, principal: str) -> None:
    """Nobody writes where the catalogue does not name them; that the others write shows in the path that works."""
    settings = secured.as_principal(principal)
    closed = [topic.name for topic in _topics() if not _may_write(principal, topic)]
    assert {_write(settings, name) for name in closed} == {KafkaError.TOPIC_AUTHORIZATION_FAILED}


def _subscribe(settings: Settings) -> None:
    consumer = Consumer(settings.client_config(**{"group.id": GROUP}), logger=quiet_logger())
    try:
        consumer.subscribe([SUBMISSIONS.name])
        message = consumer.poll(_ANSWER_S)
        assert message is not None
        raise KafkaException(message.error())
    finally:
        consumer.close()


def _fence(settings: Settings) -> None:
    config = settings.client_config(**{"transactional.id": f"{GROUP}-0"})
    Producer(config, logger=quiet_logger()).init_transactions(_ANSWER_S)


def _admin(settings: Settings) -> AdminClient:
    return AdminClient(settings.client_config(), logger=quiet_logger())


def _asked(ask: Callable[[AdminClient], dict[Any, Any]]) -> Callable[[Settings], None]:
    """Something asked of the broker's administration, and its answer awaited."""

    def attempt(settings: Settings) -> None:
        admin = _admin(settings)
        next(iter(ask(admin).values())).result(timeout=_ANSWER_S)

    return attempt


_SHORTER = ConfigResource(
    ConfigResource.Type.TOPIC,
    INCIDENTS.name,
    incremental_configs=[ConfigEntry("retention.ms", "1", incremental_operation=AlterConfigOpType.SET)],
)
_EVERYTHING = AclBinding(
    ResourceType.TOPIC,
    INCIDENTS.name,
    ResourcePatternType.LITERAL,
    f"User:{agency_principal(_HOSTILE)}",
    "*",
    AclOperation.ALL,
    AclPermissionType.ALLOW,
)
_MINE_NOW = UserScramCredentialUpsertion(
    "deployment", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), b"mine now"
)
_ATTEMPTS: dict[str, Callable[[Settings], None]] = {
    "join the group of admission": _subscribe,
    "fence admission": _fence,
    "make a topic": _asked(lambda admin: admin.create_topics([NewTopic("ionics.mine", 1, 1)])),
    "delete a topic": _asked(lambda admin: admin.delete_topics([INCIDENTS.name])),
    "delete records": _asked(lambda admin: admin.delete_records([TopicPartition(INCIDENTS.name, 0, 1)])),
    "shorten the retention": _asked(lambda admin: admin.incremental_alter_configs([_SHORTER])),
    "delete a group": _asked(lambda admin: admin.delete_consumer_groups([GROUP])),
    "grant itself access": _asked(lambda admin: admin.create_acls([_EVERYTHING])),
    "set another's password": _asked(lambda admin: admin.alter_user_scram_credentials([_MINE_NOW])),
}


@pytest.mark.parametrize("attempt", _ATTEMPTS)
@pytest.mark.parametrize("principal", [agency_principal(_HOSTILE), "enrich", "api"])
def test_nobody_administers_the_broker(secured: Settings, principal: str, attempt: str) -> None:
    """Neither an agency nor a part of the backbone takes another's place or changes the broker."""
    with pytest.raises(KafkaException) as refused:
        _ATTEMPTS[attempt](secured.as_principal(principal))
    assert refused.value.args[0].code() in _REFUSED


def test_no_topic_comes_of_a_name(secured: Settings, hostile: Settings) -> None:
    """A record for a topic that does not exist makes none."""
    assert _write(hostile, "ionics.receipts.nobody") != 0
    operator = _admin(secured.as_principal("deployment"))
    assert "ionics.receipts.nobody" not in operator.list_topics(timeout=_ANSWER_S).topics


def test_an_agency_sees_the_names_of_its_own_topics_alone(hostile: Settings) -> None:
    """The list of topics tells nobody which agencies there are."""
    listed = set(_admin(hostile).list_topics(timeout=_ANSWER_S).topics)
    mine = {topic.name for topic in _topics() if _may_read(agency_principal(_HOSTILE), topic)}
    assert listed == {*mine, SUBMISSIONS.name}


@pytest.mark.parametrize(
    "how",
    [
        {"security.protocol": "PLAINTEXT"},
        {"security.protocol": "SSL"},
        {"security.protocol": "SASL_PLAINTEXT"},
        {"sasl.password": "guessed"},
        {"sasl.username": "deployment"},
        {"sasl.username": "nobody"},
        {"sasl.mechanism": "PLAIN"},
        {"sasl.mechanism": "SCRAM-SHA-256"},
    ],
    ids=lambda how: "-".join(next(iter(how.items()))),
)
def test_nobody_comes_in_without_a_password(hostile: Settings, how: dict[str, str]) -> None:
    """Without TLS, without a password, with another's name or a weaker mechanism nothing answers."""
    admin = AdminClient(hostile.client_config(**how), logger=quiet_logger())
    with pytest.raises(KafkaException):
        admin.list_topics(timeout=1.5)


def test_clients_know_the_broker(hostile: Settings, tmp_path: Path) -> None:
    """A broker with the certificate of another authority, as one in the middle has, is not talked to."""
    other = Authority(tmp_path)
    other.prepare("broker")
    admin = AdminClient(hostile.client_config(**{"ssl.ca.location": str(other.certificate)}), logger=quiet_logger())
    with pytest.raises(KafkaException):
        admin.list_topics(timeout=1.5)


@pytest.mark.parametrize("listener", ["kafka-internal", "kafka-controller"])
@pytest.mark.parametrize("with_certificate", [False, True], ids=["no certificate", "another authority's"])
def test_the_inner_listeners_want_a_certificate(
    secured: Settings, tmp_path: Path, listener: str, with_certificate: bool
) -> None:
    """Neither the broker's own listener nor the controller's takes a stranger."""
    home = Home(secured.home / "stack")
    state = home.state()
    assert state is not None
    context = ssl.create_default_context(cafile=str(Authority(home.tls_dir).certificate))
    if with_certificate:
        other = Authority(tmp_path)
        other.prepare("broker")
        context.load_cert_chain(other.identity("broker"))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _versions(state.ports[listener], context)


def _versions(port: int, context: ssl.SSLContext) -> bytes:
    """Ask a listener which versions of the protocol it speaks, as every client does first."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_S) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as wrapped,
    ):
        wrapped.sendall(b"\0\0\0\x0a\0\x12\0\0\0\0\0\1\xff\xff")
        answer = wrapped.recv(1)
    if not answer:
        raise ConnectionResetError(port)
    return answer


def test_a_suspended_agency_is_cut_off(secured: Settings) -> None:
    """Its access ends with the act that suspends it, also where it is connected already."""
    principal = agency_principal(_GONE)
    gone = secured.as_principal(principal)
    assert _write(gone, SUBMISSIONS.name) == 0
    producer = Producer(gone.client_config(**{"message.timeout.ms": 15_000}), logger=quiet_logger())
    producer.list_topics(SUBMISSIONS.name, timeout=_ANSWER_S)
    make_changes(secured, [AgencySuspend(agency_id=_GONE)], *administrator_keys(secured))
    codes: list[Any] = []
    producer.produce(SUBMISSIONS.name, b"x", b"x", 0, on_delivery=lambda e, _: codes.append(e and e.code()))
    producer.flush(_ANSWER_S)
    assert codes == [KafkaError.TOPIC_AUTHORIZATION_FAILED]
    assert _read(gone, receipts(_GONE).name) == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_access_that_nothing_asks_for_is_taken_back(secured: Settings) -> None:
    """A grant made by hand is gone with the next change of the directory; others' resources are left alone."""
    admin = _admin(secured.as_principal("deployment"))
    who = f"User:{agency_principal(_HOSTILE)}", "*", AclOperation.READ, AclPermissionType.ALLOW
    by_hand = AclBinding(ResourceType.TOPIC, INCIDENTS.name, ResourcePatternType.LITERAL, *who)
    others = AclBinding(ResourceType.TOPIC, "payments", ResourcePatternType.LITERAL, *who)
    for made in admin.create_acls([by_hand, others]).values():
        made.result(timeout=_ANSWER_S)
    assert apply_access(secured, read_directory(secured)) == (0, 1)
    assert apply_access(secured, read_directory(secured)) == (0, 0)
    assert _read(secured.as_principal(agency_principal(_HOSTILE)), INCIDENTS.name) != 0


def test_honest_work_goes_on(secured: Settings) -> None:
    """After all that, and beside a client that keeps trying, an honest agency is served."""
    stop = threading.Event()

    def keep_trying() -> None:
        while not stop.is_set():
            _write(secured.as_principal(agency_principal(_HOSTILE)), INCIDENTS.name)

    trying = threading.Thread(target=keep_trying)
    trying.start()
    try:
        with (
            stages(replace(secured), "admit"),
            IncidentProducer(_HONEST, reporting_country="NZL", settings=secured) as producer,
        ):
            assert producer.wait([producer.report(CONTENT)], 60)[0].outcome == "ACCEPTED"
    finally:
        stop.set()
        trying.join()


def test_what_happens_is_told_through_it(secured: Settings) -> None:
    """Faust reads with a password over TLS, with no more access than its own; officers sign as operator."""
    person = replace(secured, viewer=_HONEST)
    with receiving() as receiver, stages(secured, "admit", "enrich", "project", "members", "disseminate"):
        hosts = WebhookHostsSet(agency_id=_HONEST, hosts=[receiver.host])
        make_changes(secured, [hosts], *administrator_keys(secured))
        members = read_members(person)
        desk = SubscriptionDesk(person, members.focal_points[_HONEST], lambda: read_members(person))
        content = {"events": ["incident"], "channel": "webhook", "address": receiver.address()}
        desk.set(content, SigningKey.load(key_path(secured, _HONEST)))
        with IncidentProducer(_HONEST, reporting_country="NZL", settings=secured) as producer:
            submission = producer.report(CONTENT)
            assert producer.wait(submission, 60).outcome == "ACCEPTED"
        until(lambda: receiver.events() == [submission.incident_id])


def test_who_floods_waits(hostile: Settings) -> None:
    """Above its quota an agency is slowed down by the broker, and nothing of it is lost."""
    waits: list[float] = []
    ends: list[object] = []
    producer = Producer(
        hostile.client_config(throttle_cb=lambda event: waits.append(event.throttle_time)), logger=quiet_logger()
    )
    for _ in range(40):
        producer.produce(SUBMISSIONS.name, bytes(100_000), b"x", 0, on_delivery=lambda e, _: ends.append(e))
        producer.poll(0.05)
        if waits:
            break
    assert producer.flush(60) == 0
    assert waits
    assert ends
    assert not any(ends)
