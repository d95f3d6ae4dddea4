"""The directory of agencies and public keys: a pure fold of signed acts; what does not verify is ignored.

Two persons add an agency, an administrator or a first key: a proposal by one administrator, an approval by another
within 72 hours that signs the hash of the proposal. GENESIS, the first record, names the first administrators' keys.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from schemas.codec import codec
from schemas.directory.entries import Agency, AgencyKey
from schemas.errors import ContractError
from schemas.identity import DIRECTORY_TAG, canonical_json, framed
from schemas.keys import ALGORITHM, SigningKey, verifies
from schemas.reading import Record, read_topic
from schemas.settings import Settings
from schemas.topics import DIRECTORY

PROPOSAL_MS = 72 * 3_600_000


@dataclass
class Directory:
    """The directory after the records before `next_offset`."""

    deployment: str
    next_offset: int = 0
    administrators: dict[str, bytes] = field(default_factory=dict)
    agencies: dict[str, Agency] = field(default_factory=dict)
    keys: dict[str, AgencyKey] = field(default_factory=dict)
    _proposals: dict[str, tuple[dict[str, Any], int]] = field(default_factory=dict)

    def fold(self, records: Iterable[Record]) -> "Directory":
        """Take in records in order; what does not verify changes nothing."""
        for record in records:
            self.next_offset = max(self.next_offset, record.offset + 1)
            try:
                act = codec("directory_act").decode((record.value or b"")[5:])
                self._take(act, record.timestamp_ms)
            except (ContractError, ValueError, KeyError, TypeError, AttributeError):
                continue  # an act that cannot be read or carried out is no act; the record itself stays for auditors
        return self

    def _take(self, act: dict[str, Any], at_ms: int) -> None:
        message = act_message(self.deployment, act)
        command = orjson.loads(act["command"])
        if act["step"] == "GENESIS":
            named = {key: bytes.fromhex(public) for key, public in command["administrators"].items()}
            if not self.administrators and verifies(named[act["key_id"]], message, act["signature"]):
                self.administrators = named
            return
        public = self.administrators.get(act["key_id"])
        if public is None or not verifies(public, message, act["signature"]):
            return
        if act["step"] == "PROPOSE":
            self._proposals[hashlib.sha256(message).hexdigest()] = (act, at_ms)
        elif act["step"] == "APPROVE":
            proposal, proposed_ms = self._proposals[act["proposal_digest"]]
            same = all(proposal[name] == act[name] for name in ("entry_id", "kind", "command"))
            if same and proposal["key_id"] != act["key_id"] and at_ms - proposed_ms <= PROPOSAL_MS:
                del self._proposals[act["proposal_digest"]]
                self._carry_out(act["kind"], command, at_ms)
        elif act["kind"] == "KEY_REVOKE":
            self.keys[command["key_id"]] = replace(self.keys[command["key_id"]], revoked=True)

    def _carry_out(self, kind: str, command: dict[str, Any], at_ms: int) -> None:
        if kind == "AGENCY_ADD":
            agency = Agency(command["agency_id"], command["name"], command["agency_type"], command.get("country"))
            self.agencies.setdefault(agency.agency_id, agency)
        elif kind == "KEY_REGISTER" and command["agency_id"] in self.agencies:
            key = AgencyKey(
                command["key_id"], command["agency_id"], bytes.fromhex(command["public"]), at_ms, command.get("end_ms")
            )
            self.keys.setdefault(key.key_id, key)


def act_message(deployment: str, act: dict[str, Any]) -> bytes:
    """The bytes that an administrator signs."""
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
    """One signed step, as a record of `ionics.directory`."""
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


def read_directory(settings: Settings) -> Directory:
    """The directory as it stands now.

    Raises:
        LogError: `ionics.directory` cannot be read.
    """
    return Directory(settings.require("deployment")).fold(read_topic(settings, DIRECTORY.name))
