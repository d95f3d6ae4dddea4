"""Who may do what, by the directory as it stands."""

from collections.abc import Iterable, Mapping

from schemas.directory import SECRETARIAT, Agency, FocalPoint, Members
from schemas.errors import ForbiddenError

COORDINATE, PUBLISH = "coordinate", "publish"
WRITE = frozenset({"publish", COORDINATE})
"""Rights of which one is needed to ask others and to answer them."""


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
    require_one(found, *rights)
    return found


def require_one(person: FocalPoint, *rights: str) -> None:
    """Check that somebody has one of the rights.

    Raises:
        ForbiddenError: none of them.
    """
    if person.rights.isdisjoint(rights):
        words = f"{person.focal_point_id} needs the right {' or '.join(rights)}; two administrators grant it"
        raise ForbiddenError(words)


def require_judge(person: FocalPoint, pairs: Iterable[tuple[str, str]], owners: Mapping[str, str]) -> None:
    """Check that a focal point may judge pairs of incidents, all of which it may see.

    Args:
        person: who judges; with the right `coordinate`, or of an agency that owns one of each two.
        pairs: of incidents.
        owners: incident → the agency that reported it.

    Raises:
        ForbiddenError: it may not judge one of them.
    """
    if COORDINATE in person.rights:
        return
    for pair in pairs:
        if person.agency_id not in (owners[incident_id] for incident_id in pair):
            raise ForbiddenError(
                f"{person.focal_point_id} needs the right {COORDINATE}, or an incident of its own agency: neither "
                f"{' nor '.join(pair)} is of {person.agency_id}"
            )


def require_author(person: FocalPoint, agency: Agency) -> None:
    """Check that a focal point may write special alerts: for the secretariat, with the right `coordinate`.

    Args:
        person: who writes.
        agency: its agency.

    Raises:
        ForbiddenError: it may not.
    """
    if agency.agency_type != SECRETARIAT or COORDINATE not in person.rights:
        raise ForbiddenError(
            f"{person.focal_point_id} may not write special alerts: this takes an agency of the type {SECRETARIAT} and "
            f"the right {COORDINATE}"
        )


def require_watcher(person: FocalPoint) -> None:
    """Check that a focal point may set and end watches of its agency.

    Raises:
        ForbiddenError: it has neither of the rights `publish` and `coordinate`.
    """
    if person.rights.isdisjoint((PUBLISH, COORDINATE)):
        raise ForbiddenError(f"{person.focal_point_id} needs the right {PUBLISH} or {COORDINATE} to watch something")
