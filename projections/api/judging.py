"""`POST /judgements` and `/cases/{id}/split`, `join`, `same`: what people say belongs together."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from projections.api.backend import Backend, Caller
from projections.api.callers import Reader, Store
from projections.api.models import Judged
from projections.api.problems import ProblemError, absent
from projections.judging import JudgementDesk
from schemas.errors import ForbiddenError, ProjectionError
from schemas.judgement import Judgement, Verdict

router = APIRouter(tags=["judging"])
_Members = Annotated[list[UUID], Field(min_length=1, max_length=10_000)]


class _Reasoned(BaseModel):
    reason: str = Field(min_length=1, max_length=2_000, description="It stays with the judgement and in the audit.")


class JudgementBody(_Reasoned):
    """What holds of two incidents; NONE leaves it to the model again."""

    left: UUID
    right: UUID
    verdict: Verdict


class MembersBody(_Reasoned):
    """Some members of a case."""

    members: _Members


class JoinBody(_Reasoned):
    """Another case."""

    other: UUID


@router.post("/judgements", operation_id="judge", status_code=201, response_model=Judged)
def judge(request: Request, caller: Reader, store: Store, body: JudgementBody) -> dict[str, Any]:
    """Judge two incidents that you see both. Needs the right coordinate, or that one of the two is of your agency."""
    left, right = str(body.left), str(body.right)
    with _desk(request, caller, store, {"pair": [left, right]}) as desk:
        return _told([desk.judge(left, right, body.verdict, body.reason)])


@router.post("/cases/{case_id}/split", operation_id="splitCase", status_code=201, response_model=Judged)
def split(request: Request, caller: Reader, store: Store, case_id: UUID, body: MembersBody) -> dict[str, Any]:
    """Part members from the rest of a case: each pair across that is linked or judged is DIFFERENT from now on."""
    id_ = str(case_id)
    with _desk(request, caller, store, {"case": id_}) as desk:
        return _told(desk.split(id_, [str(member) for member in body.members], body.reason))


@router.post("/cases/{case_id}/join", operation_id="joinCases", status_code=201, response_model=Judged)
def join(request: Request, caller: Reader, store: Store, case_id: UUID, body: JoinBody) -> dict[str, Any]:
    """Join two cases: their first incidents are RELATED, which takes effect once the matcher has compared them."""
    id_, other = str(case_id), str(body.other)
    with _desk(request, caller, store, {"cases": [id_, other]}) as desk:
        return _told([desk.join(id_, other, body.reason)])


@router.post("/cases/{case_id}/same", operation_id="sameSeizure", status_code=201, response_model=Judged)
def same(request: Request, caller: Reader, store: Store, case_id: UUID, body: MembersBody) -> dict[str, Any]:
    """Say that members of a case are one seizure, for which the first admitted of them stands."""
    id_ = str(case_id)
    with _desk(request, caller, store, {"case": id_}) as desk:
        return _told(desk.same(id_, [str(member) for member in body.members], body.reason))


@contextmanager
def _desk(request: Request, caller: Caller, store: Backend, asked: dict[str, Any]) -> Iterator[JudgementDesk]:
    """The caller's desk, with its errors as answers. Also a refusal says what is there, so it is logged as a reading.

    Raises:
        ProblemError: 404, something is absent or hidden; 403, the caller may not judge it; 503.
    """
    store.record(caller, "LIST", {"judging": asked})
    person = replace(caller.focal_point, rights=caller.rights)
    settings = replace(store.settings, generation=store.generation)
    try:
        # A read store that fails is a problem of its own (Backend.viewing), never one that the desk finds absent.
        yield JudgementDesk(settings, person, lambda: store.viewing(caller))
    except ProjectionError:
        raise absent() from None
    except ForbiddenError as error:
        store.refusals.add("NO_RIGHT", str(error), f"{request.method} {request.url.path}", caller.id)
        raise ProblemError(
            403, "NO_RIGHT", "this needs the right coordinate, or in each pair an incident of your own agency"
        ) from None


def _told(made: Sequence[Judgement]) -> dict[str, Any]:
    return {"judgements": [each.model_dump(mode="json") for each in made]}
