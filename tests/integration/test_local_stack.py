"""The local stack with its real parts: what survives which fault, and who can reach it."""

import json
import signal
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # public, but not marked so
    AdminClient,
    ConfigResource,
    NewTopic,
)
from psycopg import errors

from deploy.local import BROKER_SETTINGS, PARTS, LocalStack, StackAddress, StackError

pytestmark = pytest.mark.stack

_SUBJECT = "kept-value"
_SCHEMA = {"type": "record", "name": "Kept", "fields": [{"name": "mark", "type": "string"}]}
_TOPIC = "kept"


@dataclass(frozen=True)
class Running:
    """A stack, its home and where it was found first."""

    stack: LocalStack
    home: Path
    address: StackAddress
    schema_id: int


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A stack that holds a record, a schema and a row. Each test leaves it running."""
    home = tmp_path_factory.mktemp("stack") / "home"
    stack = LocalStack(home)
    try:
        address = stack.up()
        yield Running(stack, home, address, _store(address))
    finally:
        stack.reset()


def _registry(address: StackAddress) -> httpx.Client:
    return httpx.Client(base_url=address.registry_url, timeout=30, trust_env=False)


def _store(address: StackAddress) -> int:
    admin = AdminClient({"bootstrap.servers": address.bootstrap})
    admin.create_topics([NewTopic(_TOPIC, num_partitions=1, replication_factor=1)])[_TOPIC].result(timeout=30)
    producer = Producer({"bootstrap.servers": address.bootstrap})
    producer.produce(_TOPIC, value=b"a record")
    assert producer.flush(30) == 0
    with psycopg.connect(address.database_url) as connection:
        connection.execute("CREATE SCHEMA g1")
        connection.execute("CREATE TABLE g1.kept (mark text)")
        connection.execute("INSERT INTO g1.kept VALUES ('a row')")
    with _registry(address) as registry:
        # An id other than the first: a registry that forgot would hand out the first again.
        registry.post("/subjects/first/versions", json={"schema": '"string"'}).raise_for_status()
        answer = registry.post(f"/subjects/{_SUBJECT}/versions", json={"schema": json.dumps(_SCHEMA)})
        return int(answer.raise_for_status().json()["id"])


def _assert_kept(running: Running) -> None:
    address = running.stack.address
    consumer = Consumer({"bootstrap.servers": address.bootstrap, "group.id": "unused", "enable.auto.commit": False})
    try:
        consumer.assign([TopicPartition(_TOPIC, 0, 0)])
        found = consumer.poll(30)
        assert found is not None
        assert (found.error(), found.value()) == (None, b"a record")
    finally:
        consumer.close()
    with psycopg.connect(address.database_url) as connection:
        assert connection.execute("SELECT mark FROM g1.kept").fetchall() == [("a row",)]
    with _registry(address) as registry:
        found_schema = registry.get(f"/schemas/ids/{running.schema_id}").raise_for_status().json()["schema"]
        assert json.loads(found_schema) == _SCHEMA
        latest = registry.get(f"/subjects/{_SUBJECT}/versions/latest").raise_for_status().json()
        assert latest["id"] == running.schema_id


def _pids(running: Running) -> dict[str, int | None]:
    return {status.part: status.pid for status in running.stack.status()}


def test_up_again_changes_nothing(running: Running) -> None:
    """A second up, by another object, finds the same processes at the same address."""
    before = _pids(running)
    assert LocalStack(running.home).up() == running.address
    assert _pids(running) == before
    assert {status.state for status in running.stack.status()} == {"running"}


def test_only_loopback_can_reach_it(running: Running) -> None:
    """Every listening socket of every process of the stack is bound to the loopback address."""
    for part, pid in _pids(running).items():
        process = psutil.Process(pid)
        sockets = [
            listening
            for each in (process, *process.children(recursive=True))
            for listening in each.net_connections(kind="inet")
            if listening.status == psutil.CONN_LISTEN
        ]
        assert sockets, part
        assert {listening.laddr.ip for listening in sockets} == {"127.0.0.1"}, part


def test_passwords_are_the_owners_alone(running: Running) -> None:
    """No other account reads the passwords, and no command line or repr shows them."""
    secrets = running.home / "secrets.json"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert stat.S_IMODE((running.home / "state.json").stat().st_mode) == 0o600
    for password in json.loads(secrets.read_text(encoding="utf-8")).values():
        assert password not in repr(running.address)
        for pid in _pids(running).values():
            assert password not in " ".join(psutil.Process(pid).cmdline())


def test_database_takes_no_wrong_password(running: Running) -> None:
    """Password authentication holds on the loopback address too, and with SCRAM only."""
    password = psycopg.conninfo.conninfo_to_dict(running.address.database_url)["password"]
    assert isinstance(password, str)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(running.address.database_url.replace(password, "guess"))
    with psycopg.connect(running.address.database_url) as connection:
        assert connection.execute("SHOW password_encryption").fetchone() == ("scram-sha-256",)


@pytest.mark.parametrize(
    "forbidden",
    [
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine (a int)",
        "CREATE TEMP TABLE mine (a int)",
        "INSERT INTO g1.kept VALUES ('forged')",
        "SELECT * FROM g1.kept",
        "SET ROLE ionics_owner",
    ],
)
def test_reader_may_nothing_that_was_not_granted(running: Running, forbidden: str) -> None:
    """The reader creates nothing, writes nothing, becomes nobody else, and reads only what is granted."""
    with psycopg.connect(running.address.reader_url) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(forbidden)


def test_reader_reads_what_the_writer_grants(running: Running) -> None:
    """SELECT on a table is for the writer to give, and row security binds the reader while the writer passes it."""
    with psycopg.connect(running.address.database_url) as writer:
        writer.execute("CREATE SCHEMA g2")
        writer.execute("CREATE TABLE g2.seen (mark text)")
        writer.execute("ALTER TABLE g2.seen ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        writer.execute("INSERT INTO g2.seen VALUES ('hidden'), ('open')")
        writer.execute("CREATE POLICY p ON g2.seen FOR SELECT USING (mark = 'open')")
        writer.execute("GRANT USAGE ON SCHEMA g2 TO ionics_reader")
        writer.execute("GRANT SELECT ON g2.seen TO ionics_reader")
        assert writer.execute("SELECT count(*) FROM g2.seen").fetchone() == (2,)
    with psycopg.connect(running.address.reader_url) as reader:
        assert reader.execute("SELECT mark FROM g2.seen").fetchall() == [("open",)]


def test_registry_never_forgets_and_refuses_breaking_changes(running: Running) -> None:
    """Its topics have unlimited retention, and compatibility is full and transitive."""
    admin = AdminClient({"bootstrap.servers": running.stack.address.bootstrap})
    topics = [ConfigResource("topic", name) for name in ("kafkasql-journal", "kafkasql-snapshots")]
    for described in admin.describe_configs(topics).values():
        assert described.result(timeout=30)["retention.ms"].value == "-1"
    breaking = {"type": "record", "name": "Kept", "fields": [{"name": "other", "type": "int"}]}
    with _registry(running.stack.address) as registry:
        assert registry.get("/config").raise_for_status().json()["compatibilityLevel"] == "FULL_TRANSITIVE"
        answer = registry.post(f"/subjects/{_SUBJECT}/versions", json={"schema": json.dumps(breaking)})
        assert answer.status_code == httpx.codes.CONFLICT


@pytest.mark.parametrize("part", PARTS)
def test_killed_part_comes_back_with_its_data(running: Running, part: str) -> None:
    """After kill -9 of one part the status says so, and up starts that one alone, at its old address."""
    before = _pids(running)
    running.stack.kill(part)
    assert {status.part: status.state for status in running.stack.status()}[part] == "dead"
    assert running.stack.up() == running.address
    after = _pids(running)
    assert {name for name in PARTS if after[name] != before[name]} == {part}
    _assert_kept(running)


def test_stale_pid_file_of_postgres_does_not_block_it(running: Running) -> None:
    """A pid file whose pid was given to another process meanwhile is not taken for a live server."""
    state = json.loads((running.home / "state.json").read_text(encoding="utf-8"))
    pid_file = Path(state["postgres_dir"]) / "data" / "postmaster.pid"
    left = pid_file.read_text(encoding="utf-8")
    running.stack.kill("postgres", signal.SIGKILL)
    pid_file.write_text(left.replace(left.split("\n", 1)[0], str(psutil.Process().ppid()), 1), encoding="utf-8")
    running.stack.start("postgres")
    _assert_kept(running)


class _Lines:
    """Collects what a start says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def step(self, part: str, message: str, fraction: float | None) -> None:
        """Keep the line."""
        del fraction
        self.said.append(f"{part}: {message}")


