"""`/alerts`: what was found, why, from which incidents, and until when to act."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from projections import queries
from projections.api.answers import answer
from projections.api.models import AlertDetail, AlertPage
from projections.api.problems import absent
from projections.api.views import MOMENT, Viewed, moment_of
from schemas.alert import Severity

router = APIRouter(tags=["alerts"])
_Alpha3 = Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")]


@router.get("/alerts", operation_id="listAlerts", response_model=AlertPage)
def list_alerts(
    request: Request,
    view: Viewed,
    kind: Annotated[str | None, Query(pattern=r"^[A-Z_]{1,64}$")] = None,
    severity: Annotated[Severity | None, Query(description="At least this one.")] = None,
    status: Annotated[str | None, Query(pattern=r"^(RAISED|WITHDRAWN)$")] = None,
    substance: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9:_.-]{1,100}$")] = None,
    substance_class: Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$", alias="class")] = None,
    country: _Alpha3 = None,
    departure: _Alpha3 = None,
    destination: _Alpha3 = None,
    incident: UUID | None = None,
    since: Annotated[
        str | None, Query(pattern=MOMENT, description="Raised then or later: 2026-03-14 or 2026-03-14T12:00Z.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Alerts that you may see, the last raised first."""
    asked: dict[str, Any] = {
        "kind": kind,
        "severity": severity,
        "status": status,
        "substance_id": substance,
        "substance_class": substance_class,
        "country": country,
        "departure": departure,
        "destination": destination,
        "incident_id": None if incident is None else str(incident),
        "since": None if since is None else moment_of(since, "since").isoformat(),
    }
    position = None
    if after is not None:
        at, id_ = view.opened({"alerts": True, **asked}, after)
        position = (str(at), str(id_))
    with view.reading() as (connection, generation):
        found = queries.list_alerts(connection, generation, **asked, after=position, limit=limit + 1)
        positions = view.store.positions(connection)
    page, more = found[:limit], len(found) > limit
    ids = sorted({id_ for row in page for id_ in row["incidents"]})
    view.record("LIST", {"alerts": asked | {"limit": limit}}, ids, positions=positions)
    following = None
    if more:
        following = view.sealed({"alerts": True, **asked}, [page[-1]["raised_at"], page[-1]["alert_id"]])
    return answer(request, view.caller, {"alerts": page, "next": following})


@router.get("/alerts/{alert_id}", operation_id="getAlert", response_model=AlertDetail)
def get_alert(request: Request, view: Viewed, alert_id: UUID) -> Response:
    """One alert: why, from which incidents, until when to act, who may see it."""
    id_ = str(alert_id)
    with view.reading() as (connection, generation):
        found = queries.alert_document(connection, generation, id_)
    if found is None:
        raise absent()
    view.record("DETAIL", {"alert": id_}, [row["incident_id"] for row in found["incidents"]])
    return answer(request, view.caller, found)
