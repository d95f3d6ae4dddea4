"""What each principal may do on the broker: a function of the topic catalogue and of the agencies.

Nothing else is allowed: the broker refuses where it finds no access list.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from deploy.access.principals import BACKBONE, SEES_LAG, STAGE_GROUPS
from schemas.reading import reading_groups
from schemas.settings import OPERATOR
from schemas.topics import ANYONE, Topic, agency_principal

Resource = Literal["TOPIC", "GROUP", "TRANSACTIONAL_ID"]
Operation = Literal["READ", "WRITE", "DESCRIBE"]


class Grant(NamedTuple):
    """One thing that a principal may do. READ and WRITE include DESCRIBE.

    Attributes:
        principal: its name, or ANYONE.
        name: of the resource, or its beginning where `prefixed`.
    """

    principal: str
    resource: Resource
    name: str
    prefixed: bool
    operation: Operation


def wanted_grants(topics: Iterable[Topic], agencies: Iterable[str]) -> frozenset[Grant]:
    """All grants of a deployment.

    Args:
        topics: of the catalogue, receipts and generations included.
        agencies: ids of those that may take part; one that is suspended is not among them.
    """
    members = [agency_principal(agency_id) for agency_id in agencies]
    names = {"agency": members}
    grants = {
        Grant(principal, "GROUP", prefix, prefixed=True, operation="DESCRIBE")
        for principal in SEES_LAG
        for prefix in STAGE_GROUPS.values()
    }
    for principal in (*BACKBONE, *members):
        grants.add(Grant(principal, "GROUP", reading_groups(principal), prefixed=True, operation="READ"))
    for stage, prefix in STAGE_GROUPS.items():
        grants.add(Grant(stage, "GROUP", prefix, prefixed=True, operation="READ"))
        grants.add(Grant(stage, "TRANSACTIONAL_ID", prefix, prefixed=True, operation="WRITE"))
    present = {*BACKBONE, *members, ANYONE}
    for topic in topics:
        operations: tuple[tuple[Operation, tuple[str, ...]], ...] = (
            ("WRITE", topic.writers),
            ("READ", (*topic.readers, OPERATOR)),
        )
        grants |= {
            Grant(principal, "TOPIC", topic.name, prefixed=False, operation=operation)
            for operation, given in operations
            for name in given
            for principal in names.get(name, [name])
            if principal in present
        }
    return frozenset(grants)
