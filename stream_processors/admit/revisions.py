"""What admission knows of each incident: its revisions. A fold of `ionics.incidents`."""

from typing import Literal, NamedTuple

from schemas.errors import InvalidIncidentError


class Revision(NamedTuple):
    """One admitted revision."""

    number: int
    content_digest: str
    signed_digest: str


Known = tuple[Revision, ...]
"""Admitted revisions of an incident, in the order in which they were admitted."""

Standing = Literal["ACCEPTED", "SUPERSEDED", "DUPLICATE", "SUPERSEDED_AGAIN"]


def standing(known: Known, number: int, content_digest: str) -> Standing:
    """How a revision stands to those admitted before.

    Above the current one it is ACCEPTED, gaps included. The current one again is a DUPLICATE. A lower one is
    SUPERSEDED: history, admitted once; SUPERSEDED_AGAIN if that had happened.

    Raises:
        InvalidIncidentError: CONFLICT, the revision was admitted with other content.
    """
    if not known:
        return "ACCEPTED"
    current = max(revision.number for revision in known)
    same = next((revision for revision in known if revision.number == number), None)
    if same is not None and same.content_digest != content_digest:
        raise InvalidIncidentError(
            "CONFLICT", "revision", f"revision {number} was admitted with other content; amend with a higher revision"
        )
    if number > current:
        return "ACCEPTED"
    if number == current:
        return "DUPLICATE"
    return "SUPERSEDED" if same is None else "SUPERSEDED_AGAIN"


def chain_in_doubt(known: Known, previous_number: int | None, previous_digest: str | None) -> bool:
    """Whether a revision names as its predecessor one that was admitted with another signed digest, or never."""
    if previous_number is None:
        return False
    return not any(r.number == previous_number and r.signed_digest == previous_digest for r in known)
