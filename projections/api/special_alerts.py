"""`/special-alerts`: what the secretariat writes to focal points."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from projections.alert_writing import SpecialAlertDesk
from projections.api.backend import Backend, Caller
from projections.api.callers import Reader, Store
from projections.api.models import WrittenAlert
from projections.api.problems import ProblemError, absent
from schemas.alert import Severity
from schemas.errors import ForbiddenError, ProjectionError
from schemas.incident import Tlp
from schemas.special_alert import DocumentStated, SpecialAlert, SubjectStated

router = APIRouter(tags=["alerts"])
_Reason = Annotated[str, Field(min_length=1, max_length=2_000, description="It stays in the audit.")]


class AlertBody(BaseModel):
    """A special alert. Documents go by reference: never their content."""

    model_config = ConfigDict(extra="forbid")

    severity: Severity
    title: str
    text: str
    audience: list[str] = Field(description="COMMUNITY, or named countries, agencies and groups.")
    tlp: Tlp
    subject: SubjectStated = SubjectStated()
    documents: list[DocumentStated] = []
    incidents: list[UUID] = Field([], max_length=200, description="Readers see of them what they may see.")
    act_before: datetime | None = None

    def content(self) -> dict[str, Any]:
        """What the author states."""
        stated = self.model_dump(exclude={"reason"})
        return stated | {"incidents": [str(id_) for id_ in self.incidents]}


class RevisionBody(AlertBody):
    """The whole special alert as it is to be from now on."""

    reason: _Reason


class ReasonBody(BaseModel):
    """Why."""

    reason: _Reason


@router.post("/special-alerts", operation_id="writeSpecialAlert", status_code=201, response_model=WrittenAlert)
def write(request: Request, caller: Reader, store: Store, body: AlertBody) -> dict[str, Any]:
    """Write a special alert. Needs an agency of the type SECRETARIAT, and the right coordinate."""
    with _desk(request, caller, store, {"incidents": [str(id_) for id_ in body.incidents]}) as desk:
        return _told(desk.write(body.content()))


@router.put("/special-alerts/{alert_id}", operation_id="reviseSpecialAlert", response_model=WrittenAlert)
def revise(request: Request, caller: Reader, store: Store, alert_id: UUID, body: RevisionBody) -> dict[str, Any]:
    """Replace what a special alert of your own agency says, and to whom."""
    id_ = str(alert_id)
    asked = {"special_alert": id_, "incidents": [str(each) for each in body.incidents]}
    with _desk(request, caller, store, asked) as desk:
        return _told(desk.revise(id_, body.content(), body.reason))


@router.post(
    "/special-alerts/{alert_id}/withdrawal",
    operation_id="withdrawSpecialAlert",
    status_code=201,
    response_model=WrittenAlert,
)
def withdraw(request: Request, caller: Reader, store: Store, alert_id: UUID, body: ReasonBody) -> dict[str, Any]:
    """Withdraw a special alert of your own agency."""
    id_ = str(alert_id)
    with _desk(request, caller, store, {"special_alert": id_}) as desk:
        return _told(desk.withdraw(id_, body.reason))


@contextmanager
def _desk(request: Request, caller: Caller, store: Backend, asked: dict[str, Any]) -> Iterator[SpecialAlertDesk]:
    """The caller's desk, with its errors as answers. Also a refusal says what is there, so it is logged as a reading.

    Raises:
        ProblemError: 404, something is absent or hidden; 403, the caller may not write it; 503.
    """
    store.record(caller, "LIST", {"writing": asked})
    person = replace(caller.focal_point, rights=caller.rights)
    settings = replace(store.settings, generation=store.generation)
    try:
        yield SpecialAlertDesk(settings, person, store.members.members(), lambda: store.viewing(caller))
    except ProjectionError:
        raise absent() from None
    except ForbiddenError as error:
        store.refusals.add("NO_RIGHT", str(error), f"{request.method} {request.url.path}", caller.id)
        raise ProblemError(
            403,
            "NO_RIGHT",
            "an agency of the type SECRETARIAT writes special alerts, with the right coordinate, and revises its own",
        ) from None


def _told(made: SpecialAlert) -> dict[str, Any]:
    return {"special_alert": made.model_dump(mode="json")}
