"""Errors as application/problem+json (RFC 9457). None says anything of what the caller may not see."""

from typing import Any

import orjson
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """An answer that is an error.

    Attributes:
        status: of HTTP.
        code: the name of the rule, for programs.
        detail: what was wrong and what to do, for people.
        path: the field of the body it concerns.
    """

    def __init__(
        self, status: int, code: str, detail: str, *, path: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.path, self.headers = status, code, detail, path, headers or {}


def absent() -> ProblemError:
    """What is not there and what may not be seen are one and the same answer."""
    return ProblemError(404, "NOT_FOUND", "there is no such thing that you may see")


def unauthenticated() -> ProblemError:
    """No token, a bad one, and one of somebody unknown are one and the same answer."""
    return ProblemError(
        401, "UNAUTHENTICATED", "a bearer token of a focal point is needed", headers={"WWW-Authenticate": "Bearer"}
    )


def response(problem: ProblemError) -> Response:
    """The problem as an answer."""
    body: dict[str, Any] = {
        "type": f"urn:ionics:problem:{problem.code.lower().replace('_', '-')}",
        "title": problem.code.replace("_", " ").capitalize(),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if problem.path is not None:
        body["path"] = problem.path
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(orjson.dumps(body), problem.status, headers, MEDIA_TYPE)
