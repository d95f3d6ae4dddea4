"""A case as readers get it: the typed model of ``schemas/avro/case_event.avsc``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CaseMember:
    """An incident of a case.

    Attributes:
        canonical_id: the incident that stands for its seizure: the first admitted of those that report it.
    """

    incident_id: str
    revision: int
    admitted_at: datetime
    canonical_id: str


@dataclass(frozen=True, slots=True)
class CaseLink:
    """A link within a case.

    Attributes:
        kind: DUPLICATE, SAME_SHIPMENT, SAME_NETWORK, SAME_MODUS_OPERANDI; RELATED where only people say so.
        verdict: SAME or RELATED where people judged, else NONE.
        duplicate_ppm: probability that the two are one seizure, in millionths.
        related_mbit: how surprising what they share is, in thousandths of a bit.
    """

    left: str
    right: str
    kind: str
    verdict: str
    duplicate_ppm: int
    related_mbit: int


@dataclass(frozen=True, slots=True)
class CaseReason:
    """What one field says of a link.

    Attributes:
        weight_mbit: what that is worth, in thousandths of a bit; negative speaks against one seizure.
        surprise_mbit: how surprising a value is that both have.
    """

    field: str
    level: str
    weight_mbit: int
    surprise_mbit: int
    left: str | None
    right: str | None


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One thing that is different from the version before.

    Attributes:
        what: MEMBER_ADDED, MEMBER_LEFT, MEMBER_REVISED, CANONICAL_CHANGED, LINK_ADDED, LINK_GONE, LINK_CHANGED, OPENED,
            MERGED, SPLIT or CLOSED.
        subject: the incident, the pair (left|right) or the case that it is about.
        reasons: of an added or changed link.
    """

    what: str
    subject: str
    reasons: tuple[CaseReason, ...]

    @property
    def incidents(self) -> frozenset[str]:
        """The incidents that it names; a case goes by the id of one."""
        return frozenset(self.subject.split("|"))


@dataclass(frozen=True, slots=True)
class CaseVersion:
    """A case after a change.

    Attributes:
        policy_class: the class of policy of all members: 0 is the community.
        version: 1, 2, … of this case.
        members: by admission; none where the case is no more.
        links: by pair; of a case of many members only those that changed.
        at: append time of the record that changed it.
        positions: next offsets of links and judgements that it follows from.
    """

    case_id: str
    policy_class: int
    version: int
    members: tuple[CaseMember, ...]
    links: tuple[CaseLink, ...]
    changes: tuple[CaseChange, ...]
    at: datetime
    positions: tuple[int, ...]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "CaseVersion":
        """The case of a decoded record."""
        return cls(
            record["case_id"],
            record["policy_class"],
            record["version"],
            tuple(CaseMember(**member) for member in record["members"]),
            tuple(CaseLink(**link) for link in record["links"]),
            tuple(_change(change) for change in record["changes"]),
            record["at"],
            tuple(record["positions"]),
        )

    @property
    def incidents(self) -> frozenset[str]:
        """All incidents that it names, those that left included."""
        members = {member.incident_id for member in self.members}
        return frozenset(members.union({self.case_id}, *(change.incidents for change in self.changes)))

    @property
    def seizures(self) -> int:
        """Distinct seizures among the members."""
        return len({member.canonical_id for member in self.members})


def _change(change: Mapping[str, Any]) -> CaseChange:
    reasons = tuple(CaseReason(**reason) for reason in change["reasons"])
    return CaseChange(change["what"], change["subject"], reasons)
