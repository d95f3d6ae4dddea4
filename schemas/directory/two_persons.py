"""Who must have signed before a change is made: one administrator, or two within 72 hours."""

from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.directory.acts import Act
from schemas.directory.commands import COMMANDS

PROPOSAL_MS = 72 * 3_600_000

AdministratorAt = Callable[[str, int], bytes | None]
"""(key id, moment) → the public key of whoever was an administrator then."""


@dataclass
class Signed:
    """The proposals that wait, and the steps that were taken: each signed step counts once."""

    waiting: dict[str, Act] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def copy(self) -> "Signed":
        """The same, which can be taken further without changing this one."""
        return Signed(dict(self.waiting), set(self._taken))

    def is_due(self, act: Act, administrator_at: AdministratorAt) -> bool:
        """Whether this step completes the signatures that its change needs; keeps a proposal that waits."""
        model = COMMANDS.get(act.kind)
        if model is None or not act.is_signed_by(administrator_at(act.key_id, act.at_ms)):
            return False
        if act.step == "APPROVE":
            return model.signers == "two" and self._is_approved(act, administrator_at)
        if act.digest in self._taken:
            return False
        if act.step == "PROPOSE" and model.signers == "two":
            self._taken.add(act.digest)
            self.waiting[act.digest] = act
        elif act.step == "ACT" and model.signers == "one":
            self._taken.add(act.digest)
            return True
        return False

    def _is_approved(self, act: Act, administrator_at: AdministratorAt) -> bool:
        proposal = self.waiting.get(act.proposal_digest or "")
        if (
            proposal is None
            or (proposal.kind, proposal.entry_id, proposal.command) != (act.kind, act.entry_id, act.command)
            or proposal.key_id == act.key_id
            or administrator_at(proposal.key_id, act.at_ms) is None
            or act.at_ms - proposal.at_ms > PROPOSAL_MS
        ):
            return False
        del self.waiting[proposal.digest]
        return True
