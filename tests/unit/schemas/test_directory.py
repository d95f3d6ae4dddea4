"""The directory: a fold of signed acts in which whatever does not verify changes nothing."""

from typing import Any

import orjson
import pytest

from schemas.codec import codec, frame
from schemas.directory import GRACE_MS, PROPOSAL_MS, AgencyKey, Directory, both_steps, signed_act
from schemas.identity import DIRECTORY_TAG, framed
from schemas.keys import ALGORITHM, SigningKey
from schemas.reading import Record

HERE, NOW = "dev-test", 1_700_000_000_000
ONE, TWO, STRANGER = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))
AGENCY = {"agency_id": "nzl-customs", "name": "Customs", "agency_type": "CUSTOMS", "country": "NZL"}
KEY = {"key_id": STRANGER.key_id, "agency_id": "nzl-customs", "public": STRANGER.public.hex()}
Act = dict[str, Any]


def genesis(deployment: str = HERE, signer: SigningKey = ONE, *administrators: SigningKey) -> Act:
    """The first record."""
    named = {key.key_id: key.public.hex() for key in administrators or (ONE, TWO)}
    return signed_act(deployment, "GENESIS", "GENESIS", "administrators", {"administrators": named}, signer)


def added(proposer: SigningKey = ONE, approver: SigningKey = TWO, deployment: str = HERE) -> list[Act]:
    """Both steps that add the agency."""
    return both_steps(deployment, "AGENCY_ADD", "agency:nzl-customs", AGENCY, proposer, approver)


def registered() -> list[Act]:
    """Both steps that register the agency's key."""
    return both_steps(HERE, "KEY_REGISTER", f"key:{STRANGER.key_id}", KEY, ONE, TWO)


def fold(*acts: Act | bytes | None, at: dict[int, int] | None = None) -> Directory:
    """The directory of a log of these acts, a second apart, or at the given distances from the first."""
    return Directory(HERE).fold(
        Record(
            "ionics.directory",
            0,
            offset,
            NOW + (at or {}).get(offset, offset * 1000),
            None,
            frame(1) + codec("directory_act").encode(act) if isinstance(act, dict) else act,
            (),
        )
        for offset, act in enumerate(acts)
    )


def test_two_administrators_add_an_agency_and_its_key() -> None:
    """A proposal and an approval each; the key is good from its approval on."""
    directory = fold(genesis(), *added(), *registered())
    assert (list(directory.agencies), directory.agencies["nzl-customs"].country) == (["nzl-customs"], "NZL")
    assert directory.keys[STRANGER.key_id] == AgencyKey(STRANGER.key_id, "nzl-customs", STRANGER.public, NOW + 4000)
    assert directory.next_offset == 5


PROPOSAL, APPROVAL = added()
UNFOUNDED = {
    "no administrators": added(),
    "no approval": [genesis(), PROPOSAL],
    "no proposal": [genesis(), APPROVAL],
    "approval before proposal": [genesis(), APPROVAL, PROPOSAL],
    "the proposer approves": [genesis(), *added(ONE, ONE)],
    "a stranger proposes": [genesis(), *added(STRANGER, TWO)],
    "a stranger approves": [genesis(), *added(ONE, STRANGER)],
    "signed for another deployment": [genesis(), *added(deployment="ionics")],
    "genesis of another deployment": [genesis("ionics"), *added()],
    "genesis signed by one it does not name": [genesis(HERE, STRANGER), *added()],
    "signature of the proposal damaged": [genesis(), PROPOSAL | {"signature": bytes(64)}, APPROVAL],
    "signature of the approval damaged": [genesis(), PROPOSAL, APPROVAL | {"signature": bytes(64)}],
    "signature missing": [genesis(), PROPOSAL, APPROVAL | {"signature": b""}],
    "another's key id": [genesis(), PROPOSAL, APPROVAL | {"key_id": ONE.key_id}],
    "a command altered after signing": [genesis(), PROPOSAL | {"command": '{"agency_id":"evil"}'}, APPROVAL],
    "approval of something else": [
        genesis(),
        PROPOSAL,
        signed_act(
            HERE,
            "APPROVE",
            "AGENCY_ADD",
            "agency:nzl-customs",
            AGENCY | {"country": "AUS"},
            TWO,
            orjson.loads(b'"' + APPROVAL["proposal_digest"].encode() + b'"'),
        ),
    ],
    "one person's act": [genesis(), signed_act(HERE, "ACT", "AGENCY_ADD", "agency:nzl-customs", AGENCY, ONE)],
}


