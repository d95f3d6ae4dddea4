"""A small history in memory: a directory of signed acts, and what admission makes of submissions of every kind."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from projections.replay.source import RECORDS, Span
from schemas.codec import codec, frame
from schemas.dictionary import SUBJECTS, SchemaDictionary
from schemas.directory import Directory, both_steps, signed_act
from schemas.directory.commands import AgencyAdd, Command, KeyRegister, KeyRevoke
from schemas.identity import canonical_schema, partition_of, signed_message
from schemas.keys import SigningKey
from schemas.reading import Record
from schemas.topics import DECISIONS, DIRECTORY, INCIDENTS, SCHEMAS, SUBMISSIONS
from stream_processors.admit import GROUP, Admission
from stream_processors.runtime import MemoryCluster, MemoryLog, Output, Partition, Worker
from tests.unit.stream_processors.world import (
    CUSTOMS,
    DICTIONARY,
    HERE,
    INCIDENT_ID,
    NEVER,
    POLICE,
    body,
    drain,
    submission,
)

ADMINISTRATORS = SigningKey(b"\x0a" * 32), SigningKey(b"\x0b" * 32)
_BEGUN_MS = 1_600_000_000_000
TOPICS = (SUBMISSIONS.name, INCIDENTS.name, DECISIONS.name, DIRECTORY.name, SCHEMAS.name)


@dataclass
class History:
    """Topics as lists of records, which a test may spoil; see `projections.replay.source.Source`."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    name = "the history of a test"
    deployment = HERE
    cuts: int = 1_000

    def dictionary(self) -> SchemaDictionary:
        """See `Source.dictionary`."""
        return SchemaDictionary().fold(self.records[SCHEMAS.name])

    def directory(self) -> Sequence[Record]:
        """See `Source.directory`."""
        return self.records[DIRECTORY.name]

    def spans(self, topic: str) -> dict[int, Span]:
        """See `Source.spans`."""
        found: dict[int, Span] = {}
        for record in self.records.get(topic, ()):
            first = found.get(record.partition, Span(record.offset, 0)).first
            found[record.partition] = Span(first, record.offset + 1)
        return found

    def batches(self, topic: str, spans: Mapping[int, Span]) -> Iterator[pl.DataFrame]:
        """See `Source.batches`."""
        rows = [
            (r.partition, r.offset, r.timestamp_ms, r.key, r.value)
            for r in self.records.get(topic, ())
            if r.partition in spans and spans[r.partition].first <= r.offset < spans[r.partition].end
        ]
        for start in range(0, len(rows), self.cuts):
            yield pl.DataFrame(rows[start : start + self.cuts], schema=RECORDS, orient="row")

    def copy(self) -> "History":
        """One that can be spoilt by itself."""
        return History({topic: list(records) for topic, records in self.records.items()})

    def only(self, partition: int) -> "History":
        """What there is of one partition, with the whole directory."""
        kept = self.copy()
        for topic in (INCIDENTS.name, DECISIONS.name):
            kept.records[topic] = [record for record in self.records[topic] if record.partition == partition]
        return kept

    def spoil(self, topic: str, change: Callable[[Record], Record | None]) -> "History":
        """A copy in which each record of a topic was changed, or taken out."""
        spoilt = self.copy()
        spoilt.records[topic] = [new for record in self.records[topic] if (new := change(record)) is not None]
        return spoilt

    def admitted(self, ref: str, revision: int) -> Record:
        """The record of a revision."""
        for record in self.records[INCIDENTS.name]:
            incident = codec("admitted").decode((record.value or b"")[5:])["incident"]
            if (incident["source_ref"], incident["revision"]) == (ref, revision):
                return record
        raise AssertionError(f"{ref} {revision}")

    def decision_of(self, incident: Record) -> Record:
        """The decision about an incident."""
        position = codec("admitted").decode((incident.value or b"")[5:])["admission"]["submission_offset"]
        for record in self.records[DECISIONS.name]:
            decision = codec("decision").decode((record.value or b"")[5:])
            if (record.partition, decision["submission_offset"]) == (incident.partition, position):
                return record
        raise AssertionError("no decision")


def acts(commands: Sequence[Command], at: int = 0) -> list[Record]:
    """The records of changes that both administrators signed, from an offset on."""
    one, two = ADMINISTRATORS
    signed: list[dict[str, Any]] = []
    if at == 0:
        named = {"administrators": {key.key_id: key.public.hex() for key in ADMINISTRATORS}}
        signed.append(signed_act(HERE, "GENESIS", "GENESIS", "administrator:genesis", named, one))
    for number, command in enumerate(commands):
        stated = command.model_copy(update={"act_id": f"{at + number:016x}"}).body()
        if command.signers == "two":
            signed += both_steps(HERE, command.kind, command.entry_id, stated, one, two)
        else:
            signed.append(signed_act(HERE, "ACT", command.kind, command.entry_id, stated, one))
    return act_records(signed, at)


