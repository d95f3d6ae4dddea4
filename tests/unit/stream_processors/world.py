"""A deployment in memory: a directory of three agencies, a dictionary of schemas, and submissions signed or spoilt."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from schemas.codec import RecordCodec, codec, frame
from schemas.dictionary import SUBJECTS, SchemaDictionary, versions
from schemas.directory import Agency, AgencyKey, Directory
from schemas.identity import PARTITIONS, event_id, incident_id, partition_of, schema_fingerprint, signed_message
from schemas.incident import validate_incident
from schemas.keys import SigningKey
from schemas.known_schemas import KnownSchemas
from schemas.topics import DECISIONS, SUBMISSIONS
from stream_processors.admit import GROUP, Admission
from stream_processors.runtime import MemoryCluster, MemoryLog, Output, Worker

HERE = "dev-test"
CUSTOMS, POLICE = SigningKey(b"\x01" * 32), SigningKey(b"\x02" * 32)
NEVER = SigningKey(b"\x03" * 32)
COUNTRIES = {"nzl-customs": "NZL", "aus-police": "AUS"}
SECRETARIAT = "hq"


def dictionary() -> SchemaDictionary:
    """Every version of every schema under an id of its own."""
    found = SchemaDictionary()
    schemas = [(schema, subject) for name, subject in SUBJECTS.items() for schema in versions(name)]
    for id_, (schema, subject) in enumerate(schemas, 101):
        found.schemas[id_], found.subjects[id_] = schema, subject
        found.fingerprints[id_] = schema_fingerprint(schema)
    return found


DICTIONARY = dictionary()
SCHEMAS = KnownSchemas(lambda: DICTIONARY)
INCIDENT_ID = DICTIONARY.id_of("incident")
FIRST_INCIDENT_ID = min(DICTIONARY.ids_of("incident"))


@dataclass
class FakeSources:
    """A directory that stands still, and the dictionary."""

    keys: dict[str, AgencyKey] = field(default_factory=dict)

    def directory(self) -> Directory:
        """See `Sources.directory`."""
        found = Directory(HERE, next_offset=9)
        for key, agency in ((CUSTOMS, "nzl-customs"), (POLICE, "aus-police")):
            found.agencies[agency] = Agency(agency, agency, "CUSTOMS", COUNTRIES[agency])
            found.keys[key.key_id] = AgencyKey(key.key_id, agency, key.public, 0)
        found.agencies[SECRETARIAT] = Agency(SECRETARIAT, "Headquarters", "SECRETARIAT", None)
        found.keys |= self.keys
        return found

    def dictionary(self) -> SchemaDictionary:
        """See `Sources.dictionary`."""
        return DICTIONARY


def body(ref: str = "r1", revision: int = 1, agency: str = "nzl-customs", **fields: Any) -> dict[str, Any]:
    """An incident of an agency, at a revision."""
    id_ = incident_id(HERE, agency, ref)
    later = {"event_type": "AMENDED", "reason": "weighed again"} if revision > 1 else {"event_type": "REPORTED"}
    previous = {"previous_revision": revision - 1, "previous_digest": "0" * 64} if revision > 1 else {}
    stated: dict[str, Any] = {
        "incident_id": id_,
        "event_id": event_id(id_, revision),
        "source_ref": ref,
        "revision": revision,
        **later,
        "incident_type": "SEIZURE",
        "occurred_on": date(2023, 5, 4),
        "reported_at": datetime(2023, 5, 5, tzinfo=UTC),
        "reporting_country": COUNTRIES[agency],
        "agency_id": agency,
        "location": {"country_text": "New Zealand", "place_text": "Auckland"},
        "items": [{"substance_text": "fentanyl", "amount_text": "12", "unit_text": "g"}],
        "route": [{"role": "DEPARTURE", "country_text": "Hong Kong"}],
        "tlp": "GREEN",
        "audience": ["COMMUNITY"],
        "provenance": {"producer_id": "desk", "sdk_version": "0.1.0", **previous},
    }
    return validate_incident(stated).body() | fields


def submission(
    stated: dict[str, Any] | bytes,
    signer: SigningKey = CUSTOMS,
    *,
    deployment: str = HERE,
    signed_as: str | None = None,
    partition: int | None = None,
    key: bytes | None = None,
    schema_id: int = INCIDENT_ID,
    **headers: bytes,
) -> Output:
    """A submission as the SDK makes it, but for what is given; bytes are a body that need not decode."""
    encoded = stated if isinstance(stated, bytes) else RecordCodec(DICTIONARY.schemas[schema_id]).encode(stated)
    event_type = signed_as or ("REPORTED" if isinstance(stated, bytes) else str(stated["event_type"]))
    message = signed_message(deployment, event_type, DICTIONARY.fingerprints[schema_id], encoded)
    key = key or (b"key" if isinstance(stated, bytes) else str(stated["incident_id"]).encode())
    sent = {
        "ce_type": f"ionics.incident.{event_type}".encode(),
        "ionics-sig": signer.sign(message),
        "ionics-kid": signer.key_id.encode(),
        "ionics-alg": b"Ed25519",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    where = partition_of(key) if partition is None else partition
    return Output(SUBMISSIONS.name, where, key, frame(schema_id) + encoded, tuple(sent.items()))


def submitted(outputs: Iterable[Output]) -> MemoryCluster:
    """A cluster with these submissions."""
    cluster = MemoryCluster()
    for output in outputs:
        cluster.append(output)
    return cluster


def worker(cluster: MemoryCluster, batch: int = 100, sources: FakeSources | None = None) -> Worker[Any]:
    """A fresh worker with a fresh admission."""
    log = MemoryLog(cluster, GROUP, SUBMISSIONS.name, PARTITIONS)
    return Worker(log, Admission(sources or FakeSources()), batch)


def drain(running: Worker[Any]) -> None:
    """Step until nothing is left."""
    while running.step(0):
        pass


def values(cluster: MemoryCluster, topic: str) -> list[tuple[int, bytes | None, bytes, Any]]:
    """Partition, key, value and headers of each record of a topic, in order within each partition."""
    found = [(where, records) for where, records in sorted(cluster.records.items()) if where.topic == topic]
    return [(w.number, r.key, r.value or b"", r.headers) for w, records in found for r in records]


def decisions(cluster: MemoryCluster) -> list[dict[str, Any]]:
    """Decisions in the order of the submissions' append times."""
    decoded = [codec("decision").decode(value[5:]) for _, _, value, _ in values(cluster, DECISIONS.name)]
    return sorted(decoded, key=lambda decision: decision["admitted_at"])


def outcomes(cluster: MemoryCluster) -> list[str]:
    """Outcome, or the code where there is one, of each submission."""
    return [decision["code"] or decision["outcome"] for decision in decisions(cluster)]
