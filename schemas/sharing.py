"""Who may see what: the one rule. PostgreSQL holds the same one as row-level security (`projections/`)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.directory.entries import SEES_ALL
from schemas.directory.members import Members
from schemas.incident import COMMUNITY


@dataclass(frozen=True)
class Policy:
    """To whom a revision of an incident was shared, by whom.

    Attributes:
        owner: the agency that reported it.
        audience: COMMUNITY, or `country:…`, `agency:…`, `group:…`.
        tlp: label of the Traffic Light Protocol 2.0. Label and handling say what those who see it may do with it; who
            they are is the audience's to say (docs/decisions/0008).
    """

    owner: str
    audience: frozenset[str]
    tlp: str

    @classmethod
    def of(cls, incident: Mapping[str, Any]) -> "Policy":
        """The policy of an incident's body."""
        return cls(incident["agency_id"], frozenset(incident["audience"]), str(incident["tlp"]))


def may_see(focal_point_id: str, policy: Policy, members: Members) -> bool:
    """Whether a focal point may see what is under this policy, by the directory as it is given.

    A suspended focal point, or one of a suspended or unknown agency, sees nothing. Else it sees what its agency owns
    and what names the community, its agency, its agency's country or a group that its agency belongs to; and
    everything with the capability `sees-all`.
    """
    viewer = members.focal_points.get(focal_point_id)
    if viewer is None or viewer.suspended:
        return False
    agency = members.directory.agencies.get(viewer.agency_id)
    if agency is None or agency.suspended:
        return False
    if SEES_ALL in viewer.rights or policy.owner == agency.agency_id:
        return True
    return admits(policy.audience, agency.agency_id, members)


def admits(audience: Collection[str], agency_id: str, members: Members) -> bool:
    """Whether an audience names an agency: as the community, itself, its country, or a group that it belongs to."""
    names = {COMMUNITY, f"agency:{agency_id}"}
    names |= {f"group:{group.group_id}" for group in members.groups.values() if agency_id in group.members}
    country = members.directory.agencies[agency_id].country
    if country is not None:
        names.add(f"country:{country}")
    return not names.isdisjoint(audience)
