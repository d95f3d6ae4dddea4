"""Is a submission signed by a key of the directory? Nothing of it is used for anything before that."""

from dataclasses import dataclass

from schemas.codec import MAX_SUBMISSION_BYTES, unframe
from schemas.directory import Agency, Directory
from schemas.errors import WireFormatError
from schemas.identity import signed_message
from schemas.keys import ALGORITHM, verifies
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record

EVENT_TYPE_PREFIX = "ionics.incident."


@dataclass(frozen=True, slots=True)
class Verified:
    """A submission whose signature is good: who signed, and exactly what."""

    agency: Agency
    key_id: str
    signature: bytes
    event_type: str
    schema_id: int
    fingerprint: str
    body: bytes
    message: bytes


@dataclass(frozen=True, slots=True)
class Unverified:
    """A submission that does not verify, and why."""

    code: str
    message: str


def verify(  # noqa: PLR0911  # one return a check
    record: Record, directory: Directory, schemas: KnownSchemas
) -> Verified | Unverified:
    """Check frame, schema, key and signature of a submission, at its append time."""
    value = record.value
    if value is None or len(value) > MAX_SUBMISSION_BYTES:
        return Unverified(
            "SIZE", f"value of {0 if value is None else len(value)} bytes; 1 to {MAX_SUBMISSION_BYTES} are allowed"
        )
    headers = dict(record.headers)
    try:
        schema_id, body = unframe(value)
    except WireFormatError as error:
        return Unverified("WIRE_FORMAT", str(error))
    if not schemas.has(schema_id, "incident"):
        return Unverified("UNKNOWN_SCHEMA", f"schema id {schema_id} is no incident schema of this deployment")
    if headers.get("ionics-alg") != ALGORITHM.encode():
        return Unverified("ALGORITHM", f"header ionics-alg must be {ALGORITHM}")
    named = (headers.get("ionics-kid") or b"").decode("ascii", "replace")
    if named not in directory.keys:
        return Unverified("UNKNOWN_KEY", "header ionics-kid names no key of the directory")
    key = directory.key_for(named, record.timestamp_ms)
    if key is None:
        return Unverified("KEY_NOT_GOOD", f"key {named} is revoked or out of its time, or its agency is suspended")
    event_type = (headers.get("ce_type") or b"").decode("ascii", "replace").removeprefix(EVENT_TYPE_PREFIX)
    fingerprint = schemas.dictionary.fingerprints[schema_id]
    message = signed_message(directory.deployment, event_type, fingerprint, body)
    signature = headers.get("ionics-sig") or b""
    if not verifies(key.public, message, signature):
        return Unverified("BAD_SIGNATURE", f"the signature is not of these bytes by key {key.key_id}")
    agency = directory.agencies[key.agency_id]
    return Verified(agency, key.key_id, signature, event_type, schema_id, fingerprint, body, message)
