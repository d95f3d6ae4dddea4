"""A new version of a schema that is published while everything runs is used at once, without a restart."""

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.stages import STREAMING, Streaming, Surroundings
from schemas import known_schemas
from schemas.codec import codec, frame
from schemas.dictionary import SchemaDictionary
from schemas.errors import UnknownSchemaError
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import DEAD_LETTERS, DECISIONS, DIRECTORY, MODELS, SCHEMAS, enriched
from stream_processors.reference import Reference
from stream_processors.runtime import MemoryCluster, MemoryLog, Output, Partition, Worker
from tests.simulation.parties import founding
from tests.unit.stream_processors.world import (
    DICTIONARY,
    FIRST_INCIDENT_ID,
    HERE,
    INCIDENT_ID,
    body,
    drain,
    submission,
    values,
)

_COMPOSED = {name: DICTIONARY.composed_ids(name) for name in ("admitted", "enriched")}
_ADMITTED_ID = _COMPOSED["admitted"][INCIDENT_ID]
_NEW = {INCIDENT_ID, _ADMITTED_ID, _COMPOSED["enriched"][_ADMITTED_ID]}


class _Topic:
    """A topic of a cluster in memory; counts how often it was read."""

    def __init__(self, cluster: MemoryCluster, name: str) -> None:
        self._cluster, self._where = cluster, Partition(name, 0)
        self.reads = 0

    def end(self) -> int:
        """See `OneTopic.end`."""
        return self._cluster.ends[self._where]

    def read(self, start: int) -> Iterator[Record]:
        """See `OneTopic.read`."""
        self.reads += 1
        return (record for record in list(self._cluster.records[self._where]) if record.offset >= start)


class _Deployment:
    """All stages from log to log on a cluster that lacks the newest version of the incident at first."""

    def __init__(self) -> None:
        self.cluster = MemoryCluster()
        self.later: list[Output] = []
        self.topics: list[_Topic] = []
        for output in founding():
            late = output.topic == SCHEMAS.name and _id_of(output) in _NEW
            self.later.append(output) if late else self.cluster.append(output)
        assert len(self.later) == len(_NEW)
        self._workers = [self._worker(stage) for stage in STREAMING]

    def _worker(self, stage: Streaming) -> Worker[Any]:
        first, *others = stage.inputs(1)
        more = {topic.name: topic.partitions for topic in others}
        log = MemoryLog(self.cluster, stage.group(1), first.name, first.partitions, more)
        return Worker(log, stage.build(Surroundings(HERE, 1, self._topic, Reference.load)), 100)

    def _topic(self, name: str) -> _Topic:
        self.topics.append(_Topic(self.cluster, name))
        return self.topics[-1]

    def submit(self, output: Output) -> str:
        """Let all stages do their work; the outcome."""
        self.cluster.append(output)
        for worker in self._workers:
            drain(worker)
        decided = [codec("decision").decode(value[5:]) for _, _, value, _ in values(self.cluster, DECISIONS.name)]
        return str(max(decided, key=lambda decision: decision["admitted_at"])["outcome"])


def _id_of(entry: Output) -> int:
    return int(codec("schema_entry").decode((entry.value or b"")[5:])["schema_id"])


def test_incidents_of_a_version_published_meanwhile_pass_all_stages() -> None:
    """The stages that run admit and enrich them under the new ids; nothing becomes a dead letter."""
    deployment = _Deployment()
    assert deployment.submit(submission(body("r1"), schema_id=FIRST_INCIDENT_ID)) == "ACCEPTED"
    for output in deployment.later:
        deployment.cluster.append(output)
    assert deployment.submit(submission(body("r2"))) == "ACCEPTED"
    found = {int.from_bytes(value[1:5], "big") for _, _, value, _ in values(deployment.cluster, enriched(1).name)}
    assert found == {*_COMPOSED["enriched"].values()} >= _NEW & {*DICTIONARY.ids_of("enriched")}
    assert values(deployment.cluster, DEAD_LETTERS.name) == []


def test_ids_that_nobody_published_cost_a_look_and_no_reading() -> None:
    """Whoever may submit could else make admission read the dictionary for each record that he makes up."""
    deployment = _Deployment()
    deployment.submit(submission(body("r1"), schema_id=FIRST_INCIDENT_ID))
    before = [topic.reads for topic in deployment.topics]
    made_up = Output("ionics.submissions", 0, b"key", frame(77_777) + b"x")
    assert [deployment.submit(made_up) for _ in range(3)] == ["UNVERIFIED"] * 3
    assert [topic.reads for topic in deployment.topics] == before
    assert {topic._where.topic for topic in deployment.topics} == {DIRECTORY.name, SCHEMAS.name, MODELS.name}


def test_what_is_not_known_is_looked_for_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is known costs no look, whatever it is asked for as."""
    growing, looks = SchemaDictionary(), list[int]()

    def look(_: object) -> SchemaDictionary:
        looks.append(len(growing.schemas))
        return growing

    monkeypatch.setattr(known_schemas, "read_dictionary", look)
    known = KnownSchemas.of(None)  # type: ignore[arg-type]  # nothing of it is used
    with pytest.raises(UnknownSchemaError, match=f"id {INCIDENT_ID} is no incident schema"):
        known.schema(INCIDENT_ID, "incident")
    with pytest.raises(UnknownSchemaError, match="composed from id"):
        known.composed("admitted", INCIDENT_ID)
    for name in ("schemas", "subjects", "fingerprints"):
        getattr(growing, name).update(getattr(DICTIONARY, name))
    assert known.schema(INCIDENT_ID, "incident") == DICTIONARY.schemas[INCIDENT_ID]
    assert known.composed("admitted", INCIDENT_ID) == _ADMITTED_ID
    asked = len(looks)
    assert not known.has(INCIDENT_ID, "receipt")
    assert known.has(INCIDENT_ID)
    assert len(looks) == asked
