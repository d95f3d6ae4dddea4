"""A few thousand of the inputs of `make fuzz`; and the fuzzing has teeth."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from schemas.codec import RecordCodec
from stream_processors.admit import stage, verification
from tests.adversary.fuzzing import BreachError, fuzz


def test_no_hostile_submission_gets_through_or_blocks_an_honest_one() -> None:
    """Each is decided once; what is accepted is, to the byte, what its owner signed."""
    total = sum(fuzz(seed=7, inputs=6_000), Counter[str]())
    assert total["UNVERIFIED"] == 0
    assert {"BAD_SIGNATURE", "UNKNOWN_KEY", "MALFORMED_BODY", "OWNERSHIP", "SIZE", "ACCEPTED"} <= set(total)


def _any_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "verifies", lambda *_: True)


def _any_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordCodec, "decode_canonical", RecordCodec.decode)


def _any_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "check_claims", lambda *_: None)


@pytest.mark.parametrize("without", [_any_signature, _any_encoding, _any_owner])
def test_a_check_left_out_is_found(without: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the signature, the canonical encoding or the ownership, something gets through."""
    without(monkeypatch)
    with pytest.raises(BreachError):
        list(fuzz(seed=7, inputs=30_000))
