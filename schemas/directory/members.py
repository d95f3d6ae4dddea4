"""The closed part of the directory: groups, operations, focal points, a pure fold of `ionics.directory-closed`.

Its acts are judged by who was an administrator when they were appended, so the directory must have been read to its end
before; the same two logs always give the same members. Acts about subscriptions are kept as they
are: they are many, and few ask for them (`subscriptions`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from schemas.directory.acts import Act, read_act
from schemas.directory.command import Command
from schemas.directory.commands import (
    FocalPointRestore,
    FocalPointSet,
    FocalPointSuspend,
    GroupSet,
    OperationSet,
    RightGrant,
    RightWithdraw,
)
from schemas.directory.entries import FocalPoint, Group, Operation
from schemas.directory.fold import Directory
from schemas.directory.subscribing import SubscriptionEnd, SubscriptionSet, WebhookHostsSet
from schemas.directory.two_persons import Signed
from schemas.reading import Record

_SUBSCRIBING = (SubscriptionSet.kind, SubscriptionEnd.kind)


@dataclass
class Members:
    """Groups, operations and focal points, on top of the directory of agencies and administrators.

    Attributes:
        next_offset: the next record of `ionics.directory-closed`.
        signed: proposals that wait for their second signature.
        webhook_hosts: agency → the hosts to which it lets webhooks go.
        subscribing: acts about subscriptions in order, each with the agency that the focal point it names was of then;
            nothing of them is proved yet.
    """

    directory: Directory
    next_offset: int = 0
    groups: dict[str, Group] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    focal_points: dict[str, FocalPoint] = field(default_factory=dict)
    signed: Signed = field(default_factory=Signed)
    webhook_hosts: dict[str, frozenset[str]] = field(default_factory=dict)
    subscribing: list[tuple[Act, str | None]] = field(default_factory=list, compare=False)

    def fold(self, records: Iterable[Record]) -> "Members":
        """Take in records in order."""
        for record in records:
            if record.offset < self.next_offset:
                continue
            self.next_offset = record.offset + 1
            act = read_act(self.directory.deployment, record)
            if act is not None and act.kind in _SUBSCRIBING:
                person = self.focal_points.get(str(act.command.get("focal_point_id")))
                self.subscribing.append((act, None if person is None else person.agency_id))
                continue
            command = None if act is None else act.parsed()
            if act is None or command is None or not command.closed:
                continue
            if self.signed.is_due(act, self.directory.administrator_at):
                self._carry_out(command)
        return self

    def focal_point_of(self, issuer: str, subject: str) -> FocalPoint | None:
        """Who is known by this issuer and subject of a token."""
        for each in self.focal_points.values():
            if (each.issuer, each.subject) == (issuer, subject):
                return each
        return None

    def _carry_out(self, command: Command) -> None:
        match command:
            case GroupSet():
                self.groups[command.group_id] = Group(command.group_id, command.name, frozenset(command.members))
            case OperationSet():
                self.operations[command.operation_id] = Operation(
                    command.operation_id, command.name, command.start_ms, command.end_ms
                )
            case FocalPointSet():
                self._set_focal_point(command)
            case FocalPointSuspend() | FocalPointRestore():
                known = self.focal_points.get(command.focal_point_id)
                if known is not None:
                    suspended = isinstance(command, FocalPointSuspend)
                    self.focal_points[known.focal_point_id] = replace(known, suspended=suspended)
            case RightGrant() | RightWithdraw():
                known = self.focal_points.get(command.focal_point_id)
                if known is not None:
                    rights = known.rights - {command.right}
                    if isinstance(command, RightGrant):
                        rights |= {command.right}
                    self.focal_points[known.focal_point_id] = replace(known, rights=rights)
            case WebhookHostsSet():
                self.webhook_hosts[command.agency_id] = frozenset(command.hosts)
            case _:
                return

    def copy(self) -> "Members":
        """The same members, which can be folded on without changing these; the directory is shared."""
        return replace(
            self,
            groups=dict(self.groups),
            operations=dict(self.operations),
            focal_points=dict(self.focal_points),
            signed=self.signed.copy(),
            webhook_hosts=dict(self.webhook_hosts),
            subscribing=list(self.subscribing),
        )

    def _set_focal_point(self, command: FocalPointSet) -> None:
        other = self.focal_point_of(command.issuer, command.subject)
        if other is not None and other.focal_point_id != command.focal_point_id:
            return
        known = self.focal_points.get(command.focal_point_id)
        self.focal_points[command.focal_point_id] = FocalPoint(
            command.focal_point_id,
            command.agency_id,
            command.role,
            command.issuer,
            command.subject,
            frozenset(command.rights),
            suspended=known is not None and known.suspended,
        )
