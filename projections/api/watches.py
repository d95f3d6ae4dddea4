"""`/watches`: what agencies watch; an alert is raised where an incident meets it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from projections import queries
from projections.api.answers import answer
from projections.api.backend import Backend, Caller
from projections.api.callers import Reader, Store
from projections.api.models import WatchPage, WrittenWatch
from projections.api.problems import ProblemError, absent
from projections.api.views import Viewed
from projections.watching import WatchDesk
from schemas.errors import ForbiddenError, ProjectionError
from schemas.watch import Watch, WatchKind

router = APIRouter(tags=["alerts"])


class WatchBody(BaseModel):
    """Something to watch."""

    model_config = ConfigDict(extra="forbid")

    kind: WatchKind
    value: str = Field(description="As it is written; a route as from>to in alpha-3, such as CHN>NZL.")
    reason: str
    audience: list[str] = Field(
        [],
        description="Who sees the watch, and is told beside your own agency: COMMUNITY, or named countries, agencies "
        "and groups; else your agency alone.",
    )
    until: datetime | None = None


@router.get("/watches", operation_id="listWatches", response_model=WatchPage)
def list_watches(
    request: Request,
    view: Viewed,
    agency: Annotated[str | None, Query(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] = None,
    ended: Annotated[bool, Query(description="Those that have ended, too.")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Watches of your agency, and of others as far as you may see them, the last set first."""
    asked: dict[str, Any] = {"agency_id": agency, "ended": ended}
    position = None
    if after is not None:
        at, id_ = view.opened({"watches": True, **asked}, after)
        position = (str(at), str(id_))
    with view.reading() as (connection, generation):
        found = queries.list_watches(connection, generation, **asked, at=view.moment, after=position, limit=limit + 1)
        positions = view.store.positions(connection)
    page, more = found[:limit], len(found) > limit
    view.record("LIST", {"watches": asked | {"limit": limit}}, positions=positions)
    following = view.sealed({"watches": True, **asked}, [page[-1]["at"], page[-1]["watch_id"]]) if more else None
    return answer(request, view.caller, {"watches": page, "next": following})


@router.post("/watches", operation_id="setWatch", status_code=201, response_model=WrittenWatch)
def begin(request: Request, caller: Reader, store: Store, body: WatchBody) -> dict[str, Any]:
    """Watch something for your own agency. Needs the right publish or coordinate."""
    content = body.model_dump()
    content["audience"] = content["audience"] or [f"agency:{caller.agency.agency_id}"]
    with _desk(request, caller, store) as desk:
        return _told(desk.begin(content))


@router.delete("/watches/{watch_id}", operation_id="endWatch", response_model=WrittenWatch)
def end(
    request: Request,
    caller: Reader,
    store: Store,
    watch_id: UUID,
    reason: Annotated[str | None, Query(max_length=1_000, pattern=r"^[^\x00]+$")] = None,
) -> dict[str, Any]:
    """End a watch of your own agency."""
    id_ = str(watch_id)
    store.record(caller, "LIST", {"watching": id_})
    with _desk(request, caller, store) as desk:
        return _told(desk.end(id_, reason))


@contextmanager
def _desk(request: Request, caller: Caller, store: Backend) -> Iterator[WatchDesk]:
    """The caller's desk, with its errors as answers.

    Raises:
        ProblemError: 404, there is no such watch that the caller may see; 403, the caller may not set or end it; 503.
    """
    person = replace(caller.focal_point, rights=caller.rights)
    try:
        yield WatchDesk(store.settings, person, store.members.members())
    except ProjectionError:
        raise absent() from None
    except ForbiddenError as error:
        store.refusals.add("NO_RIGHT", str(error), f"{request.method} {request.url.path}", caller.id)
        raise ProblemError(
            403,
            "NO_RIGHT",
            "watches are set with the right publish or coordinate, and ended by the same agency",
        ) from None


def _told(made: Watch) -> dict[str, Any]:
    return {"watch": made.model_dump(mode="json")}
