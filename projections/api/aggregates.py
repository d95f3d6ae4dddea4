"""`/routes`, `/heat`, `/timelines`, `/substances`, `/agencies`, `/milestones`: sums over what the caller may see."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from projections import queries
from projections.api.answers import answer
from projections.api.models import Period, Row, Rows, Timeline
from projections.api.views import View, Viewed

router = APIRouter(tags=["aggregates"])
_Place = Annotated[str | None, Query(pattern=r"^([A-Z]{3}|UNKNOWN|MULTIPLE|OTHER|UNRESOLVED)$")]
_Class = Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$", alias="class")]
_Substance = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9:_.-]{1,100}$")]
_Agency = Annotated[str | None, Query(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
_Limit = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/routes", operation_id="listRoutes", response_model=Rows)
def routes(
    request: Request,
    view: Viewed,
    departure: _Place = None,
    destination: _Place = None,
    substance_class: _Class = None,
    since: Period = None,
    until: Period = None,
    limit: _Limit = 100,
) -> Response:
    """Routes by class of substance, most incidents first."""
    asked = {"departure": departure, "destination": destination, "substance_class": substance_class}
    return _rows(request, view, "routes", {**asked, "since": since, "until": until, "limit": limit})


@router.get("/heat", operation_id="listHeat", response_model=Rows)
def heat(
    request: Request,
    view: Viewed,
    country: _Place = None,
    substance_class: _Class = None,
    since: Period = None,
    until: Period = None,
    limit: _Limit = 1_000,
) -> Response:
    """Places by class of substance, most incidents first."""
    asked = {"country": country, "substance_class": substance_class, "since": since, "until": until}
    return _rows(request, view, "heat", {**asked, "limit": limit})


@router.get("/timelines", operation_id="listTimelines", response_model=Timeline)
def timelines(
    request: Request,
    view: Viewed,
    substance: _Substance = None,
    substance_class: _Class = None,
    since: Period = None,
    until: Period = None,
) -> Response:
    """Incidents of a substance, or of each of a class, by period, and when the substance was first seen."""
    asked = {"substance_id": substance, "substance_class": substance_class, "since": since, "until": until}
    with view.reading() as (connection, generation):
        found = queries.timeline(connection, generation, **asked)
        seen = None if substance is None else queries.first_seen(connection, generation, substance)
        positions = view.store.positions(connection)
    view.record("AGGREGATE", {"timelines": asked}, positions=positions)
    return answer(request, view.caller, {"rows": found, "first_seen": seen})


@router.get("/substances", operation_id="listSubstances", response_model=Rows)
def substances(
    request: Request,
    view: Viewed,
    text: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "",
    limit: _Limit = 100,
) -> Response:
    """Substances whose id, or a name that they were reported under, begins with the text."""
    return _rows(request, view, "substances", {"text": text, "limit": limit})


@router.get("/agencies", operation_id="listAgencyActivity", response_model=Rows)
def agencies(
    request: Request, view: Viewed, agency: _Agency = None, since: Period = None, until: Period = None
) -> Response:
    """What each agency reported, by type and period."""
    return _rows(request, view, "agencies", {"agency_id": agency, "since": since, "until": until})


@router.get("/milestones", operation_id="getMilestones")
def milestones(request: Request, view: Viewed, step: Annotated[int, Query(ge=1, le=1_000_000)] = 1_000) -> Response:
    """How many community incidents there are, and when each round number was passed."""
    with view.reading() as (connection, generation):
        found = queries.milestones(connection, generation, step)
        positions = view.store.positions(connection)
    view.record("AGGREGATE", {"milestones": {"step": step}}, positions=positions)
    return answer(request, view.caller, found)


def _rows(request: Request, view: View, name: str, asked: dict[str, Any]) -> Response:
    with view.reading() as (connection, generation):
        found: list[Row] = getattr(queries, name)(connection, generation, **asked)
        positions = view.store.positions(connection)
    view.record("AGGREGATE", {name: asked}, positions=positions)
    return answer(request, view.caller, {"rows": found})
