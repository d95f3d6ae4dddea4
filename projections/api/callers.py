"""From a request to its caller: token, focal point, rights as the directory gives them now, and how often they ask."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from projections.api.backend import Backend, Caller
from projections.api.problems import ProblemError, unauthenticated
from projections.api.tokens import BadTokenError, Claims
from schemas.directory import FocalPoint, Members
from schemas.errors import ForbiddenError
from schemas.rights import acting

_BEARER = HTTPBearer(
    auto_error=False, description="A token of OpenID Connect, or in a dev- deployment of `ionics token`."
)
_Purpose = Annotated[str | None, Header(alias="X-Purpose", max_length=500, description="Why you ask; for auditors.")]


def backend_of(request: Request) -> Backend:
    """The backend of the application."""
    backend: Backend = request.app.state.backend
    return backend


def _caller(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    purpose: _Purpose = None,
) -> Caller:
    backend = backend_of(request)
    asked = f"{request.method} {request.url.path}"
    address = request.client.host if request.client else "unknown"
    members = backend.members.members()
    try:
        claims, person = _proved(backend, members, bearer)
    except (BadTokenError, ForbiddenError) as error:
        backend.strangers.take(address)
        backend.refusals.add("BAD_TOKEN", f"{error} (from {address})", asked)
        raise unauthenticated() from None
    backend.limits.take(person.focal_point_id)
    agency = members.directory.agencies[person.agency_id]
    return Caller(person, agency, person.rights & claims.scopes, purpose)


def _proved(
    backend: Backend, members: Members, bearer: HTTPAuthorizationCredentials | None
) -> tuple[Claims, FocalPoint]:
    if bearer is None:
        raise BadTokenError("no token")
    claims = backend.tokens.verify(bearer.credentials)
    person = members.focal_point_of(claims.issuer, claims.subject)
    if person is None:
        raise BadTokenError("issuer and subject are no focal point")
    return claims, acting(members, person.focal_point_id)


def caller_with(right: str) -> Callable[..., Caller]:
    """A dependency: the caller, who must have this right and a token for it."""

    def required(request: Request, caller: Annotated[Caller, Depends(_caller)]) -> Caller:
        if right not in caller.rights:
            asked = f"{request.method} {request.url.path}"
            backend_of(request).refusals.add("NO_RIGHT", f"needs {right}", asked, caller.id)
            raise ProblemError(403, "NO_RIGHT", f"this needs the right {right}, and a token with that scope")
        return caller

    return required


Reader = Annotated[Caller, Depends(caller_with("read"))]
Publisher = Annotated[Caller, Depends(caller_with("publish"))]
Store = Annotated[Backend, Depends(backend_of)]
