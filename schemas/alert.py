"""An alert as readers get it: the typed model of ``schemas/avro/alert.avsc``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from schemas.errors import DecodeError
from schemas.policies import COMMUNITY_CLASS, policy_class

RAISED, WITHDRAWN = "RAISED", "WITHDRAWN"
"""Statuses of an alert."""
SPECIAL = "SPECIAL"
"""Kind of an alert that the secretariat wrote: it names incidents, and does not rest on them."""


class Severity(StrEnum):
    """How much it presses, the least first; the codes of the list ``severity``."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"

    @property
    def and_graver(self) -> list["Severity"]:
        """This one and those that press more."""
        every = list(Severity)
        return every[every.index(self) :]


@dataclass(frozen=True, slots=True)
class AlertSubject:
    """What an alert is about; what does not apply is None.

    Attributes:
        substance_text: name as reported, where nobody knows it.
        countries: of place and route, ISO 3166-1 alpha-3.
        region: UN M49 code.
        departure: ISO 3166-1 alpha-3.
        destination: ISO 3166-1 alpha-3.
        period: month or week: 2016-03, 2016-W09.
    """

    substance_id: str | None
    substance_class: str | None
    substance_text: str | None
    countries: tuple[str, ...]
    region: str | None
    departure: str | None
    destination: str | None
    period: str | None


@dataclass(frozen=True, slots=True)
class AlertReason:
    """One ground, in words and numbers.

    Attributes:
        value: the number found, as a decimal string.
        expected: what was to be expected, or the threshold.
    """

    field: str
    words: str
    value: str | None
    expected: str | None


@dataclass(frozen=True, slots=True)
class AlertIncident:
    """An incident that an alert rests on, or that a special alert names.

    Attributes:
        revision: the one that was looked at; 0 where an author only named it.
    """

    incident_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """Policy of inputs that are not the community's.

    Attributes:
        policy_class: as `schemas.policies.policy_class` makes it of the two others.
        audience: sorted.
    """

    policy_class: int
    owner: str
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertDocument:
    """A document by reference, stored outside the log.

    Attributes:
        sha256: hexadecimal.
        size: bytes.
    """

    media_type: str
    sha256: str
    size: int
    title: str | None


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert at one revision.

    Attributes:
        revision: 1, 2, … of this alert in its generation; the highest holds.
        status: RAISED, or WITHDRAWN where what it rested on holds no more.
        kind: code of the list alert_kind.
        severity: code of the list severity.
        reasons: the weightiest first.
        incidents: from which it follows; of many, the first.
        policies: all of them must allow a viewer; none where it is of the community.
        tlp: the strictest label of the inputs.
        raised_at: append time of the submission by which it holds.
        act_before: until when acting on it is worth something.
        text: what the author of a special alert wrote.
        author_id: focal point that wrote a special alert.
        positions: next offset of each input of the stage.
    """

    alert_id: str
    revision: int
    status: str
    kind: str
    severity: str
    title: str
    subject: AlertSubject
    reasons: tuple[AlertReason, ...]
    incidents: tuple[AlertIncident, ...]
    policies: tuple[AlertPolicy, ...]
    tlp: str
    raised_at: datetime
    act_before: datetime | None
    text: str | None
    documents: tuple[AlertDocument, ...]
    author_id: str | None
    author_agency: str | None
    positions: tuple[int, ...]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Alert":
        """The alert of a decoded record."""
        subject = record["subject"]
        return cls(
            record["alert_id"],
            record["revision"],
            record["status"],
            record["kind"],
            record["severity"],
            record["title"],
            AlertSubject(**{**subject, "countries": tuple(subject["countries"])}),
            tuple(AlertReason(**reason) for reason in record["reasons"]),
            tuple(AlertIncident(**incident) for incident in record["incidents"]),
            tuple(
                AlertPolicy(policy["class"], policy["owner"], tuple(policy["audience"]))
                for policy in record["policies"]
            ),
            record["tlp"],
            record["raised_at"],
            record["act_before"],
            record["text"],
            tuple(AlertDocument(**document) for document in record["documents"]),
            record["author_id"],
            record["author_agency"],
            tuple(record["positions"]),
        )

    @property
    def classes(self) -> frozenset[int]:
        """The classes of policy all of which must allow a viewer."""
        return frozenset(policy.policy_class for policy in self.policies) or frozenset({COMMUNITY_CLASS})

    @property
    def rests_on(self) -> frozenset[str]:
        """The incidents without which it says nothing; a special alert is its author's word."""
        return frozenset() if self.kind == SPECIAL else frozenset(each.incident_id for each in self.incidents)


def check_policies(record: Mapping[str, Any]) -> None:
    """Check that each policy of a decoded record has the class that owner and audience make.

    Raises:
        DecodeError: one has not: who may see the alert could not be told.
    """
    for policy in record["policies"]:
        if policy["class"] != policy_class(policy["owner"], tuple(sorted(policy["audience"]))):
            raise DecodeError(f"the policy of {policy['owner']} has not the class {policy['class']}")
