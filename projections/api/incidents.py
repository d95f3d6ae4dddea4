"""`/incidents`: lists, details, revisions, and who opened them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from projections import queries
from projections.api.answers import answer
from projections.api.callers import Reader, Store
from projections.api.models import Detail, IncidentPage, Opened, Period
from projections.api.problems import absent
from projections.api.views import Viewed

router = APIRouter(tags=["incidents"])
_Code = Annotated[str | None, Query(pattern=r"^[A-Z_]{1,64}$")]
_Alpha3 = Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")]
_Name = Annotated[str | None, Query(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
_Substance = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9:_.-]{1,100}$")]
_Reference = Annotated[
    str | None, Query(pattern=r"^[^\x00-\x1f\x7f]{1,200}$", description="How the agency's own reference begins.")
]
_Limit = Annotated[int, Query(ge=1, le=500)]
_Cursor = Annotated[str | None, Query(max_length=500)]


@router.get("/incidents", operation_id="listIncidents", response_model=IncidentPage)
def list_incidents(
    request: Request,
    view: Viewed,
    agency: _Name = None,
    country: _Alpha3 = None,
    type: _Code = None,  # noqa: A002  # the name in the address
    substance: _Substance = None,
    reference: _Reference = None,
    since: Period = None,
    until: Period = None,
    limit: _Limit = 50,
    after: _Cursor = None,
) -> Response:
    """Incidents that you may see, the newest admitted first. `next` is the cursor of the page that follows."""
    asked: dict[str, Any] = {"agency_id": agency, "country": country, "incident_type": type, "substance_id": substance}
    asked |= {"reference": reference, "since": since, "until": until}
    position = None
    if after is not None:
        at, id_ = view.opened(asked, after)
        position = (str(at), str(id_))
    with view.reading() as (connection, generation):
        found = queries.list_incidents(connection, generation, **asked, after=position, limit=limit + 1)
        positions = view.store.positions(connection)
    page, more = found[:limit], len(found) > limit
    view.record("LIST", {"incidents": asked | {"limit": limit}}, positions=positions)
    following = None
    if more:
        following = view.sealed(asked, [page[-1]["admitted_at"], page[-1]["incident_id"]])
    return answer(request, view.caller, {"incidents": page, "next": following})


@router.get("/incidents/{incident_id}", operation_id="getIncident", response_model=Detail)
def get_incident(request: Request, view: Viewed, incident_id: UUID) -> Response:
    """One incident with its items and revisions, as reported and as enriched."""
    id_ = str(incident_id)
    with view.reading() as (connection, generation):
        found = queries.incident(connection, generation, id_)
        if found is None:
            raise absent()
        value = queries.stored_value(connection, generation, id_)
        document = {
            "incident": found,
            "items": queries.items(connection, generation, id_),
            "revisions": queries.revisions(connection, generation, id_),
            "reported": None if value is None else view.store.values.reported(value),
        }
    view.record("DETAIL", {"incident": id_}, [id_])
    return answer(request, view.caller, document)


@router.get("/incidents/{incident_id}/opened", operation_id="listOpened", response_model=Opened)
def list_opened(request: Request, caller: Reader, store: Store, incident_id: UUID) -> Response:
    """Which agencies opened your own incident on which days. Nobody else's incident has such a list."""
    id_ = str(incident_id)
    with store.viewing(caller) as connection:
        found = queries.incident(connection, store.generation, id_)
        if found is None or found["agency_id"] != caller.agency.agency_id:
            raise absent()
        rows = queries.opened_by(connection, store.generation, id_)
        positions = store.positions(connection)
    store.record(caller, "LIST", {"opened": id_}, positions=positions)
    return answer(request, caller, {"opened": rows})
