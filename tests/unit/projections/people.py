"""Members made directly, for tests that need somebody to look."""

from schemas.directory import Agency, Directory, FocalPoint, Group, Members

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
