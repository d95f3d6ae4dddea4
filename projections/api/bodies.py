"""No request fills the memory: bodies end where nothing that is admitted could be longer."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from projections.api.problems import ProblemError, response
from schemas.codec import MAX_SUBMISSION_BYTES

MOST_BYTES = 8 * MAX_SUBMISSION_BYTES
"""JSON may be that much longer than the Avro of the same incident."""

_DETAIL = f"the body has more than {MOST_BYTES} bytes"


class BodyLimit:
    """Refuses larger bodies with 413, before they are read where their length is stated."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what is read of it."""
        stated = dict(scope.get("headers", ())).get(b"content-length", b"0")
        if scope["type"] == "http" and stated.isdigit() and int(stated[:20]) > MOST_BYTES:
            await response(ProblemError(413, "SIZE", _DETAIL))(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                raise HTTPException(413, _DETAIL)
            return message

        await self._app(scope, counted, send)
