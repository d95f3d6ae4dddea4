"""Settings: the environment over the file, and nothing unknown."""

import os
from pathlib import Path

import pytest

from schemas.errors import SettingsError
from schemas.settings import Settings, default_home, load_settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("IONICS_"):
            monkeypatch.delenv(name)


def _file(home: Path, text: str) -> Path:
    (home / "ionics.toml").write_text(text, "utf-8")
    return home


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    """A bare machine has a home and nothing else; which generation is read, the directory says."""
    assert Settings(home=tmp_path, generation=0) == load_settings(tmp_path)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting by setting; what the environment does not name stays as in the file."""
    _file(tmp_path, 'bootstrap = "file:9092"\nregistry_url = "http://file"\ngeneration = 2\n')
    monkeypatch.setenv("IONICS_BOOTSTRAP", "env:9092")
    monkeypatch.setenv("IONICS_GENERATION", "7")
    expected = Settings(home=tmp_path, bootstrap="env:9092", registry_url="http://file", generation=7)
    assert expected == load_settings(tmp_path)


def test_an_empty_variable_empties_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given, so it wins."""
    monkeypatch.setenv("IONICS_BOOTSTRAP", "")
    assert not load_settings(_file(tmp_path, 'bootstrap = "file:9092"\n')).bootstrap


def test_another_file_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """IONICS_CONFIG replaces the file of the home."""
    _file(tmp_path, 'bootstrap = "home:9092"\n')
    (tmp_path / "other.toml").write_text('bootstrap = "other:9092"\n', "utf-8")
    monkeypatch.setenv("IONICS_CONFIG", str(tmp_path / "other.toml"))
    assert load_settings(tmp_path).bootstrap == "other:9092"


def test_the_home_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """IONICS_HOME is where all of it lies."""
    monkeypatch.setenv("IONICS_HOME", str(tmp_path))
    assert default_home() == tmp_path == load_settings().home


def test_kafka_properties_come_from_table_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names as librdkafka has them; in the environment capitals and _ for the dot; they reach every client."""
    _file(tmp_path, 'bootstrap = "b:1"\n[kafka]\n"security.protocol" = "SSL"\n"socket.timeout.ms" = 5000\n')
    monkeypatch.setenv("IONICS_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    loaded = load_settings(tmp_path)
    assert loaded.kafka == {"security.protocol": "SASL_SSL", "socket.timeout.ms": "5000"}
    expected = {"bootstrap.servers": "b:1", **loaded.kafka, "group.id": "g"}
    assert expected == loaded.client_config(**{"group.id": "g"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('bootstarp = "x"\n', "unknown settings bootstarp; known are"),
        ('home = "/elsewhere"\n', "unknown settings home"),
        ("bootstrap = \n", "is not TOML"),
        ('generation = "two"\n', "generation must be a whole number"),
        ("replication = [3]\n", "replication must be a whole number"),
        ('kafka = "SSL"\n', "kafka must be a table"),
        ('deployment = "Big One"\n', "deployment 'Big One'"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """With what is wrong, not with a traceback of something else."""
    with pytest.raises(SettingsError, match=message):
        load_settings(_file(tmp_path, text))


def test_a_setting_that_is_needed_says_how_to_set_it(tmp_path: Path) -> None:
    """The message names the command, the variable and the file."""
    with pytest.raises(SettingsError, match=r"ionics up.*IONICS_BOOTSTRAP.*ionics\.toml"):
        Settings(home=tmp_path).require("bootstrap")


@pytest.mark.parametrize(("deployment", "development"), [("dev-test", True), ("ionics", False), ("", False)])
def test_only_a_dev_deployment_is_for_development(tmp_path: Path, deployment: str, *, development: bool) -> None:
    """Where one command may sign both steps."""
    assert development is Settings(home=tmp_path, deployment=deployment).is_development
