"""The records that admission writes: decision, receipt, admitted incident, dead letter."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.codec import FRAME_BYTES, RecordCodec, avro_schema, codec, frame
from schemas.errors import InvalidIncidentError
from schemas.incident import Incident
from schemas.keys import ALGORITHM
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import DEAD_LETTERS, DECISIONS, INCIDENTS, receipts
from stream_processors.admit.refusals import OF_TRUST, Refusals
from stream_processors.admit.verification import Unverified, Verified
from stream_processors.runtime import Output


@dataclass
class Judged:
    """A submission that verifies, on its way through admission."""

    record: Record
    verified: Verified
    directory_offset: int
    signed_digest: str
    incident: Incident | None = None
    content_digest: str | None = None


class AdmissionRecords:
    """Makes the records under the schema ids of a dictionary."""

    def __init__(self, schemas: KnownSchemas, rules_version: str) -> None:
        self._schemas, self._rules = schemas, rules_version
        dictionary = schemas.dictionary
        self._decision_frame = frame(dictionary.id_of("decision"))
        self._receipt_frame = frame(dictionary.id_of("receipt"))
        self._decision, self._receipt = codec("decision"), codec("receipt")
        self._admission = RecordCodec(avro_schema("admission"))
        self._refusals = Refusals(dictionary)

    def decision_of(self, value: bytes) -> dict[str, Any]:
        """The decision in a value of `ionics.decisions`."""
        return self._decision.decode(value[FRAME_BYTES:])

    def unverified(self, record: Record, why: Unverified, directory_offset: int) -> list[Output]:
        """A decision by position alone, and the original bytes as a dead letter."""
        decision = self._decided(record, "UNVERIFIED", directory_offset, code=why.code, message=why.message)
        decision["raw_sha256"] = hashlib.sha256(record.value or b"").hexdigest()
        return [
            Output(DECISIONS.name, record.partition, None, self._decision_frame + self._decision.encode(decision)),
            self._refusals.of(record, why.code, why.message),
            dead_letter(record, "admit", f"{why.code}: {why.message}"),
        ]

    def rejected(self, judged: Judged, error: InvalidIncidentError) -> list[Output]:
        """Decision and receipt of an incident that breaks a rule, and a record of it where the rule is one of trust."""
        written = self.decided(judged, "REJECTED", code=error.code, path=error.path, message=error.message[:1000])
        if error.code in OF_TRUST:
            agency = judged.verified.agency.agency_id
            written.append(self._refusals.of(judged.record, error.code, error.message, agency))
        return written

    def decided(self, judged: Judged, outcome: str, **why: str) -> list[Output]:
        """Decision and receipt."""
        incident, record = judged.incident, judged.record
        fields: dict[str, Any] = {
            "agency_id": judged.verified.agency.agency_id,
            "signed_digest": judged.signed_digest,
            "content_digest": judged.content_digest,
            **why,
        }
        key = None
        if incident is not None:
            key = incident.incident_id.encode()
            fields |= {
                "incident_id": incident.incident_id,
                "event_id": incident.event_id,
                "revision": incident.revision,
            }
        decision = self._decided(record, outcome, judged.directory_offset, **fields)
        agency = judged.verified.agency.agency_id
        return [
            Output(DECISIONS.name, record.partition, key, self._decision_frame + self._decision.encode(decision)),
            Output(
                receipts(agency).name,
                0,
                key,
                self._receipt_frame + self._receipt.encode(decision),
                _cloud_event("receipt", outcome, f"{record.partition}-{record.offset}", judged),
            ),
        ]

    def admitted(self, judged: Judged, *, superseded: bool, doubts: list[str]) -> list[Output]:
        """The incident for the record of truth, with decision and receipt."""
        incident, record, verified = judged.incident, judged.record, judged.verified
        if incident is None:
            raise InvalidIncidentError("STAGE_ERROR", "incident", "admitted before it was read")
        admission = self._admission.encode(
            {
                "admitted_event_id": incident.event_id,
                "submission_partition": record.partition,
                "submission_offset": record.offset,
                "admitted_at": _moment(record),
                "directory_offset": judged.directory_offset,
                "rules_version": self._rules,
                "superseded": superseded,
                "doubts": doubts,
                "content_digest": judged.content_digest,
                "signed_digest": judged.signed_digest,
                "key_id": verified.key_id,
                "algorithm": ALGORITHM,
                "signature": verified.signature,
                "schema_fingerprint": verified.fingerprint,
            }
        )
        value = frame(self._schemas.composed("admitted", verified.schema_id)) + admission + verified.body
        headers = _cloud_event("incident", incident.event_type.value, incident.event_id, judged)
        truth = Output(INCIDENTS.name, record.partition, incident.incident_id.encode(), value, headers)
        return [truth, *self.decided(judged, "SUPERSEDED" if superseded else "ACCEPTED")]

    def _decided(self, record: Record, outcome: str, directory_offset: int, **fields: Any) -> dict[str, Any]:
        return {
            "submission_partition": record.partition,
            "submission_offset": record.offset,
            "outcome": outcome,
            "admitted_at": _moment(record),
            "directory_offset": directory_offset,
            "rules_version": self._rules,
            **fields,
        }


def dead_letter(record: Record, stage: str, error: str) -> Output:
    """The original key, bytes and headers, with stage, error and position."""
    headers = (
        *record.headers,
        ("ionics-dl-stage", stage.encode()),
        ("ionics-dl-error", error.encode()),
        ("ionics-dl-position", f"{record.topic}/{record.partition}/{record.offset}".encode()),
    )
    return Output(DEAD_LETTERS.name, 0, record.key, record.value, headers)


def _moment(record: Record) -> datetime:
    return datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)


def _cloud_event(kind: str, what: str, id_: str, judged: Judged) -> tuple[tuple[str, bytes], ...]:
    """CloudEvents 1.0, binary mode of the Kafka binding: for clients that are not ours, as routing hints only."""
    return (
        ("ce_specversion", b"1.0"),
        ("ce_id", id_.encode()),
        ("ce_source", f"/agencies/{judged.verified.agency.agency_id}".encode()),
        ("ce_type", f"ionics.{kind}.{what}".encode()),
        ("content-type", b"application/avro"),
    )
