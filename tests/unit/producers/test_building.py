"""What the SDK makes of what an officer states."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers import IncidentBuilder, Outcome, Receipt, Submission, uuid7
from producers.outbox import Envelope
from schemas import identity
from schemas.codec import avro_schema, codec
from schemas.errors import InvalidIncidentError
from schemas.incident import IncidentContent, validate_content, validate_incident
from schemas.keys import SigningKey, verifies

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = SigningKey(bytes(32))
NOW = datetime(2025, 3, 4, 5, 6, 7, 891_234, tzinfo=timezone(timedelta(hours=2)))
CONTENT: dict[str, Any] = {
    "incident_type": "DIVERSION",
    "occurred_on": "2025-03-04",
    "location": {"country": "DEU", "place_text": "Frankfurt"},
    "items": [{"substance_text": "Isotonitazene", "amount_text": "12.5", "unit_text": "g"}],
    "audience": ["COMMUNITY"],
    "tlp": "GREEN",
}


def builder() -> IncidentBuilder:
    """A builder whose clock stands still."""
    return IncidentBuilder("dev-unit", "customs", "DEU", KEY, "producer-1", lambda: NOW, lambda size: b"\xff" * size)


def receipt_of(submission: Submission, outcome: Outcome = Outcome.ACCEPTED) -> Receipt:
    """The receipt that admission would write."""
    incident = submission.incident
    return Receipt(
        outcome, None, None, None, incident.incident_id, incident.event_id, incident.revision,
        submission.content_digest, submission.signed_digest, NOW, 0, 0,
    )  # fmt: skip


def assert_signed(submission: Submission, envelope: Envelope) -> None:
    """Envelope and submission are of the same signed bytes."""
    fingerprint = identity.schema_fingerprint(avro_schema("incident"))
    message = identity.signed_message("dev-unit", envelope.event_type, fingerprint, envelope.body)
    assert verifies(KEY.public, message, envelope.signature)
    assert submission.signed_digest == hashlib.sha256(message).hexdigest()
    body = codec("incident").decode(envelope.body)
    assert submission.content_digest == identity.content_digest(body)
    assert submission.incident == validate_incident(body)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


@given(
    narrative=TEXT | st.none(),
    substance=TEXT,
    reference=TEXT.filter(str.strip) | st.none(),
    importer=TEXT | st.none(),
    line=st.integers(1, 2**31 - 1) | st.none(),
)
def test_report_is_valid(
    narrative: str | None, substance: str, reference: str | None, importer: str | None, line: int | None
) -> None:
    """An incident built without validating the whole equals the validated one, and its bytes decode to it."""
    content = validate_content({**CONTENT, "narrative": narrative, "items": [{"substance_text": substance}]})
    submission, envelope = builder().report(content, reference, importer, line)

    assert submission.incident == validate_incident(submission.incident.body())
    assert submission.incident == validate_incident(submission.incident.model_dump())
    assert_signed(submission, envelope)


def test_identity_is_deterministic() -> None:
    """The same reference names the same incident and event."""
    submission, envelope = builder().report(CONTENT, "  ref-1 ")

    assert identity.incident_id("dev-unit", "customs", "ref-1") == submission.incident_id
    assert identity.event_id(submission.incident_id, 1) == submission.event_id
    assert (submission.incident_id, submission.event_id) == (envelope.incident_id, envelope.event_id)
    assert envelope.reported_at == "2025-03-04T03:06:07.891Z"


def test_reference_is_made() -> None:
    """An incident without a reference gets a UUIDv7 of the moment of reporting."""
    reference = uuid.UUID(builder().report(CONTENT)[0].incident.source_ref)

    assert (reference.version or 7, reference.variant) == (7, uuid.RFC_4122)
    assert int(NOW.timestamp() * 1000) == reference.int >> 80


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)), st.binary(min_size=10, max_size=10))  # noqa: DTZ001  # hypothesis adds no zone
def test_uuid7(moment: datetime, randomness: bytes) -> None:
    """Version and variant stand where RFC 9562 puts them, and the order is that of time."""
    earlier = uuid.UUID(uuid7(moment.replace(tzinfo=UTC), randomness))
    later = uuid.UUID(uuid7(moment.replace(tzinfo=UTC) + timedelta(milliseconds=2), bytes(10)))

    assert earlier.int >> 76 & 0xF == 7
    assert earlier.int >> 62 & 0x3 == 2
    assert earlier < later


def test_amend() -> None:
    """An amendment is the whole incident at the next revision and names what it follows."""
    first, _ = builder().report(CONTENT, "ref-1")
    second, envelope = builder().amend(first.incident, receipt_of(first), {"narrative": "weighed again"}, "weight")

    assert_signed(second, envelope)
    assert (second.revision, second.incident.event_type) == (2, "AMENDED")
    assert second.incident.items == first.incident.items
    assert second.incident.narrative == "weighed again"
    assert second.incident.provenance.previous_digest == first.signed_digest
    assert second.incident.provenance.previous_revision == 1


def test_amend_offline() -> None:
    """Without a receipt yet, the submission names the known revision; whole content replaces what was stated."""
    first, _ = builder().report({**CONTENT, "narrative": "old"}, "ref-1")
    second, _ = builder().amend(first.incident, first, IncidentContent(**CONTENT), "error")

    assert second.incident.narrative is None
    assert second.incident.provenance.previous_digest == first.signed_digest


def test_withdraw() -> None:
    """A withdrawal keeps the content."""
    first, _ = builder().report(CONTENT, "ref-1")
    second, envelope = builder().withdraw(first.incident, receipt_of(first), "never happened")

    assert_signed(second, envelope)
    assert (envelope.event_type, second.incident.reason) == ("WITHDRAWN", "never happened")
    assert second.incident.items == first.incident.items


def test_refusals() -> None:
    """What admission would refuse is refused where it is stated, with its field."""
    first, _ = builder().report(CONTENT, "ref-1")
    other, _ = builder().report(CONTENT, "ref-2")
    foreign = IncidentBuilder("dev-unit", "police", "DEU", KEY, "p", lambda: NOW, bytes)
    changed = first.incident.model_copy(update={"narrative": "forged"})
    cases: list[tuple[str, str, Callable[[], object]]] = [
        ("MISSING", "items", lambda: builder().report({**CONTENT, "items": []})),
        ("FORM", "source_ref", lambda: builder().report(CONTENT, "r" * 201)),
        ("FORM", "provenance.import_line", lambda: builder().report(CONTENT, "r", "x", 0)),
        ("SIZE", "incident", lambda: builder().report({**CONTENT, "items": [{"substance_text": "x" * 900}] * 300})),
        ("FORM", "reporting_country", lambda: IncidentBuilder("d", "a", "DE", KEY, "p", lambda: NOW, bytes)),
        ("FORM", "reason", lambda: builder().withdraw(first.incident, first, "")),
        ("UNKNOWN_FIELD", "revision", lambda: builder().amend(first.incident, first, {"revision": 9}, "x")),
        ("OWNERSHIP", "agency_id", lambda: foreign.withdraw(first.incident, first, "x")),
        ("PREVIOUS", "provenance.previous_revision", lambda: builder().withdraw(first.incident, other, "x")),
        ("PREVIOUS", "provenance.previous_digest", lambda: builder().withdraw(changed, first, "x")),
        (
            "PREVIOUS",
            "provenance.previous_revision",
            lambda: builder().withdraw(first.incident, receipt_of(first, Outcome.REJECTED), "x"),
        ),
    ]
    for code, path, act in cases:
        with pytest.raises(InvalidIncidentError) as caught:
            act()
        assert (code, path) == (caught.value.code, caught.value.path)
