"""`/links`: pairs of incidents that belong together, or may, with their reasons."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from projections import queries
from projections.api.answers import answer
from projections.api.models import LinkPage
from projections.api.views import Viewed
from projections.queries.links import ALL, COUNTING, REVIEW

router = APIRouter(tags=["links"])


class Which(StrEnum):
    """Which links: those that count, those that a person should look at, or all between current revisions."""

    COUNTING = COUNTING
    REVIEW = REVIEW
    ALL = ALL


@router.get("/links", operation_id="listLinks", response_model=LinkPage)
def list_links(
    request: Request,
    view: Viewed,
    which: Which = Which.COUNTING,
    incident: UUID | None = None,
    kind: Annotated[str | None, Query(pattern=r"^[A-Z_]{1,64}$")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Links between incidents that you see both, urgent ones first, then the more probable to be one seizure."""
    asked = {"which": str(which), "incident_id": None if incident is None else str(incident), "kind": kind}
    position = None
    if after is not None:
        urgent, ppm, left, right = view.opened({"links": True, **asked}, after)
        position = (bool(urgent), int(ppm), str(left), str(right))
    with view.reading() as (connection, generation):
        found = queries.list_links(
            connection,
            generation,
            which=str(which),
            incident_id=asked["incident_id"],
            kind=kind,
            after=position,
            limit=limit + 1,
        )
        positions = view.store.positions(connection)
    page, more = found[:limit], len(found) > limit
    ids = sorted({row[side] for row in page for side in ("left", "right")})
    view.record("LIST", {"links": asked | {"limit": limit}}, ids, positions=positions)
    following = None
    if more:
        last = page[-1]
        place = [last["urgent"], last["duplicate_ppm"], last["left"], last["right"]]
        following = view.sealed({"links": True, **asked}, place)
    return answer(request, view.caller, {"links": page, "next": following})