@pytest.mark.parametrize("acts", UNFOUNDED.values(), ids=UNFOUNDED)
def test_what_two_administrators_did_not_sign_changes_nothing(acts: list[Act]) -> None:
    """Neither agencies nor keys; only the position goes on."""
    directory = fold(*acts)
    assert ({}, {}, len(acts)) == (directory.agencies, directory.keys, directory.next_offset)


@pytest.mark.parametrize(("after_ms", "agencies"), [(PROPOSAL_MS, 1), (PROPOSAL_MS + 1, 0)])
def test_an_approval_comes_within_72_hours(after_ms: int, agencies: int) -> None:
    """By the log's append time, not by anything signed."""
    assert PROPOSAL_MS == 72 * 3600 * 1000
    assert agencies == len(fold(genesis(), *added(), at={1: 0, 2: after_ms}).agencies)


def test_an_approval_counts_once() -> None:
    """Published again it has no proposal any more, and nothing is undone by it."""
    revoke = signed_act(HERE, "ACT", "KEY_REVOKE", f"key:{STRANGER.key_id}", {"key_id": STRANGER.key_id}, ONE)
    directory = fold(genesis(), *added(), *registered(), revoke, *registered())
    assert directory.keys[STRANGER.key_id].revoked


def test_a_second_genesis_is_ignored() -> None:
    """Nobody replaces the administrators by beginning again."""
    directory = fold(genesis(), genesis(HERE, STRANGER, STRANGER), *added(STRANGER, STRANGER))
    assert {ONE.key_id: ONE.public, TWO.key_id: TWO.public} == directory.administrators
    assert directory.agencies == {}


def _raw(step: str, command: str) -> Act:
    act = {"entry_id": "x", "step": step, "kind": "KEY_REGISTER", "command": command, "proposal_digest": None}
    parts = (step, "KEY_REGISTER", "x", command, "")
    message = framed(DIRECTORY_TAG, HERE.encode(), *(part.encode() for part in parts))
    return act | {"key_id": ONE.key_id, "algorithm": ALGORITHM, "signature": ONE.sign(message)}


RUBBISH = {
    "null": None,
    "nothing": b"",
    "no Avro": b"\x00\x00\x00\x00\x01rubbish",
    "no JSON": _raw("PROPOSE", "{"),
    "a genesis without a command": _raw("GENESIS", "{}"),
    "a genesis with a list": _raw("GENESIS", '{"administrators":[]}'),
    "a genesis of a number": _raw("GENESIS", "1"),
    "an act with a list": _raw("ACT", "[]"),
}


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
def test_a_record_that_cannot_be_read_stops_nobody(rubbish: Any) -> None:
    """Wherever it stands, what is signed after it still counts."""
    directory = fold(rubbish, genesis(), rubbish, *added())
    assert list(directory.agencies) == ["nzl-customs"]


def test_a_key_needs_its_agency() -> None:
    """A key registered before its agency is none."""
    assert fold(genesis(), *registered(), *added()).keys == {}


@pytest.mark.parametrize(
    ("moment", "good"), [(99, False), (100, True), (200 + GRACE_MS, True), (201 + GRACE_MS, False)]
)
def test_a_key_is_good_from_its_start_to_30_days_after_its_end(moment: int, *, good: bool) -> None:
    """Whoever was offline when it ended may still deliver."""
    assert GRACE_MS == 30 * 86_400_000
    assert good is AgencyKey("k", "a", b"", 100, 200).is_good_at(moment)
    assert (moment >= 100) is AgencyKey("k", "a", b"", 100).is_good_at(moment)
    assert not AgencyKey("k", "a", b"", 100, 200, revoked=True).is_good_at(moment)


def test_one_administrator_revokes_and_no_stranger_does() -> None:
    """Fast, by one person; but by an administrator."""
    for signer, revoked in ((TWO, True), (STRANGER, False)):
        command = {"key_id": STRANGER.key_id}
        act = signed_act(HERE, "ACT", "KEY_REVOKE", f"key:{STRANGER.key_id}", command, signer)
        assert revoked is fold(genesis(), *added(), *registered(), act).keys[STRANGER.key_id].revoked
