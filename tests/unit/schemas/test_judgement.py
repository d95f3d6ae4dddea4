"""What people say of pairs: form, order, and what holds of several."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from schemas.codec import codec, frame
from schemas.codes import codes
from schemas.errors import DecodeError, InvalidIncidentError
from schemas.judgement import Judgement, Judgements, Verdict, judgement_of, pair_of
from schemas.reading import Record

LEFT, RIGHT = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"
AT = datetime(2026, 3, 14, 12, 0, 0, 123456, UTC)


def _said(revision: int = 1, verdict: str = "SAME", **fields: Any) -> Judgement:
    stated = {"left": LEFT, "right": RIGHT, "reason": "seen both", "focal_point_id": "analyst", "agency_id": "gc3"}
    return Judgement.model_validate({**stated, "revision": revision, "verdict": verdict, "judged_at": AT, **fields})


def _record(value: bytes | None) -> Record:
    return Record("ionics.judgements", 0, 0, 0, None, value, ())


def test_the_verdicts_are_those_of_the_code_list() -> None:
    """Which people read with their labels."""
    assert codes("verdict") == {verdict.value for verdict in Verdict}


def test_a_body_comes_back_as_it_was() -> None:
    """Times to the millisecond."""
    said = _said()
    assert said.judged_at.microsecond == 123000
    assert judgement_of(said.body()) == said


@pytest.mark.parametrize(
    "wrong",
    [
        {"left": RIGHT, "right": LEFT},
        {"right": LEFT},
        {"left": "x"},
        {"revision": 0},
        {"verdict": "PERHAPS"},
        {"reason": " "},
        {"reason": "\x00"},
        {"focal_point_id": "An Analyst"},
    ],
    ids=str,
)
def test_a_body_that_breaks_a_rule_is_none(wrong: dict[str, Any]) -> None:
    """However well it decodes."""
    body = codec("judgement").encode(_said().model_dump() | wrong)
    with pytest.raises(DecodeError, match="breaks a rule"):
        judgement_of(body)


def test_a_pair_has_two_incidents_in_order() -> None:
    """One incident is none."""
    assert pair_of(RIGHT, LEFT) == pair_of(LEFT, RIGHT) == (LEFT, RIGHT)
    with pytest.raises(InvalidIncidentError, match="one incident"):
        pair_of(LEFT, LEFT)


def test_what_holds_does_not_depend_on_order() -> None:
    """The highest revision; of two people at once one and the same; what cannot be read changes nothing."""
    said = [_said(), _said(2, "DIFFERENT"), _said(2, "RELATED"), _said(2, "RELATED", reason="other")]
    values = [frame(1) + each.body() for each in said]
    found = [
        Judgements().fold(map(_record, (*order, None, b"x", frame(1) + b"x"))).held for order in permutations(values)
    ]
    assert all(held == found[0] for held in found)
    assert found[0][LEFT, RIGHT].revision == 2
    assert sum(each.outranks(found[0][LEFT, RIGHT]) for each in said) == 0


def test_the_next_judgement_outranks_what_holds() -> None:
    """A pair that nobody judged begins with revision 1; a judgement without a reason is none."""
    judgements = Judgements()
    first = judgements.next((LEFT, RIGHT), Verdict.SAME, "alike", ("analyst", "gc3"), AT)
    judgements.take(first)
    second = judgements.next((LEFT, RIGHT), Verdict.NONE, "not sure", ("nzl", "nzl-customs"), AT)
    assert (first.revision, second.revision) == (1, 2)
    assert second.outranks(first)
    with pytest.raises(InvalidIncidentError, match="say why"):
        judgements.next((LEFT, RIGHT), Verdict.SAME, "  ", ("analyst", "gc3"), AT)
