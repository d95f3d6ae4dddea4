"""`POST /incidents`, amendments, withdrawals, and receipts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field

from producers import Receipt, Submission
from projections import queries
from projections.api.answers import answer
from projections.api.backend import Backend, Caller
from projections.api.callers import Publisher, Store
from projections.api.models import Accepted, ReceiptAnswer
from projections.api.problems import ProblemError, absent
from schemas.errors import InvalidIncidentError, OutboxError
from schemas.incident import Incident, IncidentContent

router = APIRouter(tags=["reports"])
_Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]


class ReportBody(BaseModel):
    """A new incident."""

    content: IncidentContent
    source_ref: str | None = Field(
        None, max_length=200, description="Your own reference; it names the incident for ever."
    )


class AmendBody(BaseModel):
    """Fields that change, each as a whole, and why."""

    changes: dict[str, Any]
    reason: str = Field(min_length=1, max_length=2_000)


class WithdrawBody(BaseModel):
    """Why the incident is taken back."""

    reason: str = Field(min_length=1, max_length=2_000)


@router.post("/incidents", operation_id="reportIncident", status_code=202, response_model=Accepted)
def report(caller: Publisher, store: Store, body: ReportBody, idempotency_key: _Key = None) -> dict[str, Any]:
    """Report an incident for your own agency; your role is recorded as its contact.

    The same `source_ref` (or `Idempotency-Key`) with the same content is the same report, however often it is sent.
    """
    producer = store.publishers.of(caller.agency)
    with _reporting():
        content = body.content.model_copy(update={"contact_id": caller.focal_point.role})
        return _accepted(producer.report(content, source_ref=body.source_ref or idempotency_key))


@router.post(
    "/incidents/{incident_id}/amendments", operation_id="amendIncident", status_code=202, response_model=Accepted
)
def amend(caller: Publisher, store: Store, incident_id: UUID, body: AmendBody) -> dict[str, Any]:
    """State an incident of your own agency anew."""
    incident, receipt = _known(store, caller, str(incident_id))
    with _reporting():
        changes = body.changes | {"contact_id": caller.focal_point.role}
        return _accepted(store.publishers.of(caller.agency).amend(incident, receipt, changes, reason=body.reason))


@router.post(
    "/incidents/{incident_id}/withdrawals", operation_id="withdrawIncident", status_code=202, response_model=Accepted
)
def withdraw(caller: Publisher, store: Store, incident_id: UUID, body: WithdrawBody) -> dict[str, Any]:
    """Take an incident of your own agency back; its history stays."""
    incident, receipt = _known(store, caller, str(incident_id))
    with _reporting():
        return _accepted(store.publishers.of(caller.agency).withdraw(incident, receipt, reason=body.reason))


@router.get("/receipts/{event_id}", operation_id="getReceipt", response_model=ReceiptAnswer)
def receipt(
    request: Request,
    caller: Publisher,
    store: Store,
    event_id: UUID,
    wait: Annotated[float, Query(ge=0, le=30, description="Seconds to wait for it.")] = 0,
) -> Response:
    """What admission decided about a report of your own agency; 404 while it has not decided."""
    found = store.publishers.receipt(caller.agency, str(event_id), wait)
    if found is None:
        raise absent()
    names = ("outcome", "code", "path", "message", "incident_id", "event_id", "revision")
    body = {name: getattr(found, name) for name in names} | {"admitted_at": found.admitted_at.isoformat()}
    return answer(request, caller, body)


@contextmanager
def _reporting() -> Iterator[None]:
    """The SDK's errors as answers."""
    try:
        yield
    except InvalidIncidentError as error:
        raise ProblemError(422, error.code, error.message, path=error.path) from None
    except OutboxError:
        raise ProblemError(503, "NOT_KEPT", "the report could not be kept here; send it again") from None


def _known(store: Backend, caller: Caller, incident_id: str) -> tuple[Incident, Receipt]:
    """The current revision of an incident of the caller's agency, as the views have it."""
    with store.viewing(caller) as connection:
        row = queries.incident(connection, store.generation, incident_id)
        value = queries.stored_value(connection, store.generation, incident_id)
    if row is None or value is None or row["agency_id"] != caller.agency.agency_id:
        raise absent()
    return store.values.known(value)


def _accepted(submission: Submission) -> dict[str, Any]:
    return {
        "incident_id": submission.incident_id,
        "event_id": submission.event_id,
        "source_ref": submission.incident.source_ref,
        "revision": submission.revision,
        "receipt": f"/receipts/{submission.event_id}",
    }
