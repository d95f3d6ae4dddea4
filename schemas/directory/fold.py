"""The directory of agencies, public keys and administrators: a pure fold; what does not verify changes nothing.

GENESIS, the first record, names the first administrators' keys. After that two administrators, one, or an agency by its
old key make the changes of `commands.py`.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from schemas.directory.acts import Act, read_act
from schemas.directory.command import Command
from schemas.directory.commands import (
    AdministratorAdd,
    AdministratorRemove,
    AgencyAdd,
    AgencyRemove,
    AgencyRestore,
    AgencySuspend,
    GenerationSet,
    KeyRegister,
    KeyRestore,
    KeyRevoke,
    KeyRotate,
)
from schemas.directory.entries import Agency, AgencyKey
from schemas.directory.two_persons import Signed
from schemas.keys import key_id
from schemas.reading import Record

_FEWEST_ADMINISTRATORS = 2


@dataclass(frozen=True)
class Term:
    """When somebody was an administrator."""

    public: bytes
    start_ms: int
    end_ms: int | None = None


@dataclass
class Directory:
    """The directory after the records before `next_offset`.

    Attributes:
        administrators: key id → public key of those of now.
        keys: also those that are revoked, ended, or of an agency that left.
        signed: proposals that wait for their second signature.
        generation: the one of derived topics and tables that readers use.
        generation_since_ms: since when; 0 for the first one.
    """

    deployment: str
    next_offset: int = 0
    administrators: dict[str, bytes] = field(default_factory=dict)
    agencies: dict[str, Agency] = field(default_factory=dict)
    keys: dict[str, AgencyKey] = field(default_factory=dict)
    signed: Signed = field(default_factory=Signed)
    generation: int = 1
    generation_since_ms: int = 0
    _terms: dict[str, list[Term]] = field(default_factory=dict)

    def fold(self, records: Iterable[Record]) -> "Directory":
        """Take in records in order."""
        for record in records:
            if record.offset < self.next_offset:
                continue
            self.next_offset = record.offset + 1
            act = read_act(self.deployment, record)
            if act is not None:
                self._take(act)
        return self

    def copy(self) -> "Directory":
        """The same directory, which can be folded on without changing this one."""
        return deepcopy(self)

    def administrator_at(self, key_id: str, at_ms: int) -> bytes | None:
        """The public key of whoever was an administrator at a moment by the log's clock."""
        for term in self._terms.get(key_id, ()):
            if term.start_ms <= at_ms and (term.end_ms is None or at_ms < term.end_ms):
                return term.public
        return None

    def key_for(self, key_id: str, at_ms: int) -> AgencyKey | None:
        """The key by which a submission appended at this moment may be signed, if this one is such a key."""
        key = self.keys.get(key_id)
        if key is None or not key.is_good_at(at_ms):
            return None
        agency = self.agencies.get(key.agency_id)
        return None if agency is None or agency.suspended else key

    def _take(self, act: Act) -> None:
        if act.step == "GENESIS":
            self._found(act)
            return
        command = act.parsed()
        if command is None:
            return
        if isinstance(command, KeyRotate):
            if act.step == "ACT":
                self._rotate(act, command)
        elif not command.closed and self.signed.is_due(act, self.administrator_at):
            self._carry_out(command, act.at_ms)

    def _found(self, act: Act) -> None:
        named = _named(act.command)
        if not self._terms and act.key_id in named and act.is_signed_by(named[act.key_id]):
            for id_, public in named.items():
                self._appoint(id_, public, act.at_ms)

    def _appoint(self, id_: str, public: bytes, at_ms: int) -> None:
        self.administrators[id_] = public
        self._terms.setdefault(id_, []).append(Term(public, at_ms))

    def _rotate(self, act: Act, command: KeyRotate) -> None:
        old = self.key_for(act.key_id, act.at_ms)
        if (
            old is not None
            and old.use == "agency"
            and (old.end_ms is None or act.at_ms < old.end_ms)  # the 30 days of grace are for what was signed before
            and old.agency_id == command.agency_id
            and command.key_id not in self.keys
            and act.is_signed_by(old.public)
        ):
            self.keys[old.key_id] = replace(old, end_ms=act.at_ms)
            public = bytes.fromhex(command.public)
            self.keys[command.key_id] = AgencyKey(command.key_id, old.agency_id, public, act.at_ms)

    def _carry_out(self, command: Command, at_ms: int) -> None:
        match command:
            case AgencyAdd():
                added = Agency(command.agency_id, command.name, command.agency_type, command.country)
                self.agencies.setdefault(added.agency_id, added)
            case AgencyRemove():
                if self.agencies.pop(command.agency_id, None) is not None:
                    self._revoke_all(command.agency_id)
            case AgencySuspend() | AgencyRestore():
                agency = self.agencies.get(command.agency_id)
                if agency is not None:
                    self.agencies[agency.agency_id] = replace(agency, suspended=isinstance(command, AgencySuspend))
            case KeyRegister() | KeyRevoke() | KeyRestore():
                self._change_key(command, at_ms)
            case AdministratorAdd() | AdministratorRemove():
                self._change_administrators(command, at_ms)
            case GenerationSet():
                if command.number != self.generation:
                    self.generation, self.generation_since_ms = command.number, at_ms
            case _:
                return

    def _change_key(self, command: KeyRegister | KeyRevoke | KeyRestore, at_ms: int) -> None:
        key = self.keys.get(command.key_id)
        if isinstance(command, KeyRegister):
            if key is None and command.agency_id in self.agencies:
                public = bytes.fromhex(command.public)
                named = (command.key_id, command.agency_id, public, at_ms, command.end_ms)
                self.keys[command.key_id] = AgencyKey(*named, use=command.use)
        elif key is not None:
            revoked = isinstance(command, KeyRevoke)
            since = command.compromised_since_ms if isinstance(command, KeyRevoke) else None
            self.keys[key.key_id] = replace(key, revoked=revoked, compromised_since_ms=since)

    def _change_administrators(self, command: AdministratorAdd | AdministratorRemove, at_ms: int) -> None:
        known = command.key_id in self.administrators
        if isinstance(command, AdministratorAdd):
            if not known:
                self._appoint(command.key_id, bytes.fromhex(command.public), at_ms)
        elif known and len(self.administrators) > _FEWEST_ADMINISTRATORS:
            del self.administrators[command.key_id]
            terms = self._terms[command.key_id]
            terms[-1] = replace(terms[-1], end_ms=at_ms)

    def _revoke_all(self, agency_id: str) -> None:
        for key in list(self.keys.values()):
            if key.agency_id == agency_id:
                self.keys[key.key_id] = replace(key, revoked=True)


def _named(command: dict[str, Any]) -> dict[str, bytes]:
    """The administrators that a genesis names; none where it is damaged."""
    try:
        named = {str(id_): bytes.fromhex(public) for id_, public in command["administrators"].items()}
    except (KeyError, AttributeError, TypeError, ValueError):
        return {}
    good = len(named) >= _FEWEST_ADMINISTRATORS and all(key_id(public) == id_ for id_, public in named.items())
    return named if good else {}
