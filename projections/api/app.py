"""The application: endpoints, errors, and what opens and closes with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from projections.api import (
    aggregates,
    alerts,
    cases,
    delegations,
    inbox,
    incidents,
    items,
    judging,
    links,
    reports,
    requesting,
    requests,
    special_alerts,
    submissions,
    subscriptions,
    watches,
)
from projections.api.backend import Backend
from projections.api.bodies import BodyLimit
from projections.api.models import Problem
from projections.api.problems import MEDIA_TYPE, ProblemError, response
from schemas.errors import InvalidIncidentError, IonicsError, ProjectionError

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text, "content": {MEDIA_TYPE: {}}}
    for status, text in {
        400: "The cursor, or the form of the request, is wrong.",
        401: "A token of a focal point is needed.",
        403: "The right is missing.",
        404: "There is no such thing that you may see.",
        409: "The agency has not registered what this needs.",
        413: "The body is too large.",
        422: "A rule is broken.",
        429: "Too many requests.",
        503: "A part does not answer; nothing was shown, or kept.",
    }.items()
}


def create_app(backend: Backend) -> FastAPI:
    """The API on a backend, which it opens and closes."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        backend.open()
        yield
        backend.close()

    app = FastAPI(
        title="IONICS Backbone",
        description="Incidents of drug control, as you may see them.",
        version="1",
        lifespan=life,
        responses=_PROBLEMS,
        docs_url=None,
        redoc_url=None,
    )
    app.state.backend = backend
    app.add_middleware(BodyLimit)
    looking = (incidents, items, links, cases, alerts, delegations, aggregates, requests, inbox)
    writing = (judging, special_alerts, watches, subscriptions, reports, requesting, submissions)
    for part in (*looking, *writing):
        app.include_router(part.router)
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(IonicsError, _ours)
    app.add_exception_handler(Exception, _unexpected)
    return app


def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101  # registered for it alone
    return response(error)


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # the same
    first = error.errors()[0]
    where, *path = first["loc"]
    status = 422 if where == "body" else 400
    code = first["type"] if first["type"].isupper() else "FORM"
    names = ".".join(str(part) for part in path) or str(where)
    return response(ProblemError(status, code, str(first["msg"])[:500], path=names[:200]))


def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # the same
    codes = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "SIZE"}
    code, headers = codes.get(error.status_code, "REQUEST"), dict(error.headers or {})
    detail = "there is no such thing that you may see" if error.status_code == 404 else str(error.detail)[:200]
    return response(ProblemError(error.status_code, code, detail, headers=headers))


def _ours(_: Request, error: Exception) -> Response:
    """The words of our own errors may come from a server behind us; they stay here."""
    if isinstance(error, InvalidIncidentError):
        return response(ProblemError(422, error.code, error.message, path=error.path))
    if isinstance(error, ProjectionError):
        return response(ProblemError(400, "QUESTION", "the question has the wrong form"))
    return response(ProblemError(503, "UNAVAILABLE", "a part does not answer; try again", headers={"Retry-After": "5"}))


def _unexpected(_: Request, __: Exception) -> Response:
    return response(ProblemError(500, "UNEXPECTED", "something failed here; it is in the log of the server"))
