"""The stage of admission.

Record by record on purpose: each needs its own Ed25519 check and its own canonical JSON, which together take most of
the time; reading columns beside them would save a tenth (docs/decisions/0004).
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from schemas.codes import lists_version
from schemas.dictionary import SchemaDictionary
from schemas.directory import Directory
from schemas.errors import DecodeError, InvalidIncidentError
from schemas.identity import content_digest
from schemas.incident import Incident, validate_incident
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import DECISIONS, INCIDENTS, SUBMISSIONS
from stream_processors.admit.claims import check_claims, clock_in_doubt
from stream_processors.admit.delegated import check_delegation
from stream_processors.admit.records import AdmissionRecords, Judged
from stream_processors.admit.revisions import Known, Revision, chain_in_doubt, standing
from stream_processors.admit.verification import Unverified, verify
from stream_processors.runtime import Log, Output, Partition, Processed

GROUP = "ionics-admit"
RULES_VERSION = f"2-{lists_version()}"
_TAIL = 4_096
_AT_ONCE = 20_000
_KNOWN_BY = ("incident_id", "revision", "admission_content_digest", "admission_signed_digest")
_logger = logging.getLogger(__name__)


class Sources(Protocol):
    """Where admission reads agencies, keys and schemas."""

    def directory(self) -> Directory:
        """The directory up to its high watermark."""

    def dictionary(self) -> SchemaDictionary:
        """The dictionary of schemas as it stands now."""


@dataclass
class Admitted:
    """Revisions by input partition and incident."""

    partitions: dict[int, dict[str, Known]] = field(default_factory=dict)


class Admission:
    """Admits submissions; see `stream_processors.runtime.stage.Stage`."""

    name = "admit"
    topic = SUBMISSIONS.name

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._schemas = KnownSchemas(sources.dictionary)
        self._records = AdmissionRecords(self._schemas, RULES_VERSION)
        self._state = Admitted()

    def restore(self, log: Log, stored: Mapping[Partition, int]) -> dict[Partition, int]:
        """Fold `ionics.incidents`; go on after the last submission that has a decision."""
        self._state = Admitted({p.number: self._folded(log, p.number) for p in stored})
        return {p: self._after_last_decision(log, p.number) for p in stored}

    def _folded(self, log: Log, partition: int) -> dict[str, Known]:
        known: dict[str, Known] = {}
        records = log.read(Partition(INCIDENTS.name, partition), 0)
        while values := [record.value or b"" for record in islice(records, _AT_ONCE)]:
            by_schema: dict[int, list[bytes]] = {}
            for value in values:
                by_schema.setdefault(int.from_bytes(value[1:5], "big"), []).append(value)
            for schema_id, alike in by_schema.items():
                self._fold(known, partition, schema_id, alike)
        return known

    def _fold(self, known: dict[str, Known], partition: int, schema_id: int, values: Sequence[bytes]) -> None:
        if not self._schemas.has(schema_id, "admitted"):
            _passed_over(INCIDENTS.name, partition, len(values))
            return
        decoded = self._schemas.columnar(schema_id, "admitted", _KNOWN_BY).decode(schema_id, values)
        if decoded.faults:
            _passed_over(INCIDENTS.name, partition, len(decoded.faults))
        for id_, number, content, signed in decoded.columns.select(_KNOWN_BY).iter_rows():
            earlier = known.get(id_, ())
            if all(number != revision.number for revision in earlier):
                known[id_] = (*earlier, Revision(number, content, signed))

    def _after_last_decision(self, log: Log, partition: int) -> int:
        where = Partition(DECISIONS.name, partition)
        start = log.high_watermark(where)
        while start > 0:
            start = max(0, start - _TAIL)
            values = [record.value or b"" for record in log.read(where, start)]
            for value in reversed(values):
                decision = self._decision(value)
                if decision is not None:
                    return int(decision["submission_offset"]) + 1
                _passed_over(DECISIONS.name, partition, 1)
        return 0

    def _decision(self, value: bytes) -> dict[str, Any] | None:
        if not self._schemas.has(int.from_bytes(value[1:5], "big"), "decision"):
            return None
        try:
            return self._records.decision_of(value)
        except DecodeError:
            return None

    def process(self, batch: Sequence[Record]) -> Processed[Admitted]:
        """See `Stage.process`."""
        directory = self._sources.directory()
        outputs: list[Output] = []
        delta = Admitted()
        for record in batch:
            outputs += self._admit(record, directory, delta)
        return Processed(outputs, delta)

    def park(self, record: Record, error: Exception) -> Processed[Admitted]:
        """A record that breaks admission itself is refused, so that its offset has a decision."""
        judged = Unverified("STAGE_ERROR", f"admission failed on it: {error!r}"[:500])
        directory = self._sources.directory()
        return Processed(self._records.unverified(record, judged, directory.next_offset), Admitted())

    def apply(self, delta: Admitted) -> None:
        """See `Stage.apply`."""
        for partition, incidents in delta.partitions.items():
            self._state.partitions.setdefault(partition, {}).update(incidents)

    def _admit(self, record: Record, directory: Directory, delta: Admitted) -> list[Output]:
        verified = verify(record, directory, self._schemas)
        if isinstance(verified, Unverified):
            return self._records.unverified(record, verified, directory.next_offset)
        digest = hashlib.sha256(verified.message).hexdigest()
        judged = Judged(record, verified, directory.next_offset, digest)
        try:
            return self._judged(judged, directory, delta)
        except InvalidIncidentError as error:
            return self._records.rejected(judged, error)

    def _judged(self, judged: Judged, directory: Directory, delta: Admitted) -> list[Output]:
        record, verified = judged.record, judged.verified
        try:
            body = self._schemas.codec(verified.schema_id, "incident").decode_canonical(verified.body)
        except DecodeError as error:
            raise InvalidIncidentError("MALFORMED_BODY", "incident", str(error)) from error
        incident = validate_incident(body)
        check_claims(incident, record, verified, directory.deployment)
        judged.incident = incident
        judged.content_digest = content_digest(body)
        check_delegation(incident, directory)
        seen = delta.partitions.setdefault(record.partition, {})
        known = seen.get(incident.incident_id)
        if known is None:
            known = self._state.partitions.get(record.partition, {}).get(incident.incident_id, ())
        how = standing(known, incident.revision, judged.content_digest)
        if how == "DUPLICATE":
            return self._records.decided(judged, "DUPLICATE")
        if how == "SUPERSEDED_AGAIN":
            return self._records.decided(judged, "SUPERSEDED")
        seen[incident.incident_id] = (*known, Revision(incident.revision, judged.content_digest, judged.signed_digest))
        doubts = _doubts(incident, record, known, directory.keys[verified.key_id].start_ms)
        return self._records.admitted(judged, superseded=how == "SUPERSEDED", doubts=doubts)


def _passed_over(topic: str, partition: int, records: int) -> None:
    """No admission wrote these: to stop at them would let whoever can write there stop the exchange for ever."""
    _logger.warning("%s/%d: %d records that cannot be read are passed over", topic, partition, records)


def _doubts(incident: Incident, record: Record, known: Known, key_start_ms: int) -> list[str]:
    doubts = []
    if clock_in_doubt(incident.reported_at, record.timestamp_ms, key_start_ms):
        doubts.append("CLOCK_IN_DOUBT")
    if chain_in_doubt(known, incident.provenance.previous_revision, incident.provenance.previous_digest):
        doubts.append("CHAIN_IN_DOUBT")
    return doubts
