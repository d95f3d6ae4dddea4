"""`POST /requests` and what is said in a thread: answers, notes, forwarding, declining, closing, amendments."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field

from projections.api.backend import Backend, Caller
from projections.api.callers import Publisher, Reader, Store
from projections.api.models import AmendedFrom, Written
from projections.api.problems import ProblemError, absent
from projections.requests import RequestDesk, amend_from, told
from projections.requests.desk import Question
from schemas.errors import ForbiddenError, InvalidIncidentError, OutboxError, ProjectionError
from schemas.incident import Document
from schemas.requests import Priority
from schemas.requests.message import MOST_ADDRESSEES

router = APIRouter(tags=["requests"])
_Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=200, description="The same one sent again writes nothing more."),
]
_Addressees = Annotated[
    list[Annotated[str, Field(max_length=100)]],
    Field(max_length=MOST_ADDRESSEES, description="agency:…, focal-point:… or group:…"),
]
_Documents = Annotated[
    list[Document], Field(default_factory=list, max_length=50, description="References; no bytes are sent.")
]
_RECEIPT_S = 20.0


class AskBody(BaseModel):
    """A question to the owner of an incident, to others, or to both."""

    text: str = Field(min_length=1, max_length=20_000)
    incident_id: UUID | None = Field(None, description="One that you may see; its owner is asked without being named.")
    to: _Addressees = Field(default_factory=list)
    subject: str | None = Field(None, max_length=200, description="Needed where there is no incident.")
    priority: Priority = Priority.ROUTINE
    due_at: datetime | None = Field(None, description="In the future; else as the priority says.")
    documents: _Documents


class SayBody(BaseModel):
    """What is said."""

    text: str = Field(min_length=1, max_length=20_000)
    documents: _Documents


class ForwardBody(BaseModel):
    """Who is to answer in your place."""

    to: Annotated[_Addressees, Field(min_length=1)]
    text: str | None = Field(None, min_length=1, max_length=20_000)


class DeclineBody(BaseModel):
    """Why it is not answered."""

    reason: str = Field(min_length=1, max_length=20_000)


class CloseBody(BaseModel):
    """A last word, if there is one."""

    text: str | None = Field(None, min_length=1, max_length=20_000)


class AmendFromBody(BaseModel):
    """Fields of the incident that change, each as a whole, and why."""

    changes: dict[str, Any]
    reason: str = Field(min_length=1, max_length=900, description="All who see the incident read it.")


@router.post("/requests", operation_id="askRequest", status_code=201, response_model=Written)
def ask(request: Request, caller: Reader, store: Store, body: AskBody, key: _Key = None) -> dict[str, Any]:
    """Ask. Needs the right publish or coordinate, as everything that is said in a thread does."""
    incident_id = None if body.incident_id is None else str(body.incident_id)
    question = Question(
        body.text,
        to=body.to,
        incident_id=incident_id,
        subject=body.subject,
        priority=body.priority,
        due_at=body.due_at,
        documents=[each.model_dump() for each in body.documents],
    )
    with _desk(request, caller, store, {"ask": incident_id}) as desk:
        return told(desk.ask(question, key))


@router.post("/requests/{thread_id}/answers", operation_id="answerRequest", status_code=201, response_model=Written)
def answer(
    request: Request, caller: Reader, store: Store, thread_id: UUID, body: SayBody, key: _Key = None
) -> dict[str, Any]:
    """Answer, for one of those who were asked."""
    id_ = str(thread_id)
    with _desk(request, caller, store, {"answer": id_}) as desk:
        return told(desk.answer(id_, body.text, [each.model_dump() for each in body.documents], key))


@router.post("/requests/{thread_id}/notes", operation_id="noteRequest", status_code=201, response_model=Written)
def note(
    request: Request, caller: Reader, store: Store, thread_id: UUID, body: SayBody, key: _Key = None
) -> dict[str, Any]:
    """Say more, from either side; it settles nothing."""
    id_ = str(thread_id)
    with _desk(request, caller, store, {"note": id_}) as desk:
        return told(desk.note(id_, body.text, [each.model_dump() for each in body.documents], key))


@router.post("/requests/{thread_id}/forward", operation_id="forwardRequest", status_code=201, response_model=Written)
def forward(
    request: Request, caller: Reader, store: Store, thread_id: UUID, body: ForwardBody, key: _Key = None
) -> dict[str, Any]:
    """Have others answer in your place; they see all of the thread."""
    id_ = str(thread_id)
    with _desk(request, caller, store, {"forward": id_}) as desk:
        return told(desk.forward(id_, body.to, body.text, key))


@router.post("/requests/{thread_id}/decline", operation_id="declineRequest", status_code=201, response_model=Written)
def decline(
    request: Request, caller: Reader, store: Store, thread_id: UUID, body: DeclineBody, key: _Key = None
) -> dict[str, Any]:
    """Decline to answer, and say why."""
    id_ = str(thread_id)
    with _desk(request, caller, store, {"decline": id_}) as desk:
        return told(desk.decline(id_, body.reason, key))


@router.post("/requests/{thread_id}/close", operation_id="closeRequest", status_code=201, response_model=Written)
def close(
    request: Request, caller: Reader, store: Store, thread_id: UUID, body: CloseBody, key: _Key = None
) -> dict[str, Any]:
    """End a thread that your agency began."""
    id_ = str(thread_id)
    with _desk(request, caller, store, {"close": id_}) as desk:
        return told(desk.close(id_, body.text, key))


@router.post(
    "/requests/{thread_id}/amendments", operation_id="amendFromRequest", status_code=201, response_model=AmendedFrom
)
def amend(request: Request, caller: Publisher, store: Store, thread_id: UUID, body: AmendFromBody) -> dict[str, Any]:
    """Amend the incident of a thread, which is your agency's, and say so in it. Sent again, it is the same one."""
    id_ = str(thread_id)
    with _desk(request, caller, store, {"amend": id_}) as desk:
        desk.thread(id_)
        producer = store.publishers.of(caller.agency)
        try:
            return amend_from(desk, producer, store.values.known, id_, body.changes, body.reason, _RECEIPT_S)._asdict()
        except OutboxError:
            raise ProblemError(503, "NOT_KEPT", "the amendment could not be kept here; send it again") from None


@contextmanager
def _desk(request: Request, caller: Caller, store: Backend, asked: dict[str, Any]) -> Iterator[RequestDesk]:
    """The caller's desk, with its errors as answers. Also a refusal says what is there, so it is logged as a reading.

    Raises:
        ProblemError: 404, something is absent or hidden; 403, the caller may not write; 503.
    """
    store.record(caller, "LIST", {"requesting": asked})
    person = replace(caller.focal_point, rights=caller.rights)
    settings = replace(store.settings, generation=store.generation)
    try:
        # A read store that fails is a problem of its own (Backend.viewing), never one that the desk finds absent.
        yield RequestDesk(settings, person, store.members.members(), lambda: store.viewing(caller))
    except ProjectionError:
        raise absent() from None
    except ForbiddenError as error:
        store.refusals.add("NO_RIGHT", str(error), f"{request.method} {request.url.path}", caller.id)
        raise ProblemError(403, "NO_RIGHT", "this needs the right publish or coordinate") from None
    except InvalidIncidentError as error:
        raise ProblemError(422, error.code, error.message, path=error.path) from None
