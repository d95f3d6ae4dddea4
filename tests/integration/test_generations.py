"""A generation made anew beside the one that is read, under another model; all go over to it and back."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from cli.main import cli
from deploy.agencies import add_agencies
from deploy.generations import drop_generation, generations
from deploy.workers import keep_running
from producers import IncidentProducer
from projections.digest import digests
from schemas.codec import FRAME_BYTES, codec
from schemas.directory import Agency, load_current, read_directory
from schemas.errors import TopologyError
from schemas.identity import alert_id
from schemas.keys import SigningKey
from schemas.reading import read_topic
from schemas.settings import Settings, load_settings
from schemas.topics import alerts
from stream_processors.match import shipped_model
from stream_processors.reference.normalise import normalise_name
from tests.integration.exchange import CONTENT, until
from tests.unit.alert.expected import folded

_OTHER = shipped_model().model_copy(update={"name": "another one"})


def _other_model(place: Path) -> Path:
    file = place / "model.json"
    file.write_bytes(_OTHER.to_json())
    return file


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The shared deployment as a command finds it: with no generation named."""
    monkeypatch.setenv("IONICS_HOME", str(settings.home))
    found = load_settings()
    assert found.generation == 0
    return found


def _run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout + str(done.exception or "")


def _of_incidents(connection: psycopg.Connection, generation: int) -> dict[str, str]:
    """Digests of what no link changes: in the old generation no matcher is at work here, in the new one there is."""
    found = digests(connection, generation)
    return {name: found[name] for name in ("incident", "incident_revision", "item")}


def _alerts(settings: Settings, generation: int) -> dict[str, dict[str, Any]]:
    """What stands in a generation."""
    records = read_topic(settings, alerts(generation).name)
    return folded(codec("alert").decode((record.value or b"")[FRAME_BYTES:]) for record in records)


def test_stages_and_readers_go_over_and_back(home: Settings, tmp_path: Path) -> None:
    """Made from the log of truth it has the incidents of the old one; new reports reach the one that is read."""
    add_agencies(home, [Agency("gen-nzl", "gen-nzl", "CUSTOMS", "NZL")])
    first, stop = read_directory(home).generation, threading.Event()
    stages = ("admit", "enrich", "project", "members", "alert")
    running = [threading.Thread(target=keep_running, args=(home, name, stop)) for name in stages]
    for thread in running:
        thread.start()
    try:
        with IncidentProducer("gen-nzl", reporting_country="NZL", settings=home) as producer:

            def arrives() -> None:
                id_ = str(producer.wait(producer.report(CONTENT), 60).incident_id)
                until(lambda: CliRunner().invoke(cli, ["incident", id_]).exit_code == 0)

            arrives()
            name = f"green dust {first}"
            fresh = CONTENT | {"occurred_on": datetime.now(UTC).date(), "items": [{"substance_text": name}]}
            assert producer.wait(producer.report(fresh), 60).outcome == "ACCEPTED"
            news = alert_id("UNKNOWN_NAME", [normalise_name(name)], [])
            made = json.loads(_run("generation", "make", "--json", "--model", str(_other_model(tmp_path))))
            assert made == {"generation": first + 1, "read": True, "model": _OTHER.version}
            listed = {each["generation"]: each["model"] for each in json.loads(_run("generation", "list", "--json"))}
            assert (listed[first], listed[first + 1]) == (shipped_model().version, _OTHER.version)
            assert f"model {_OTHER.version}: another one" in _run("match", "model")
            assert load_current().generation == first + 1
            with psycopg.connect(home.database_url, autocommit=True) as writer:
                until(lambda: _of_incidents(writer, first) == _of_incidents(writer, first + 1))
            until(lambda: news in _alerts(home, first) and _alerts(home, first) == _alerts(home, first + 1))
            arrives()  # in the new one
            with pytest.raises(TopologyError, match="is read"):
                drop_generation(home, first + 1)
            _run("generation", "use", str(first))
            arrives()  # in the old one, which has caught up
            assert f"generation {first + 1} under model {_OTHER.version}" in _run("audit", "list", "--json")
            _run("generation", "drop", str(first + 1), "--yes")
            assert [each.number for each in generations(home) if each.read] == [first]
            assert first + 1 not in [each.number for each in generations(home)]
    finally:
        stop.set()
        for thread in running:
            thread.join()
    key = tmp_path / "key"
    SigningKey.generate().save(key)
    assert "changed nothing" in _run("generation", "use", str(first), "--key", str(key), code=1)
    assert "no generation 77" in _run("generation", "use", "77", code=1)
