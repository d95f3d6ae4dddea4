"""What the secretariat writes: form, order, and what holds of several revisions."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from schemas.alert import Severity
from schemas.codec import codec, frame
from schemas.codes import code_labels
from schemas.errors import DecodeError, InvalidIncidentError
from schemas.policies import policy_class
from schemas.reading import Record
from schemas.special_alert import SpecialAlert, SpecialAlerts

ID = "00000000-0000-4000-8000-00000000000a"
AT = datetime(2026, 3, 14, 12, 0, 0, 123456, UTC)
BY = ("hq", "secretariat")
CONTENT: dict[str, Any] = {
    "severity": "HIGH",
    "title": "Carfentanil in counterfeit tablets",
    "text": "Two deaths. Do not handle without protection.",
    "subject": {"substance_id": "sub:a", "countries": ["NZL", "AUS"]},
    "documents": [{"media_type": "application/pdf", "sha256": "0" * 64, "size": 7, "title": "laboratory report"}],
    "incidents": ["00000000-0000-4000-8000-00000000000b"],
    "audience": ["COMMUNITY"],
    "tlp": "GREEN",
}


def _said(revision: int = 1, **fields: Any) -> SpecialAlert:
    stated = {"alert_id": ID, "revision": revision, "status": "RAISED", "author_id": BY[0], "author_agency": BY[1]}
    return SpecialAlert.of({**CONTENT, **stated, "at": AT, **fields})


def _record(value: bytes | None) -> Record:
    return Record("ionics.special-alerts", 0, 0, 0, None, value, ())


def test_the_severities_are_those_of_the_code_list_in_its_order() -> None:
    """The least first."""
    assert list(code_labels("severity")) == [severity.value for severity in Severity]
    assert Severity.HIGH.and_graver == ["HIGH", "CRITICAL"]


def test_a_body_comes_back_as_it_was() -> None:
    """Countries and audience in order, times to the millisecond."""
    said = _said(act_before=AT)
    assert said.subject.countries == ("AUS", "NZL")
    assert SpecialAlert.of_body(said.body()) == said


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"title": " "}, "BLANK"),
        ({"title": "two\nlines"}, "ONE_LINE"),
        ({"text": "\n"}, "BLANK"),
        ({"severity": "GRAVE"}, "ENUM"),
        ({"tlp": "RED"}, "TLP_AUDIENCE"),
        ({"audience": ["agency:nzl"]}, "TLP_AUDIENCE"),
        ({"audience": ["COMMUNITY", "agency:nzl"]}, "AUDIENCE_FORM"),
        ({"audience": ["everybody"]}, "AUDIENCE_FORM"),
        ({"audience": []}, "TOO_SHORT"),
        ({"incidents": ["x"]}, "STRING_PATTERN_MISMATCH"),
        ({"documents": [{"media_type": "application/pdf", "sha256": "0", "size": 1}]}, "STRING_PATTERN_MISMATCH"),
        ({"documents": [{"media_type": "a/b", "sha256": "0" * 64, "size": 1, "content": "x"}]}, "EXTRA_FORBIDDEN"),
    ],
    ids=str,
)
def test_what_breaks_a_rule_is_refused_by_its_name(wrong: dict[str, Any], code: str) -> None:
    """Also a document with its content: it is stored elsewhere."""
    with pytest.raises(InvalidIncidentError) as caught:
        _said(**wrong)
    assert caught.value.code == code


def test_a_body_that_breaks_a_rule_is_none() -> None:
    """However well it decodes."""
    body = codec("special_alert").encode(_said().model_dump() | {"severity": "GRAVE"})
    with pytest.raises(DecodeError, match="breaks a rule"):
        SpecialAlert.of_body(body)


def test_to_whom_it_is_shared() -> None:
    """The class of the community, or of owner and audience as incidents have it."""
    assert _said().policy_class == 0
    named = _said(audience=["country:NZL", "agency:aus"], tlp="AMBER")
    assert named.policy_class == policy_class("secretariat", ("agency:aus", "country:NZL"))


def test_what_holds_does_not_depend_on_order() -> None:
    """The highest revision; of two people at once one and the same; what cannot be read changes nothing."""
    said = [_said(), _said(2, text="a"), _said(2, text="b"), _said(2, text="b")]
    values = [frame(1) + each.body() for each in said]
    found = [
        SpecialAlerts().fold(map(_record, (*order, None, b"x", frame(1) + b"x"))).held for order in permutations(values)
    ]
    assert all(held == found[0] for held in found)
    assert found[0][ID].revision == 2


def test_it_is_revised_until_it_is_withdrawn() -> None:
    """Then its content stays, and nobody brings it back."""
    alerts = SpecialAlerts()
    alerts.take(alerts.next(ID, CONTENT, BY, AT))
    alerts.take(alerts.next(ID, CONTENT | {"severity": "CRITICAL"}, BY, AT))
    assert (alerts.held[ID].revision, alerts.held[ID].severity) == (2, "CRITICAL")
    alerts.take(alerts.withdrawn(ID, ("other", BY[1]), AT))
    last = alerts.held[ID]
    assert (last.revision, last.status, last.severity, last.author_id) == (3, "WITHDRAWN", "CRITICAL", "other")
    for again in (lambda: alerts.next(ID, CONTENT, BY, AT), lambda: alerts.withdrawn(ID, BY, AT)):
        with pytest.raises(InvalidIncidentError, match="was withdrawn"):
            again()
