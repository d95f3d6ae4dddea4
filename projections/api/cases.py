"""`/cases`: incidents that are linked, and which of them are one seizure."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from projections import queries
from projections.api.answers import answer
from projections.api.models import CaseDetail, CasePage
from projections.api.problems import absent
from projections.api.views import Viewed

router = APIRouter(tags=["cases"])


@router.get("/cases", operation_id="listCases", response_model=CasePage)
def list_cases(
    request: Request,
    view: Viewed,
    agency: Annotated[str | None, Query(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Cases of which you may see two incidents or more, the last changed first."""
    asked = {"agency_id": agency}
    position = None
    if after is not None:
        at, id_ = view.opened({"cases": True, **asked}, after)
        position = (str(at), str(id_))
    with view.reading() as (connection, generation):
        found = queries.list_cases(connection, generation, agency_id=agency, after=position, limit=limit + 1)
        positions = view.store.positions(connection)
    page, more = found[:limit], len(found) > limit
    view.record("LIST", {"cases": asked | {"limit": limit}}, positions=positions)
    following = None
    if more:
        place = [page[-1]["changed_at"], page[-1]["case_id"]]
        following = view.sealed({"cases": True, **asked}, place)
    return answer(request, view.caller, {"cases": page, "next": following})


@router.get("/cases/{case_id}", operation_id="getCase", response_model=CaseDetail)
def get_case(request: Request, view: Viewed, case_id: UUID) -> Response:
    """One case: what is known, who reported, why its incidents belong together."""
    id_ = str(case_id)
    with view.reading() as (connection, generation):
        found = queries.case_document(connection, generation, id_)
    if found is None:
        raise absent()
    ids = {row["incident_id"] for row in found["members"]}
    ids |= {row[side] for name in ("links", "across") for row in found[name] for side in ("left", "right")}
    view.record("DETAIL", {"case": id_}, sorted(ids))
    return answer(request, view.caller, found)
