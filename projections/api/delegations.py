"""`/delegations`: what was delegated to the secretariat, and as what it was published."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from projections import queries
from projections.api.answers import answer
from projections.api.callers import Reader, Store
from projections.api.models import DelegationPage

router = APIRouter(tags=["incidents"])


@router.get("/delegations", operation_id="listDelegations", response_model=DelegationPage)
def list_delegations(
    request: Request,
    caller: Reader,
    store: Store,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Delegated reports of your own agency, or delegated to it, and as what they were published."""
    asked: dict[str, Any] = {"delegations": {}}
    position = None
    if after is not None:
        at, id_, name = store.cursors.open(caller.id, asked, after)
        position = (str(at), str(id_), str(name))
    with store.viewing(caller) as connection:
        found = queries.delegations(connection, store.generation, after=position, limit=limit + 1)
        positions = store.positions(connection)
    page, more = found[:limit], len(found) > limit
    store.record(caller, "LIST", {"delegations": {"limit": limit}}, positions=positions)
    following = None
    if more:
        place = [page[-1][name] or "" for name in ("admitted_at", "incident_id", "secretariat")]
        following = store.cursors.seal(caller.id, asked, place)
    return answer(request, caller, {"delegations": page, "next": following})
