"""`/inbox`: what you were told on the console; and acknowledgements, of that and of alerts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from projections.acknowledging import AcknowledgementDesk
from projections.api.answers import answer
from projections.api.backend import Backend, Caller
from projections.api.callers import Reader, Store
from projections.api.models import Acknowledged, Inbox
from projections.api.problems import absent
from projections.deliveries.inbox import inbox
from schemas.acknowledgement import Acknowledgement
from schemas.errors import ProjectionError

router = APIRouter(tags=["inbox"])


@router.get("/inbox", operation_id="listInbox", response_model=Inbox)
def list_inbox(
    request: Request,
    caller: Reader,
    store: Store,
    unread: Annotated[bool, Query(description="Only what you did not read.")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """What you were told and may see, the newest first."""
    with store.viewing(caller) as connection:
        found = inbox(connection, store.generation, unread=unread, limit=limit)
    ids = [row["event_id"] for row in found if row["type"] == "incident"]
    store.record(caller, "LIST", {"inbox": {"unread": unread, "limit": limit}}, ids)
    return answer(request, caller, {"inbox": found})


@router.post("/inbox/{message_id}/reading", operation_id="readMessage", status_code=201, response_model=Acknowledged)
def read(caller: Reader, store: Store, message_id: UUID) -> dict[str, Any]:
    """Say that you read it."""
    with _desk(caller, store, {"reading": str(message_id)}) as desk:
        return _told(desk.read_line(str(message_id)))


@router.post(
    "/inbox/{message_id}/acknowledgement",
    operation_id="acknowledgeMessage",
    status_code=201,
    response_model=Acknowledged,
)
def acknowledge(caller: Reader, store: Store, message_id: UUID) -> dict[str, Any]:
    """Say that your agency takes care of what it tells."""
    with _desk(caller, store, {"acknowledging": str(message_id)}) as desk:
        return _told(desk.acknowledge_line(str(message_id)))


@router.post(
    "/alerts/{alert_id}/acknowledgement", operation_id="acknowledgeAlert", status_code=201, response_model=Acknowledged
)
def acknowledge_alert(caller: Reader, store: Store, alert_id: UUID) -> dict[str, Any]:
    """Say that your agency takes care of an alert: nobody else of it is told for want of that."""
    with _desk(caller, store, {"acknowledging": {"alert": str(alert_id)}}) as desk:
        return _told(desk.acknowledge("alert", str(alert_id)))


@contextmanager
def _desk(caller: Caller, store: Backend, asked: dict[str, Any]) -> Iterator[AcknowledgementDesk]:
    """The caller's desk. Also a refusal says what is there, so it is logged as a reading.

    Raises:
        ProblemError: 404, there is no such thing that the caller may see; 503.
    """
    store.record(caller, "LIST", asked)
    settings = replace(store.settings, generation=store.generation)
    try:
        yield AcknowledgementDesk(settings, caller.focal_point, lambda: store.viewing(caller))
    except ProjectionError:
        raise absent() from None


def _told(made: Acknowledgement) -> dict[str, Any]:
    return {"acknowledgement": made.model_dump(mode="json")}
