"""Signed steps: what is signed, making them, reading them back."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.codec import FRAME_BYTES, codec
from schemas.directory.command import Command
from schemas.directory.commands import COMMANDS
from schemas.errors import ContractError
from schemas.identity import DIRECTORY_TAG, canonical_json, framed
from schemas.keys import ALGORITHM, SigningKey, verifies
from schemas.reading import Record


@dataclass(frozen=True)
class Act:
    """A step as it stands in the log; nothing of it is proved yet.

    Attributes:
        at_ms: append time, the only clock.
        digest: SHA-256 of the signed message, hexadecimal.
    """

    step: str
    kind: str
    entry_id: str
    command: dict[str, Any]
    proposal_digest: str | None
    key_id: str
    signature: bytes
    message: bytes
    at_ms: int

    @property
    def digest(self) -> str:
        """What an approval names."""
        return hashlib.sha256(self.message).hexdigest()

    def is_signed_by(self, public: bytes | None) -> bool:
        """Whether the signature is of this step by this key."""
        return public is not None and verifies(public, self.message, self.signature)

    def parsed(self) -> Command | None:
        """The command, or None where it is none of its kind or about another entry."""
        model = COMMANDS.get(self.kind)
        if model is None:
            return None
        try:
            command = model.model_validate(self.command)
        except ValueError:
            return None
        return command if command.entry_id == self.entry_id else None


def read_act(deployment: str, record: Record) -> Act | None:
    """The act in a record, or None where it cannot be read; the record itself stays for auditors."""
    try:
        act = codec("directory_act").decode((record.value or b"")[FRAME_BYTES:])
        command = orjson.loads(act["command"])
        message = act_message(deployment, act)
    except (ContractError, ValueError):
        return None
    if not isinstance(command, dict) or act["algorithm"] != ALGORITHM:
        return None
    return Act(
        act["step"],
        act["kind"],
        act["entry_id"],
        command,
        act["proposal_digest"],
        act["key_id"],
        act["signature"],
        message,
        record.timestamp_ms,
    )


def act_message(deployment: str, act: dict[str, Any]) -> bytes:
    """The bytes that are signed."""
    parts = (act["step"], act["kind"], act["entry_id"], act["command"], act["proposal_digest"] or "")
    return framed(DIRECTORY_TAG, deployment.encode(), *(part.encode() for part in parts))


def signed_act(
    deployment: str,
    step: str,
    kind: str,
    entry_id: str,
    command: dict[str, Any],
    key: SigningKey,
    proposal_digest: str | None = None,
) -> dict[str, Any]:
    """One signed step, as a record of the directory."""
    act: dict[str, Any] = {
        "entry_id": entry_id,
        "step": step,
        "kind": kind,
        "command": canonical_json(command).decode(),
        "proposal_digest": proposal_digest,
        "key_id": key.key_id,
        "algorithm": ALGORITHM,
    }
    act["signature"] = key.sign(act_message(deployment, act))
    return act


def both_steps(
    deployment: str, kind: str, entry_id: str, command: dict[str, Any], proposer: SigningKey, approver: SigningKey
) -> list[dict[str, Any]]:
    """Proposal and approval of one change."""
    proposal = signed_act(deployment, "PROPOSE", kind, entry_id, command, proposer)
    digest = hashlib.sha256(act_message(deployment, proposal)).hexdigest()
    return [proposal, signed_act(deployment, "APPROVE", kind, entry_id, command, approver, digest)]
