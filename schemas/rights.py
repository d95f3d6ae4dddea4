"""Who may do what, by the directory as it stands."""

from schemas.directory import FocalPoint, Members
from schemas.errors import ForbiddenError


def acting(members: Members, focal_point_id: str) -> FocalPoint:
    """The focal point, if it may act: known, not suspended, and of an agency that takes part.

    Raises:
        ForbiddenError: it may not.
    """
    found = members.focal_points.get(focal_point_id)
    agency = None if found is None else members.directory.agencies.get(found.agency_id)
    if found is None or found.suspended or agency is None or agency.suspended:
        raise ForbiddenError(
            f"{focal_point_id} is no focal point that may act; see `ionics directory list focal-points`"
        )
    return found


def require_right(members: Members, focal_point_id: str, *rights: str) -> FocalPoint:
    """The focal point, if it may act and has one of the rights.

    Raises:
        ForbiddenError: it has none of them.
    """
    found = acting(members, focal_point_id)
    if found.rights.isdisjoint(rights):
        raise ForbiddenError(f"{focal_point_id} needs the right {' or '.join(rights)}; two administrators grant it")
    return found
