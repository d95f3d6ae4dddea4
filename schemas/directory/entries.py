"""What the directory holds: agencies, keys, administrators; groups, operations, focal points and subscriptions."""

from dataclasses import dataclass, replace

GRACE_MS = 30 * 86_400_000
"""A key is good for this long after its end: an honest outbox may have been offline."""

SEES_ALL = "sees-all"
OPEN_RIGHTS = ("publish", "read", "coordinate")
"""Rights of a focal point that one administrator may give."""

RIGHTS = (*OPEN_RIGHTS, "audit", "administer", SEES_ALL)
"""All of them; the others need two administrators."""


SECRETARIAT = "SECRETARIAT"
"""Type of an agency that may publish for others what they delegate to it."""


@dataclass(frozen=True)
class Agency:
    """An agency; international organisations and the secretariat may have no country."""

    agency_id: str
    name: str
    agency_type: str
    country: str | None
    suspended: bool = False


@dataclass(frozen=True)
class AgencyKey:
    """A public key of an agency, good from `start_ms` to 30 days after `end_ms`, unless revoked.

    Attributes:
        compromised_since_ms: events admitted from then on are in doubt; nothing is removed.
        use: `agency`, or `gateway`: the HTTP API signs with it for people of the agency.
    """

    key_id: str
    agency_id: str
    public: bytes
    start_ms: int
    end_ms: int | None = None
    revoked: bool = False
    compromised_since_ms: int | None = None
    use: str = "agency"

    def is_good_at(self, moment_ms: int) -> bool:
        """Whether a submission appended at this moment may be signed by it."""
        return (
            not self.revoked
            and self.start_ms <= moment_ms
            and (self.end_ms is None or moment_ms <= self.end_ms + GRACE_MS)
        )


@dataclass(frozen=True)
class Group:
    """A group of agencies, which an audience may name."""

    group_id: str
    name: str
    members: frozenset[str]


@dataclass(frozen=True)
class Operation:
    """A time-bound joint operation."""

    operation_id: str
    name: str
    start_ms: int | None
    end_ms: int | None


@dataclass(frozen=True)
class FocalPoint:
    """A person or machine of an agency, known by a role and by who vouches for it: (issuer, subject) of its tokens.

    Attributes:
        rights: some of RIGHTS.
    """

    focal_point_id: str
    agency_id: str
    role: str
    issuer: str
    subject: str
    rights: frozenset[str]
    suspended: bool = False


@dataclass(frozen=True)
class Subscription:
    """What a focal point is told, and how; see `schemas.directory.subscribing.SubscriptionSet`.

    Attributes:
        agency_id: of the focal point when it was made; it is nobody else's.
        since_ms: by the log's clock; what happened before it is not told.
    """

    subscription_id: str
    focal_point_id: str
    agency_id: str
    events: frozenset[str]
    substances: frozenset[str]
    classes: frozenset[str]
    countries: frozenset[str]
    routes: frozenset[str]
    agencies: frozenset[str]
    kinds: frozenset[str]
    minimum_severity: str
    channel: str
    address: str | None
    content: bool
    acknowledge_minutes: int | None
    escalate_to: tuple[str, ...]
    limit_a_minute: int
    since_ms: int
    ended: bool = False

    def ended_at(self, at_ms: int) -> "Subscription":
        """The same, which is no more; set again, it is for what comes then."""
        return replace(self, ended=True, since_ms=at_ms)
