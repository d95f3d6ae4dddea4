"""From what an officer states to a signed revision: identity, provenance, Avro body, digests, signature."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from producers.outbox import Envelope
from producers.receipts import Outcome, Receipt
from producers.version import SDK_VERSION
from schemas import identity
from schemas.codec import FRAME_BYTES, MAX_SUBMISSION_BYTES, avro_schema, codec
from schemas.errors import InvalidIncidentError
from schemas.incident import (
    EventType,
    Incident,
    IncidentContent,
    Provenance,
    validate_content,
    validate_incident,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemas.keys import SigningKey

MAX_BODY_BYTES = MAX_SUBMISSION_BYTES - FRAME_BYTES
"""Largest body that admission takes."""

_T = TypeVar("_T")
_CONTENT = frozenset(IncidentContent.model_fields)
_ALL_FIELDS = set(Incident.model_fields)
_SOURCE_REF = TypeAdapter[str](Annotated[str, *Incident.model_fields["source_ref"].metadata])
_COUNTRY = TypeAdapter[str | None](Incident.model_fields["reporting_country"].rebuild_annotation())


@dataclass(frozen=True, slots=True)
class Submission:
    """A signed revision, durable in the outbox.

    Attributes:
        content_digest: SHA-256 over the canonical content.
        signed_digest: SHA-256 of the signed message; its receipt carries the same.
    """

    incident: Incident
    event_id: str
    incident_id: str
    revision: int
    content_digest: str
    signed_digest: str


Known = Receipt | Submission
"""What names a known revision: its receipt or, offline, its submission."""


def uuid7(moment: datetime, randomness: bytes) -> str:
    """UUIDv7 (RFC 9562, 5.7) of a moment and 10 random bytes."""
    milliseconds = int(moment.timestamp() * 1000)
    octets = bytearray(milliseconds.to_bytes(6, "big") + randomness[:10])
    octets[6] = octets[6] & 0x0F | 0x70
    octets[8] = octets[8] & 0x3F | 0x80
    h = octets.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


class IncidentBuilder:
    """Builds and signs the revisions of one agency.

    Args:
        clock: the moment of reporting, with a time zone; it is data and orders nothing.
        entropy: as many random bytes as asked for, for references of incidents that have none.

    Raises:
        IdentityError: deployment or agency are no names.
        InvalidIncidentError: the country is no ISO 3166-1 alpha-3 code.
    """

    def __init__(
        self,
        deployment: str,
        agency_id: str,
        reporting_country: str | None,
        key: SigningKey,
        producer_id: str,
        clock: Callable[[], datetime],
        entropy: Callable[[int], bytes],
    ) -> None:
        self._deployment = identity.check_name("deployment", deployment)
        self._agency = identity.check_name("agency", agency_id)
        self._country = _checked(_COUNTRY, reporting_country, "reporting_country")
        self._key = key
        self._producer = producer_id
        self._clock = clock
        self._entropy = entropy
        self._codec = codec("incident")
        self._fingerprint = identity.schema_fingerprint(avro_schema("incident"))

    def report(
        self,
        content: IncidentContent | Mapping[str, Any],
        source_ref: str | None = None,
        importer: str | None = None,
        import_line: int | None = None,
        import_lines: int | None = None,
    ) -> tuple[Submission, Envelope]:
        """The first revision of an incident.

        Raises:
            InvalidIncidentError: content, reference or import position break a rule.
        """
        if not isinstance(content, IncidentContent):
            content = validate_content(dict(content))
        now = self._now()
        reference = uuid7(now, self._entropy(10)) if source_ref is None else source_ref
        reference = _checked(_SOURCE_REF, reference, "source_ref")
        if importer is None and import_line is None and import_lines is None:
            provenance = Provenance.model_construct(producer_id=self._producer, sdk_version=SDK_VERSION)
        else:
            provenance = self._imported(importer, import_line, import_lines)
        incident_id = identity.incident_id(self._deployment, self._agency, reference)
        # Validated content and fields of our own: to validate the whole once more would find nothing (a test compares).
        fields: dict[str, Any] = {
            **content.__dict__,
            "incident_id": incident_id,
            "event_id": identity.event_id(incident_id, 1),
            "source_ref": reference,
            "revision": 1,
            "event_type": EventType.REPORTED,
            "reason": None,
            "reported_at": now,
            "reporting_country": self._country,
            "agency_id": self._agency,
            "provenance": provenance,
        }
        return self._signed(Incident.model_construct(_fields_set=_ALL_FIELDS, **fields))

    def amend(
        self, incident: Incident, known: Known, content: IncidentContent | Mapping[str, Any], reason: str
    ) -> tuple[Submission, Envelope]:
        """The revision after the known one: with whole new content, or with some fields changed.

        Raises:
            InvalidIncidentError: the result breaks a rule, or `known` is not of this incident.
        """
        if isinstance(content, IncidentContent):
            changed = content.model_dump(include=set(_CONTENT))
        else:
            if foreign := sorted(set(content) - _CONTENT):
                raise InvalidIncidentError("UNKNOWN_FIELD", foreign[0], "not a field that an amendment can change")
            changed = {**incident.model_dump(include=set(_CONTENT)), **content}
        return self._following(incident, known, changed, EventType.AMENDED, reason)

    def withdraw(self, incident: Incident, known: Known, reason: str) -> tuple[Submission, Envelope]:
        """The revision that takes the incident back, with its content unchanged.

        Raises:
            InvalidIncidentError: the reason is missing, or `known` is not of this incident.
        """
        content = incident.model_dump(include=set(_CONTENT))
        return self._following(incident, known, content, EventType.WITHDRAWN, reason)

    def _following(
        self, incident: Incident, known: Known, content: dict[str, Any], what: EventType, reason: str
    ) -> tuple[Submission, Envelope]:
        self._check_known(incident, known)
        revision = incident.revision + 1
        provenance = {
            "producer_id": self._producer,
            "sdk_version": SDK_VERSION,
            "previous_revision": known.revision,
            "previous_digest": known.signed_digest,
        }
        return self._signed(
            validate_incident(
                {
                    **content,
                    "incident_id": incident.incident_id,
                    "event_id": identity.event_id(incident.incident_id, revision),
                    "source_ref": incident.source_ref,
                    "revision": revision,
                    "event_type": what,
                    "reason": reason,
                    "reported_at": self._now(),
                    "reporting_country": self._country,
                    "agency_id": self._agency,
                    "provenance": provenance,
                }
            )
        )

    def _check_known(self, incident: Incident, known: Known) -> None:
        if incident.agency_id != self._agency:
            raise InvalidIncidentError(
                "OWNERSHIP", "agency_id", f"only its owner {incident.agency_id} amends or withdraws it"
            )
        if isinstance(known, Receipt) and known.outcome not in (Outcome.ACCEPTED, Outcome.DUPLICATE):
            raise InvalidIncidentError(
                "PREVIOUS",
                "provenance.previous_revision",
                f"its receipt says {known.outcome}: take the current revision",
            )
        if (known.incident_id, known.revision) != (incident.incident_id, incident.revision):
            raise InvalidIncidentError(
                "PREVIOUS", "provenance.previous_revision", "the receipt is not of this incident at this revision"
            )
        if known.content_digest != identity.content_digest(incident.body()):
            raise InvalidIncidentError(
                "PREVIOUS", "provenance.previous_digest", "the receipt is of other content than this incident has"
            )

    def _signed(self, incident: Incident) -> tuple[Submission, Envelope]:
        fields = incident.body()
        body = self._codec.encode(fields)
        if len(body) > MAX_BODY_BYTES:
            raise InvalidIncidentError("SIZE", "incident", f"{len(body)} bytes in Avro; at most {MAX_BODY_BYTES} fit")
        event_type = incident.event_type.value
        message = identity.signed_message(self._deployment, event_type, self._fingerprint, body)
        submission = Submission(
            incident,
            incident.event_id,
            incident.incident_id,
            incident.revision,
            identity.content_digest(fields),
            hashlib.sha256(message).hexdigest(),
        )
        reported_at = incident.reported_at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
        envelope = Envelope(
            incident.incident_id,
            incident.event_id,
            event_type,
            reported_at,
            self._fingerprint,
            self._key.key_id,
            self._key.sign(message),
            body,
        )
        return submission, envelope

    def _imported(self, importer: str | None, line: int | None, lines: int | None) -> Provenance:
        try:
            return Provenance(
                producer_id=self._producer,
                sdk_version=SDK_VERSION,
                importer=importer,
                import_line=line,
                import_lines=lines,
            )
        except ValidationError as error:
            raise _fault(error, f"provenance.{error.errors()[0]['loc'][0]}") from None

    def _now(self) -> datetime:
        now = self._clock()
        if now.tzinfo is None:
            raise InvalidIncidentError("NO_TIME_ZONE", "reported_at", "the clock gave a moment without a time zone")
        utc = now.astimezone(UTC)
        return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _checked(kind: TypeAdapter[_T], value: _T, path: str) -> _T:
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        raise _fault(error, path) from None


def _fault(error: ValidationError, path: str) -> InvalidIncidentError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return InvalidIncidentError(first["type"] if first["type"].isupper() else "FORM", path, first["msg"])
