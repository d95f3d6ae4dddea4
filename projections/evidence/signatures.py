"""Every admitted record held against the directory: the check that admission made, made again by the same functions.

An admitted record holds all of the submission but its frame, so the submission is put together again and verified at
the position of the directory that admission noted. What admission noted beside the signed bytes is computed anew.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from projections.evidence.findings import Finding
from projections.evidence.history import DirectoryHistory
from schemas.codec import FRAME_BYTES, RecordCodec, frame
from schemas.dictionary import SUBJECTS, SchemaDictionary
from schemas.errors import ContractError, DecodeError, InvalidIncidentError
from schemas.identity import content_digest, schema_fingerprint
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import INCIDENTS, SUBMISSIONS
from stream_processors.admit.claims import check_claims, clock_in_doubt
from stream_processors.admit.verification import EVENT_TYPE_PREFIX, Unverified, verify


class Admitted(NamedTuple):
    """A record of `ionics.incidents`."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes


class _Claims(NamedTuple):
    incident_id: str
    event_id: str
    event_type: str
    source_ref: str
    revision: int
    agency_id: str
    reporting_country: str | None


class SignatureCheck:
    """Checks records of one deployment; pure but for its caches."""

    def __init__(self, deployment: str, directory: Sequence[Record], dictionary: SchemaDictionary) -> None:
        self._deployment, self._dictionary = deployment, dictionary
        self._schemas = KnownSchemas(lambda: dictionary)
        self._history = DirectoryHistory(deployment, directory)
        self._admissions: dict[int, RecordCodec] = {}
        self._writers: dict[tuple[int, str], tuple[int, RecordCodec]] = {}

    def check(self, records: Sequence[Admitted]) -> list[Finding]:
        """What is wrong with each of these records by itself; those that do not decode are said to."""
        return [finding for record in records if (finding := self._checked(record)) is not None]

    def _checked(self, record: Admitted) -> Finding | None:
        where = f"{INCIDENTS.name}/{record.partition}/{record.offset}"
        try:
            admission, body, incident, schema_id = self._opened(record.value)
        except ContractError as error:
            return Finding("UNREADABLE", where, str(error))
        wrong = self._wrong(record, admission, body, incident, schema_id)
        if wrong is None:
            return None
        return Finding(wrong[0], where, wrong[1], str(incident["incident_id"]), int(incident["revision"]))

    def _opened(self, value: bytes) -> tuple[dict[str, Any], bytes, dict[str, Any], int]:
        """Admission, signed body, the incident in it, and the id of its writer schema."""
        admitted_id = int.from_bytes(value[1:FRAME_BYTES], "big")
        if value[:1] != b"\x00" or self._dictionary.subjects.get(admitted_id) != SUBJECTS["admitted"]:
            raise DecodeError(f"value begins with {value[:FRAME_BYTES].hex()}, which names no schema of incidents")
        if admitted_id not in self._admissions:
            self._admissions[admitted_id] = RecordCodec(_field(self._dictionary.schemas[admitted_id], "admission"))
        codec = self._admissions[admitted_id]
        admission, body = codec.decode_first(value[FRAME_BYTES:])
        if codec.encode(admission) + body != value[FRAME_BYTES:]:
            raise DecodeError("the admission is not in its canonical encoding")
        schema_id, writer = self._writer(admitted_id, admission["schema_fingerprint"])
        return admission, body, writer.decode(body), schema_id

    def _writer(self, admitted_id: int, fingerprint: str) -> tuple[int, RecordCodec]:
        """Id and codec of the schema that the agency wrote with; the composed schema must hold the same."""
        named = (admitted_id, fingerprint)
        if named not in self._writers:
            composed = _field(self._dictionary.schemas[admitted_id], "incident")
            found = [id_ for id_ in self._dictionary.ids_of("incident") if self._is(id_, fingerprint)]
            if not found or schema_fingerprint(composed) != fingerprint:
                raise DecodeError(f"the fingerprint {fingerprint} is not that of the schema in id {admitted_id}")
            self._writers[named] = found[0], RecordCodec(composed)
        return self._writers[named]

    def _is(self, schema_id: int, fingerprint: str) -> bool:
        return self._dictionary.fingerprints[schema_id] == fingerprint

    def _wrong(
        self, record: Admitted, admission: dict[str, Any], body: bytes, incident: dict[str, Any], schema_id: int
    ) -> tuple[str, str] | None:
        position = admission["directory_offset"]
        if position > self._history.next_offset:
            end = self._history.next_offset
            return "DIRECTORY_SHORT", f"it was judged at position {position}; the directory ends at {end}"
        directory = self._history.at(position)
        submission = Record(
            SUBMISSIONS.name,
            record.partition,
            admission["submission_offset"],
            _milliseconds(admission["admitted_at"]),
            record.key,
            frame(schema_id) + body,
            (
                ("ce_type", f"{EVENT_TYPE_PREFIX}{incident['event_type']}".encode()),
                ("ionics-sig", admission["signature"]),
                ("ionics-kid", admission["key_id"].encode()),
                ("ionics-alg", admission["algorithm"].encode()),
            ),
        )
        verified = verify(submission, directory, self._schemas)
        if isinstance(verified, Unverified):
            return verified.code, f"{verified.message} (directory at {position})"
        try:
            check_claims(_Claims(*(incident[name] for name in _Claims._fields)), submission, verified, self._deployment)
        except InvalidIncidentError as error:
            return error.code, f"{error.path}: {error.message}"
        noted = {
            "signed_digest": hashlib.sha256(verified.message).hexdigest(),
            "content_digest": content_digest(incident),
            "admitted_event_id": incident["event_id"],
            "submission_partition": record.partition,
        }
        doubt = clock_in_doubt(
            incident["reported_at"], submission.timestamp_ms, directory.keys[verified.key_id].start_ms
        )
        wrong = [name for name, value in noted.items() if admission[name] != value]
        wrong += ["doubts"] if doubt != ("CLOCK_IN_DOUBT" in admission["doubts"]) else []
        return ("ADMISSION", f"admission noted another {' and '.join(wrong)}") if wrong else None


def _field(schema: dict[str, Any] | Any, name: str) -> Any:
    return next(field["type"] for field in schema["fields"] if field["name"] == name)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
