"""Receipts as the SDK reads them."""

from datetime import UTC, datetime
from pathlib import Path

from producers.receipts import ReceiptReader
from schemas.codec import codec, frame
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings
from tests.unit.stream_processors.world import DICTIONARY

_RECEIPT, _INCIDENT = DICTIONARY.id_of("receipt"), DICTIONARY.id_of("incident")


def _receipt(digest: str) -> bytes:
    fields = dict.fromkeys(("code", "path", "message", "incident_id", "event_id", "revision", "content_digest"))
    fields |= {"submission_partition": 0, "submission_offset": 1, "outcome": "ACCEPTED", "agency_id": "customs"}
    moment = {"signed_digest": digest, "admitted_at": datetime(2026, 3, 14, tzinfo=UTC)}
    return frame(_RECEIPT) + codec("receipt").encode(fields | moment)


def test_records_that_are_no_receipts_are_passed_over() -> None:
    """An agency does not wait for ever behind bytes that no admission wrote; the receipts around them count."""
    settings = Settings(Path())
    reader = ReceiptReader(settings, "customs", KnownSchemas(lambda: DICTIONARY))
    poison = [b"", b"\x00\xff\xff\xff\xfex", frame(_RECEIPT) + b"\xff", frame(_INCIDENT) + b"x", b"not framed at all"]
    assert reader._indexed([_receipt("a" * 64), *poison, _receipt("b" * 64)]) == 2 + len(poison)
    assert "a" * 64 in reader.index
    assert "b" * 64 in reader.index
