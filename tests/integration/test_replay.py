"""Replay, export and verification of a real log: as auditors run them, and what each of them may see."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import fastavro
import polars as pl
import pytest
from click.testing import CliRunner, Result

from cli.replay import replay
from deploy.agencies import add_focal_points
from producers import IncidentProducer
from projections.evidence.archive import Archive, file_of
from projections.evidence.history import DirectoryHistory
from projections.evidence.verifying import verify_history
from projections.feed import FeedFilter, feed
from projections.replay.log_source import LogSource
from schemas.codec import FRAME_BYTES, codec
from schemas.errors import ForbiddenError, ReplayError
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import ACCESS, DECISIONS, INCIDENTS
from tests.integration.exchange import CONTENT, stages

pytestmark = pytest.mark.stack

_OPEN, _SHUT, _NARROWED = "open", "shut", "narrowed"
_OWNER, _ALL = "replay-owner", "replay-all"


@dataclass
class Exchange:
    """What one agency reported: reference → incident id."""

    agency: str
    ids: dict[str, str]


@pytest.fixture(scope="session")
def exchanged_once() -> dict[str, Exchange]:
    """The exchange, once it was made."""
    return {}


@pytest.fixture
def exchange(settings: Settings, make_agency: Callable[..., str], exchanged_once: dict[str, Exchange]) -> Exchange:
    """An open incident with two revisions, a restricted one, and one that was narrowed; and people who look."""
    if "done" not in exchanged_once:
        agency = make_agency("replay-nzl")
        shut = {"audience": [f"agency:{agency}"], "tlp": "AMBER"}
        add_focal_points(settings, agency, {_OWNER: ("read", "audit")})
        add_focal_points(settings, "gc3", {_ALL: ("read", "audit", "sees-all")})
        with (
            stages(settings, "admit", "enrich"),
            IncidentProducer(agency, reporting_country="NZL", settings=settings) as producer,
        ):
            sent = {name: producer.report(CONTENT, source_ref=name) for name in (_OPEN, _NARROWED)}
            sent[_SHUT] = producer.report(CONTENT | shut, source_ref=_SHUT)
            again = producer.amend(sent[_OPEN].incident, sent[_OPEN], {"narrative": "weighed"}, reason="weighed")
            less = producer.amend(sent[_NARROWED].incident, sent[_NARROWED], shut, reason="ours alone")
            outcomes = {receipt.outcome for receipt in producer.wait([*sent.values(), again, less], 60)}
            assert outcomes == {"ACCEPTED"}
            events = feed(settings, filter=FeedFilter(agency_id=agency))
            assert len(list(islice(events, 5))) == 5
        exchanged_once["done"] = Exchange(agency, {name: str(each.incident_id) for name, each in sent.items()})
    return exchanged_once["done"]


@pytest.fixture
def ionics(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`ionics replay …` in the shared deployment, as somebody."""
    monkeypatch.setenv("IONICS_HOME", str(settings.home))

    def run(viewer: str, *words: str) -> Result:
        monkeypatch.setenv("IONICS_VIEWER", viewer)
        return CliRunner().invoke(replay, words)

    return run


def _lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, (result.output, result.exception)
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_gets_what_may_be_seen(exchange: Exchange, ionics: Callable[..., Result]) -> None:
    """An auditor of elsewhere the open incident alone, the owner and whoever sees all everything; all are logged."""
    asked = ("--agency", exchange.agency, "--json")
    elsewhere = _lines(ionics("auditor", *asked))
    assert [(each["source_ref"], each["revision"]) for each in elsewhere] == [(_OPEN, 1), (_OPEN, 2)]
    assert "offset" not in elsewhere[0]
    for viewer in (_OWNER, _ALL):
        seen = _lines(ionics(viewer, *asked))
        assert sorted((each["source_ref"], each["revision"]) for each in seen) == [
            (_NARROWED, 1),
            (_NARROWED, 2),
            (_OPEN, 1),
            (_OPEN, 2),
            (_SHUT, 1),
        ]
    enriched = _lines(ionics("auditor", *asked, "--of", "enriched"))
    assert {"NZL"} == {each["enrichment_place_country"] for each in enriched}


