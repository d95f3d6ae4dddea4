"""Every command is there, explains itself, and fails in one line."""

import os
from pathlib import Path

import click
import orjson
import pytest
from click.testing import CliRunner

from cli.main import _COMMANDS, cli, main


def _paths(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return [path]
    context = click.Context(command)
    below = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [path, *(one for name, found in below if found for one in _paths(found, (*path, name)))]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which nothing is set up."""
    for name in list(os.environ):
        if name.startswith("IONICS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("IONICS_HOME", str(tmp_path))
    return tmp_path


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_command_exists(name: str) -> None:
    """Each name of the entry finds a command that goes by this name."""
    command = cli.get_command(click.Context(cli), name)

    assert isinstance(command, click.Command)
    assert name == command.name


@pytest.mark.parametrize("path", _paths(cli), ids=" ".join)
def test_help(path: tuple[str, ...]) -> None:
    """Each command explains itself with no server and no settings."""
    found = CliRunner().invoke(cli, [*path, "--help"])

    assert found.exit_code == 0
    assert found.output.startswith("Usage:")


def test_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """What is no command ends with 2."""
    code, _, err = _run(capsys, "nonsense")

    assert code == 2
    assert "nonsense" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("agency", "list"),
        ("routes",),
        ("heatmap",),
        ("timeline",),
        ("incident", "x"),
        ("schemas", "list"),
        ("dead-letters", "list"),
        ("watch",),
        ("replay",),
        ("replay", "--verify"),
        ("verify",),
        ("report", "--agency", "nzl-customs", "--on", "2024", "--item", "x"),
        ("outbox", "flush"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("home")
def test_no_settings_is_one_line(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing is set up a command says so in one line, prints no data, and ends with 1."""
    code, out, err = _run(capsys, *arguments)

    assert (code, out) == (1, "")
    assert len([line for line in err.splitlines() if line.startswith("error: ")]) == 1
    assert "ionics up" in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("home")
def test_read_store_away_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A read store that does not answer is one line too."""
    monkeypatch.setenv("IONICS_READER_URL", "postgresql://a:b@127.0.0.1:1/x")
    monkeypatch.setenv("IONICS_DEPLOYMENT", "dev-test")
    monkeypatch.setenv("IONICS_GENERATION", "1")

    code, out, err = _run(capsys, "routes")

    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("error: the read store cannot be reached")


def test_status_of_an_empty_home(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status says what it can, names what is missing, and ends with 1."""
    code, out, _ = _run(capsys, "status", "--json")
    document = orjson.loads(out)

    assert code == 1
    assert str(home) == document["home"]
    assert "may see" in document["access"]
    assert "ionics up" in document["faults"][0]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--amend", "x", "--withdraw", "y", "--reason", "z"), "exclude each other"),
        (("--withdraw", "x"), "--reason"),
        (("--amend", "x", "--reason", "z"), "what changes"),
        (("--on", "2024", "--amount", "1"), "--substance"),
        (("--on", "2024", "--item", ";1;kg"), "SUBSTANCE"),
        (("--on", "2024", "--reason", "z"), "--amend"),
    ],
)
def test_report_refuses_what_does_not_go_together(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Options that contradict each other are wrong usage, before anything is opened."""
    code, _, err = _run(capsys, "report", "--agency", "nzl-customs", *arguments)

    assert code == 2
    assert words in err


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--to", "x.csv"), ".parquet or .avro or .jsonl"),
        (("--to", "x.avro", "--to-topic", "y"), "exclude each other"),
        (("--verify", "--agency", "x"), "whole history"),
        (("--export", "x", "--since", "2026-01-01"), "whole history"),
        (("--export", "x", "--rate", "5"), "--rate"),
        (("--trust", "x"), "--verify"),
        (("--since", "yesterday"), "is no time"),
    ],
)
def test_replay_refuses_what_does_not_go_together(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same."""
    code, _, err = _run(capsys, "replay", *arguments)

    assert code == 2
    assert words in " ".join(err.split())


@pytest.mark.parametrize("stage", [(), ("--stage", "project"), ("--stage", "members")], ids=str)
def test_a_stage_with_one_worker_has_no_instances(stage: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Only admission and enrichment share their partitions among workers."""
    code, _, err = _run(capsys, "worker", *stage, "--instance", "1")

    assert code == 2
    assert "--stage admit or enrich" in err


@pytest.mark.usefixtures("home")
def test_outbox_list_without_any(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """No outbox is no error, and an empty list in JSON."""
    monkeypatch.setenv("IONICS_DEPLOYMENT", "dev-test")

    main_result = CliRunner().invoke(cli, ["outbox", "list", "--json"])

    assert orjson.loads(main_result.output) == []
    assert not capsys.readouterr().err


@pytest.mark.usefixtures("capsys")
def test_a_reader_that_goes_away_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ionics watch | head` ends with 0."""

    @click.command()
    def gone() -> None:
        raise BrokenPipeError

    monkeypatch.setattr(cli, "get_command", lambda *_: gone)
    with pytest.raises(SystemExit) as ended:
        main(["watch"])

    assert ended.value.code == 0
