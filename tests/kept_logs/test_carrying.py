"""Each log that a version wrote is verified, enriched, projected and looked back at by the program of today."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from click.testing import CliRunner

import projections.as_of
from cli.main import cli
from projections import loading, queries
from projections.as_of import as_of
from projections.digest import digests
from projections.evidence.archive import Archive
from projections.evidence.verifying import verify_history
from projections.members import write_members
from projections.migrate import drop, migrate
from projections.projector import EnrichedDecoder
from projections.replay.source import rows_of
from projections.sink import ViewSink
from projections.viewing import viewing
from schemas import known_schemas
from schemas.batch import Batch
from schemas.dictionary import SUBJECTS, SchemaDictionary, versions
from schemas.directory import SEES_ALL, Directory, FocalPoint, Members
from schemas.identity import schema_fingerprint
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.settings import Settings
from schemas.topics import INCIDENTS, enriched
from stream_processors.enrich import Enrichment, group
from stream_processors.reference import Reference
from stream_processors.runtime import MemoryCluster, MemoryLog, Output, Worker
from tests.kept_logs.expecting import admitted_of, expected
from tests.unit.stream_processors.world import drain

_LOGS = sorted(path.parent for path in Path(__file__).parent.glob("*/manifest.json"))
_GENERATION = 931


@pytest.fixture(params=_LOGS, ids=lambda place: str(place.name))
def place(request: pytest.FixtureRequest) -> Path:
    """Where a log is kept."""
    found: Path = request.param
    return found


def test_it_is_as_sound_as_it_was(place: Path) -> None:
    """Every signature, chain and decision, offline; and no file is another one than the manifest says."""
    archive = Archive(place)
    verdict = verify_history(archive)
    assert (list(verdict.findings), list(archive.changed())) == ([], [])
    assert {"ACCEPTED", "DUPLICATE", "SUPERSEDED", "REJECTED", "UNVERIFIED"} <= verdict.outcomes.keys()
    trust = [word for founder in verdict.founders for word in ("--trust", founder)]
    done = CliRunner().invoke(cli, ["replay", "--verify", "--from", str(place), *trust, "--json"])
    assert (done.exit_code, orjson.loads(done.stdout)["sound"]) == (0, True)


def test_it_says_what_it_said(place: Path) -> None:
    """Each incident under the schema that it was written with; several versions of it lie in a log."""
    assert orjson.loads(orjson.dumps(expected(Archive(place)))) == _expected(place)
    ids = {int.from_bytes(value[1:5], "big") for value in _values(Archive(place))}
    assert len(ids) >= 2
    done = CliRunner().invoke(cli, ["replay", "--from", str(place), "--json"])
    given = [orjson.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(given) == len(_values(Archive(place)))


def _expected(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((place / "expected.json").read_bytes())
    return found


def _values(archive: Archive) -> list[bytes]:
    spans = archive.spans(INCIDENTS.name)
    return [value for batch in archive.batches(INCIDENTS.name, spans) for value in batch["value"]]


def _dictionary(archive: Archive) -> SchemaDictionary:
    """That of the log, after this version has published what it lacks, as `ionics schemas publish` does."""
    known = archive.dictionary()
    for name, subject in SUBJECTS.items():
        for schema in versions(name):
            sha = schema_fingerprint(schema)
            if (sha, subject) not in {(known.fingerprints[id_], known.subjects[id_]) for id_ in known.schemas}:
                id_ = max(known.schemas) + 1
                known.schemas[id_], known.fingerprints[id_], known.subjects[id_] = schema, sha, subject
    return known


@dataclass
class Carried:
    """A log whose incidents were enriched and projected by the stages of today.

    Attributes:
        enriched: the values of the enriched topic, by partition and offset.
    """

    place: Path
    settings: Settings
    enriched: list[bytes]
    members: Members


@pytest.fixture
def carried(place: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Carried]:
    """Its incidents through enrichment into tables of PostgreSQL."""
    archive = Archive(place)
    dictionary = _dictionary(archive)
    monkeypatch.setattr(known_schemas, "read_dictionary", lambda _: dictionary)
    cluster = MemoryCluster()
    for batch in archive.batches(INCIDENTS.name, archive.spans(INCIDENTS.name)):
        for record in rows_of(batch, INCIDENTS.name):
            cluster.append(Output(record.topic, record.partition, record.key, record.value))
    enrichment = Enrichment(KnownSchemas(lambda: dictionary), Reference.load(), _GENERATION)
    drain(Worker(MemoryLog(cluster, group(_GENERATION), INCIDENTS.name, INCIDENTS.partitions), enrichment, 10))
    topic = enriched(_GENERATION).name
    made = [
        r.value or b"" for where, records in sorted(cluster.records.items()) if where.topic == topic for r in records
    ]
    directory = Directory(archive.deployment).fold(archive.directory())
    people = {
        name: FocalPoint(name, name, "", "", name, frozenset({"read"}), suspended=False) for name in directory.agencies
    }
    sees_all = replace(people["hq"], focal_point_id="sees-all", rights=frozenset({"read", SEES_ALL}))
    members = Members(directory, focal_points={**people, "sees-all": sees_all}, groups={})
    ours = replace(settings, generation=_GENERATION)
    drop(ours.database_url, _GENERATION)
    migrate(ours.database_url, _GENERATION)
    with psycopg.connect(ours.database_url, autocommit=True) as writer:
        sink = ViewSink(writer, _GENERATION, EnrichedDecoder(ours))
        for start in range(0, len(made), 7):
            sink.apply(made[start : start + 7], {})
        write_members(writer, _GENERATION, members)
    yield Carried(place, ours, made, members)
    drop(ours.database_url, _GENERATION)


def _seen(settings: Settings, generation: int, viewer: str) -> dict[str, Any]:
    """What the views say of what `expecting` tells."""
    with (
        psycopg.connect(settings.reader_url, autocommit=True) as connection,
        viewing(connection, generation, viewer),
    ):
        rows = queries.list_incidents(connection, generation, limit=10_000)
        items = {row["incident_id"]: queries.items(connection, generation, row["incident_id"]) for row in rows}
        revisions = [
            [row["incident_id"], each["revision"]]
            for row in rows
            for each in queries.revisions(connection, generation, row["incident_id"])
        ]
        activity = queries.agencies(connection, generation)
        community = queries.milestones(connection, generation)["incidents"]
    reported = dict[str, list[int]]()
    for row in activity:
        if row["incident_type"] is not None:
            sums = reported.setdefault(row["agency_id"], [0, 0])
            sums[0], sums[1] = sums[0] + row["incidents"], sums[1] + row["items"]
    named = ("agency_id", "source_ref", "revision", "event_type", "incident_type", "reason", "content_digest")
    incidents = {
        row["incident_id"]: {name: row[name] for name in named}
        | {
            "items": [
                [each[n] for n in ("substance_text", "amount_text", "unit_text")] for each in items[row["incident_id"]]
            ]
        }
        for row in rows
    }
    return {"incidents": incidents, "revisions": sorted(revisions), "community": community, "reported": reported}


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    """The same of `expected.json`: without what a look back narrows."""
    aside = ("tlp", "audience", "admitted_at")
    incidents = {
        id_: {name: value for name, value in each.items() if name not in aside}
        for id_, each in facts["incidents"].items()
    }
    return facts | {"incidents": incidents}


def test_its_views_are_what_they_were(carried: Carried) -> None:
    """Enriched anew and projected into PostgreSQL; the same in any order, and for those who may see less."""
    final = list(_expected(carried.place).values())[-1]
    settings, members = carried.settings, carried.members
    assert _seen(settings, _GENERATION, "sees-all") == _told(final)
    community = {id_ for id_, each in final["incidents"].items() if each["audience"] == ["COMMUNITY"]}
    theirs = {id_ for id_, each in final["incidents"].items() if "agency:hq" in each["audience"]}
    assert _seen(settings, _GENERATION, "hq")["incidents"].keys() == community | theirs
    assert theirs
    assert "nld-health" in members.directory.agencies
    assert _seen(settings, _GENERATION, "nld-health")["incidents"] == {}  # suspended
    with psycopg.connect(settings.database_url, autocommit=True) as writer:
        before = digests(writer, _GENERATION)
        ViewSink(writer, _GENERATION, EnrichedDecoder(settings)).apply(carried.enriched[::-1], {})
        assert digests(writer, _GENERATION) == before


def test_it_is_looked_back_at(carried: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of half of the admissions, and of the last one."""
    topic = enriched(_GENERATION).name
    records = [Record(topic, 0, offset, 0, b"", value, ()) for offset, value in enumerate(carried.enriched)]
    monkeypatch.setattr(loading, "read_between", lambda *_: iter([Batch.of(records)]))
    monkeypatch.setattr(projections.as_of, "read_members", lambda _: carried.members)
    moments = _expected(carried.place)
    assert len(moments) == 2
    for moment, facts in moments.items():
        with as_of(carried.settings, datetime.fromisoformat(moment)) as (number, events):
            found = _seen(carried.settings, number, "sees-all")
        assert events == len(facts["revisions"])
        assert found | {"community": 0} == _told(facts) | {"community": 0}
        latest = moment == max(moments)
        assert (found["community"] == facts["community"]) if latest else (found["community"] <= facts["community"])
    assert len(list(admitted_of(Archive(carried.place)))) == len(carried.enriched)