def test_two_ups_at_once_start_one_set(running: Running) -> None:
    """After down, two concurrent ups give one process a part, with all data, at one address."""
    running.stack.down()
    assert {status.state for status in running.stack.status()} == {"stopped"}
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: LocalStack(running.home).up(), range(2))
    assert first == second == running.address
    marks = (str(running.home), json.loads((running.home / "state.json").read_text(encoding="utf-8"))["postgres_dir"])
    servers = {
        process.pid
        for process in psutil.process_iter()
        if process.name() in {"java", "postgres"} and any(mark in word for mark in marks for word in process.cmdline())
    }
    assert servers <= set(_pids(running).values())
    _assert_kept(running)


def test_taken_port_is_replaced(running: Running) -> None:
    """Kafka moves when its port was taken while it was down, says so, and the live registry follows it."""
    before = _pids(running)
    port = int(running.stack.address.bootstrap.rsplit(":", 1)[1])
    running.stack.kill("kafka")
    lines = _Lines()
    with socket.socket() as intruder:
        intruder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        intruder.bind(("127.0.0.1", port))
        intruder.listen()
        moved = running.stack.up(lines)
    assert moved.bootstrap != running.address.bootstrap
    assert [line for line in lines.said if f"port {port} was taken" in line and line.startswith("kafka: ")]
    after = _pids(running)
    assert {name for name in PARTS if after[name] != before[name]} == {"kafka", "registry"}
    _assert_kept(running)


def test_failed_part_shows_its_log(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that ends while starting is one error with the part and what its log says; the others keep running."""
    before = _pids(running)
    running.stack.kill("kafka")
    with monkeypatch.context() as patched:
        patched.setitem(BROKER_SETTINGS, "offsets.topic.num.partitions", "many")
        with pytest.raises(StackError, match=r"^kafka ended while starting; .*offsets\.topic\.num\.partitions"):
            running.stack.up()
    assert _pids(running) == {**before, "kafka": None}
    running.stack.start("kafka")
    _assert_kept(running)


def test_reset_begins_anew(tmp_path: Path) -> None:
    """Reset of a home that was never started does nothing, and there is no address."""
    stack = LocalStack(tmp_path / "home")
    stack.reset()
    assert {status.state for status in stack.status()} == {"not installed"}
    with pytest.raises(StackError, match="ionics up"):
        _ = stack.address