def test_who_may_not_is_refused(exchange: Exchange, ionics: Callable[..., Result], tmp_path: Path) -> None:
    """Without the right at all; and original bytes, positions and decisions without `sees-all`."""
    refused = ionics(exchange.agency)
    assert isinstance(refused.exception, ForbiddenError)
    assert "audit or administer" in str(refused.exception)
    raw = [("--to", str(tmp_path / "x.avro")), ("--to-topic", "x"), ("--partition", "1"), ("--of", "decisions")]
    for words in [*raw, ("--export", str(tmp_path / "x"))]:
        result = ionics("auditor", *words)
        assert isinstance(result.exception, ForbiddenError), words
        assert "sees-all" in str(result.exception)
        assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_what_leaves_is_in_the_access_log(
    settings: Settings, exchange: Exchange, ionics: Callable[..., Result], tmp_path: Path
) -> None:
    """With the ids, so that the owner learns which agency had them."""
    ionics("auditor", "--incident", exchange.ids[_OPEN], "--to", str(tmp_path / "one.parquet"))
    assert pl.read_parquet(tmp_path / "one.parquet")["revision"].to_list() == [1, 2]
    entries = [codec("access").decode((r.value or b"")[FRAME_BYTES:]) for r in read_topic(settings, ACCESS.name)]
    own = [e for e in entries if e["action"] == "EXPORT" and exchange.ids[_OPEN] in e["query"]]
    assert [[], [exchange.ids[_OPEN]]] == [entry["incident_ids"] for entry in own]
    assert {("auditor", "gc3")} == {(entry["focal_point_id"], entry["agency_id"]) for entry in own}


def test_original_bytes_into_avro_and_a_topic(
    settings: Settings, exchange: Exchange, ionics: Callable[..., Result], tmp_path: Path
) -> None:
    """Keys, values, headers and partitions as they were; the deployment's own topics are refused."""
    mine = [r for r in read_topic(settings, INCIDENTS.name) if (r.key or b"").decode() in exchange.ids.values()]
    asked = ("--agency", exchange.agency)
    assert ionics(_ALL, *asked, "--to", str(tmp_path / "x.avro")).exit_code == 0
    with (tmp_path / "x.avro").open("rb") as file:
        found = list(fastavro.reader(file))
    expected = [codec("admitted").decode((record.value or b"")[FRAME_BYTES:]) for record in mine]
    assert sorted(expected, key=str) == sorted(found, key=str)
    report = ionics(_ALL, *asked, "--to-topic", "replayed-nzl", "--json")
    assert json.loads(report.stdout)["records"] == len(mine)
    copied = [(r.partition, r.key, r.value, r.headers) for r in read_topic(settings, "replayed-nzl")]
    assert sorted((r.partition, r.key, r.value, r.headers) for r in mine) == sorted(copied)
    refused = ionics(_ALL, "--to-topic", INCIDENTS.name)
    assert isinstance(refused.exception, ReplayError)


def test_the_log_is_sound_without_registry_and_database(settings: Settings, exchange: Exchange) -> None:
    """Whatever the tests of this deployment sent; only the broker is asked."""
    alone = replace(settings, registry_url="", database_url="", reader_url="")
    verdict = verify_history(LogSource(alone))
    assert list(verdict.findings) == []
    assert verdict.outcomes["ACCEPTED"] >= len(exchange.ids)
    read = {topic: sum(e.records for e in extents.values()) for topic, extents in verdict.extents.items()}
    assert read[DECISIONS.name] == sum(1 for _ in read_topic(settings, DECISIONS.name))


def test_an_export_is_verified_on_another_machine(
    exchange: Exchange, ionics: Callable[..., Result], tmp_path: Path
) -> None:
    """With no deployment, no settings and no keys, and replayed alike; a flipped byte ends it with 1, in words."""
    place = tmp_path / "export"
    result = ionics(_ALL, "--export", str(place))
    assert result.exit_code == 0, result.exception
    archive = Archive(place)
    founders = DirectoryHistory(archive.deployment, archive.directory()).founders
    trusted = [word for key in founders for word in ("--trust", key)]

    there = _elsewhere(tmp_path, "replay", "--verify", "--from", str(place), *trusted)
    assert (there.returncode, there.stderr) == (0, "")
    assert "sound:" in there.stdout

    one = ("--incident", exchange.ids[_SHUT], "--json")
    assert _lines(ionics(_ALL, *one)) == _lines(ionics("nobody", "--from", str(place), *one))
    manifest, said = Archive(place).manifest["files"][INCIDENTS.name], []
    for number, words in enumerate(((), ("--from", str(place)))):
        file = str(tmp_path / f"{number}.parquet")
        said.append(json.loads(ionics(_ALL, *words, "--to", file, "--json").stdout))
    assert said[0]["digest"] == said[1]["digest"] == manifest["digest"]
    assert said[0]["partitions"] == said[1]["partitions"] == manifest["partitions"]

    path = place / file_of(DECISIONS.name)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    spoilt = ionics("nobody", "--verify", "--from", str(place))
    assert spoilt.exit_code == 1
    assert "FILE_CHANGED" in spoilt.stdout
    assert "it means:" in spoilt.stdout


def _elsewhere(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command on a machine that knows nothing of the deployment."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("IONICS_")}
    return subprocess.run(
        [sys.executable, "-m", "ionics", *words],
        env={**inherited, "IONICS_HOME": str(place / "empty")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
