"""A model is learned from the enriched topic of a real broker."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from confluent_kafka.admin import AdminClient

from cli.main import cli
from schemas.codec import FRAME_BYTES, frame
from schemas.dictionary import read_dictionary
from schemas.publishing import publish
from schemas.reading import quiet_logger
from schemas.settings import Settings
from schemas.topics import create_topics, enriched
from stream_processors.match import load_model
from stream_processors.match.training import FEWEST_INCIDENTS
from tests.integration.exchange import until
from tests.unit.match.worlds import incident_id, value

pytestmark = pytest.mark.stack

_GENERATION = 95
"""Of this test alone."""


@pytest.fixture
def ours(settings: Settings) -> Iterator[Settings]:
    """A generation that has nothing but its enriched topic, and is gone afterwards."""
    found, topic = replace(settings, generation=_GENERATION), enriched(_GENERATION)
    admin = AdminClient(found.client_config(), logger=quiet_logger())
    create_topics(admin, [topic], found.replication)
    yield found
    admin.delete_topics([topic.name])[topic.name].result(30)
    until(lambda: topic.name not in admin.list_topics(timeout=30).topics)


def _publish(settings: Settings, first: int, end: int) -> None:
    head, start = frame(read_dictionary(settings).id_of("enriched")), date(2024, 1, 1)
    records = []
    for number in range(first, end):
        body = value(
            number,
            occurred_on=start + timedelta(days=number // 4),
            items=[{"substance_text": "heroin", "amount_text": f"{number * 7 % 1_000}.5", "unit_text": "g"}],
        )
        records.append((incident_id(number).encode(), head + body[FRAME_BYTES:]))
    publish(settings, enriched(settings.generation).name, records)


def test_a_model_is_learned_from_the_stream(ours: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Too few are refused in one line; then file and report are there, and the access log says who asked."""
    monkeypatch.setenv("IONICS_HOME", str(ours.home))
    monkeypatch.setenv("IONICS_GENERATION", str(_GENERATION))
    out, report = tmp_path / "model.json", tmp_path / "report"
    words = ["match", "train", "--out", str(out), "--report", str(report), "--name", "of a test", "--json"]
    _publish(ours, 0, 100)

    refused = CliRunner().invoke(cli, words)
    assert f"100 community incidents are too few to learn from; {FEWEST_INCIDENTS}" in str(refused.exception)
    _publish(ours, 100, FEWEST_INCIDENTS)
    publish(ours, enriched(_GENERATION).name, [(b"nobody", b"no enrichment wrote this")])
    done = CliRunner().invoke(cli, words)

    assert done.exit_code == 0, done.exception
    told = orjson.loads(done.stdout)
    assert told["incidents"] == FEWEST_INCIDENTS
    assert load_model(out).version == told["version"]
    assert load_model(out).name == "of a test"
    assert Path(told["report"]).parent == report
    assert "training" in CliRunner().invoke(cli, ["audit", "access", "--json"]).stdout
