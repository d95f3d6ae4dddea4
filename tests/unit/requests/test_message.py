"""The form of a message."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.codec import codec
from schemas.errors import DecodeError, InvalidIncidentError
from schemas.requests import Kind, Message, amended_id, message_of, repeatable_id, validate_message
from tests.unit.requests.said import request, said, uuid

_DOCUMENT = {"media_type": "image/jpeg", "sha256": "0" * 64, "size_bytes": 7, "title": "label"}
_AT = datetime(2026, 3, 14, 12, 0, 0, 123456, UTC)


@pytest.mark.parametrize(
    "message",
    [
        request("agency:aus", "group:labs", "focal-point:aus-duty", incident_id=uuid(9), documents=[_DOCUMENT]),
        said(2, Kind.ANSWER, "aus-officer", documents=[_DOCUMENT], sent_at=_AT),
        said(2, Kind.AMENDED, "aus-officer"),
        said(2, Kind.CLOSE, "nzl-officer"),
    ],
    ids=lambda message: message.kind,
)
def test_a_body_comes_back_as_it_was(message: Message) -> None:
    """Times to the millisecond."""
    assert message_of(message.body()) == message


@pytest.mark.parametrize(
    ("by", "wrong", "code"),
    [
        ("REQUEST", {"to": []}, "ADDRESSEES"),
        ("REQUEST", {"to": [{"name": "agency:aus"}] * 2}, "ADDRESSEES"),
        ("REQUEST", {"to": [{"name": "country:AUS"}]}, "FORM"),
        ("REQUEST", {"to": [{"name": "agency:" + "x" * 64}]}, "FORM"),
        ("REQUEST", {"subject": None}, "MISSING"),
        ("REQUEST", {"due_at": None}, "MISSING"),
        ("REQUEST", {"priority": "SOON"}, "FORM"),
        ("REQUEST", {"subject": " "}, "BLANK"),
        ("REQUEST", {"text": "\x00"}, "NUL"),
        ("ANSWER", {"text": None}, "MISSING"),
        ("ANSWER", {"text": " \n"}, "BLANK"),
        ("ANSWER", {"to": [{"name": "agency:fji"}]}, "ADDRESSEES"),
        ("ANSWER", {"due_at": _AT}, "NOT_OF_ITS_KIND"),
        ("ANSWER", {"incident_id": uuid(9)}, "NOT_OF_ITS_KIND"),
        ("ANSWER", {"amendment": {"event_id": uuid(9), "revision": 2}}, "NOT_OF_ITS_KIND"),
        ("ANSWER", {"documents": [_DOCUMENT | {"sha256": "ab"}]}, "FORM"),
        ("ANSWER", {"party": "the police"}, "FORM"),
    ],
)
def test_a_message_that_breaks_a_rule_is_none(by: str, wrong: dict[str, Any], code: str) -> None:
    """Whoever writes it is told which; in the log it is none."""
    good = request("agency:aus") if by == "REQUEST" else said(2, Kind.ANSWER, "aus-officer")
    with pytest.raises(InvalidIncidentError) as refused:
        validate_message(good.model_dump() | wrong)
    assert refused.value.code == code
    try:
        body = codec("message").encode(good.model_dump() | wrong)
    except Exception:  # noqa: BLE001  # what Avro cannot hold does not come into the log
        return
    with pytest.raises(DecodeError, match="breaks a rule"):
        message_of(body)


def test_ids_that_are_made_are_the_same_again_and_nobody_elses() -> None:
    """Of an amendment in a thread; of a sender and its key."""
    assert amended_id(uuid(1), uuid(2)) == amended_id(uuid(1), uuid(2)) != amended_id(uuid(2), uuid(1))
    assert repeatable_id("a", "key") == repeatable_id("a", "key")
    assert len({repeatable_id("a", "b c"), repeatable_id("a b", "c"), amended_id("a", "b c")}) == 3
