"""`/requests`: what parties of a thread see of it, each its own threads and nobody else's."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from projections import queries
from projections.api.answers import answer
from projections.api.models import RequestDetail, RequestPage, ResponseTimes
from projections.api.problems import absent
from projections.api.views import View, Viewed
from projections.queries.requests import ALL, ASKED, MINE, OPEN, OVERDUE

router = APIRouter(tags=["requests"])


class Which(StrEnum):
    """All; those that you are to answer; that your agency asked; that are open; that are overdue."""

    ALL = ALL
    MINE = MINE
    ASKED = ASKED
    OPEN = OPEN
    OVERDUE = OVERDUE


@router.get("/requests", operation_id="listRequests", response_model=RequestPage)
def list_requests(
    request: Request,
    view: Viewed,
    which: Which = Which.ALL,
    incident: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Threads that you are a party of, the last asked first."""
    incident_id = None if incident is None else str(incident)
    asked = {"which": str(which), "incident_id": incident_id}
    position = None
    if after is not None:
        at, id_ = view.opened({"requests": True, **asked}, after)
        position = (str(at), str(id_))
    with view.reading() as (connection, generation):
        found = queries.list_requests(
            connection,
            generation,
            now=_now(view),
            which=str(which),
            incident_id=incident_id,
            after=position,
            limit=limit + 1,
        )
        positions = view.store.positions(connection)
    page, more = found[:limit], len(found) > limit
    view.record("LIST", {"requests": asked | {"limit": limit}}, positions=positions)
    following = None
    if more:
        following = view.sealed({"requests": True, **asked}, [page[-1]["asked_at"], page[-1]["thread_id"]])
    return answer(request, view.caller, {"requests": page, "next": following})


@router.get("/requests/times", operation_id="listResponseTimes", response_model=ResponseTimes)
def list_times(request: Request, view: Viewed) -> Response:
    """How agencies answer, by the threads that you are a party of."""
    with view.reading() as (connection, generation):
        found = queries.response_times(connection, generation, now=_now(view))
        positions = view.store.positions(connection)
    view.record("AGGREGATE", {"response_times": {}}, positions=positions)
    return answer(request, view.caller, {"agencies": found})


@router.get("/requests/{thread_id}", operation_id="getRequest", response_model=RequestDetail)
def get_request(request: Request, view: Viewed, thread_id: UUID) -> Response:
    """One thread: what was asked, by whom, until when, what was said, and what is due."""
    id_ = str(thread_id)
    with view.reading() as (connection, generation):
        found = queries.request_document(connection, generation, id_, now=_now(view))
    if found is None:
        raise absent()
    view.record("DETAIL", {"request": id_})
    return answer(request, view.caller, found)


def _now(view: View) -> datetime:
    """What is overdue is told by the clock, or by the moment that is asked for."""
    return view.moment or datetime.now(UTC)