def act_records(signed: Sequence[Mapping[str, Any]], at: int) -> list[Record]:
    """The records of signed acts, from an offset on."""
    head = frame(DICTIONARY.id_of("directory_act"))
    values = [(str(act["entry_id"]).encode(), head + codec("directory_act").encode(act)) for act in signed]
    return [
        Record(DIRECTORY.name, 0, offset, _BEGUN_MS + offset, key, value, ())
        for offset, (key, value) in enumerate(values, at)
    ]


def registered(agency: str, country: str, key: SigningKey) -> list[Command]:
    """The commands that add an agency with its key."""
    return [
        AgencyAdd(agency_id=agency, name=agency, agency_type="CUSTOMS", country=country),
        KeyRegister(agency_id=agency, key_id=key.key_id, public=key.public.hex()),
    ]


def schema_records() -> list[Record]:
    """The dictionary as a topic."""
    head = frame(DICTIONARY.id_of("schema_entry"))
    found = []
    for offset, (id_, schema) in enumerate(DICTIONARY.schemas.items()):
        entry = {
            "schema_id": id_,
            "subject": DICTIONARY.subjects[id_],
            "sha256": DICTIONARY.fingerprints[id_],
            "schema": canonical_schema(schema).decode(),
        }
        value = head + codec("schema_entry").encode(entry)
        found.append(Record(SCHEMAS.name, 0, offset, _BEGUN_MS, str(id_).encode(), value, ()))
    assert SUBJECTS["incident"] in DICTIONARY.subjects.values()
    return found


@dataclass
class _Directory:
    """What admission asks for; grows when the test says so."""

    records: list[Record]

    def directory(self) -> Directory:
        return Directory(HERE).fold(self.records)

    def dictionary(self) -> SchemaDictionary:
        return DICTIONARY


def digest_of(stated: dict[str, Any]) -> str:
    """The signed digest of an incident."""
    encoded = codec("incident").encode(stated)
    message = signed_message(HERE, str(stated["event_type"]), DICTIONARY.fingerprints[INCIDENT_ID], encoded)
    return hashlib.sha256(message).hexdigest()


def chained(ref: str, revisions: int, **fields: Any) -> list[dict[str, Any]]:
    """The revisions of an incident, each naming the one before it."""
    found = [body(ref, **fields)]
    for number in range(2, revisions + 1):
        following = body(ref, number, **fields)
        following["provenance"] |= {"previous_revision": number - 1, "previous_digest": digest_of(found[-1])}
        found.append(following)
    return found


def history(*more: Output) -> History:
    """Incidents of one and of three revisions, and every other outcome; then a key is revoked."""
    sources = _Directory(acts([*registered("nzl-customs", "NZL", CUSTOMS), *registered("aus-police", "AUS", POLICE)]))
    cluster = MemoryCluster()
    running = Worker(MemoryLog(cluster, GROUP, SUBMISSIONS.name, 12), Admission(sources), 100)
    three = chained("three", 3)
    outputs = [submission(each) for each in three]
    outputs += [submission(body(f"one-{n}")) for n in range(12)]
    outputs += [submission(body("police", agency="aus-police"), POLICE)]
    outputs += [submission(three[2]), submission(three[1])]  # DUPLICATE, and SUPERSEDED once more
    outputs += [submission(body("gap")), submission(body("gap", 3)), submission(body("gap", 2))]  # SUPERSEDED
    outputs += [submission(body("bad", reporting_country="AUS")), submission(body("stranger"), NEVER)]
    for output in (*outputs, *more):
        cluster.append(output)
    drain(running)
    sources.records += acts([KeyRevoke(key_id=POLICE.key_id)], len(sources.records))
    cluster.append(submission(body("late", agency="aus-police"), POLICE))
    cluster.append(submission(body("after")))
    drain(running)
    found = History({DIRECTORY.name: sources.records, SCHEMAS.name: schema_records()})
    for topic in (SUBMISSIONS, INCIDENTS, DECISIONS):
        partitions = (Partition(topic.name, number) for number in range(12))
        found.records[topic.name] = [record for where in partitions for record in cluster.records[where]]
    return found


def partition(ref: str, agency: str = "nzl-customs") -> int:
    """Where an incident lies."""
    return partition_of(str(body(ref, agency=agency)["incident_id"]).encode())
