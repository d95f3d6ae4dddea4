"""Members made directly, for tests that need somebody to look."""

from typing import Any

from schemas.directory import Agency, Directory, FocalPoint, Group, Members
from schemas.sharing import Policy, may_see

OFFICER = "officer"
"""A focal point of an agency that nothing names: it sees what the community sees."""


def person(id_: str, agency: str, *rights: str, suspended: bool = False) -> FocalPoint:
    """A focal point."""
    return FocalPoint(id_, agency, "OFFICER", "https://id.example", id_, frozenset(rights), suspended)


def members(agencies: list[Agency], people: list[FocalPoint], groups: list[Group] | None = None) -> Members:
    """A directory of these."""
    directory = Directory("dev-test", agencies={agency.agency_id: agency for agency in agencies})
    return Members(
        directory,
        focal_points={each.focal_point_id: each for each in people},
        groups={group.group_id: group for group in groups or []},
    )


COMMUNITY_ONLY = members([Agency("onlooker", "Onlooker", "CUSTOMS", "FJI")], [person(OFFICER, "onlooker", "read")])


def visible(viewer: str, records: list[dict[str, Any]], directory: Members) -> list[dict[str, Any]]:
    """Revisions that the viewer may see: their own policy allows it, and so does that of the latest revision.

    The records are enriched incidents, each incident's in the order of its revisions.
    """
    bodies = [record["admitted"]["incident"] for record in records]
    latest = {body["incident_id"]: body for body in bodies}
    return [
        record
        for record, body in zip(records, bodies, strict=True)
        if may_see(viewer, Policy.of(body), directory)
        and may_see(viewer, Policy.of(latest[body["incident_id"]]), directory)
    ]
