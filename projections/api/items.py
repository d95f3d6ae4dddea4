"""`/items`: what was found, item by item."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from projections import queries
from projections.api.answers import answer
from projections.api.models import ItemPage, Period
from projections.api.views import Viewed

router = APIRouter(tags=["items"])


@router.get("/items", operation_id="listItems", response_model=ItemPage)
def list_items(
    request: Request,
    view: Viewed,
    substance: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9:_.-]{1,100}$")] = None,
    substance_class: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$", alias="class")] = None,
    since: Period = None,
    until: Period = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Items of the incidents that you may see, the newest admitted first; withdrawn ones are left out."""
    asked: dict[str, Any] = {"substance_id": substance, "substance_class": substance_class}
    asked |= {"since": since, "until": until}
    position = None
    if after is not None:
        at, id_, number = view.opened({"items": asked}, after)
        position = (str(at), str(id_), int(number))
    with view.reading() as (connection, generation):
        found = queries.list_items(connection, generation, **asked, after=position, limit=limit + 1)
        positions = view.store.positions(connection)
    page = found[:limit]
    view.record("LIST", {"items": asked | {"limit": limit}}, positions=positions)
    following = None
    if len(found) > limit:
        last = [page[-1][name] for name in ("admitted_at", "incident_id", "item_no")]
        following = view.sealed({"items": asked}, last)
    return answer(request, view.caller, {"items": page, "next": following})
