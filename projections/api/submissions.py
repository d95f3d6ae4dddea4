"""`POST /submissions` and `GET /receipts`: the SDK of an agency, over HTTPS instead of Kafka."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query, Request, Response
from pydantic import BaseModel, Field

from projections.api.answers import answer
from projections.api.callers import Publisher, Store
from projections.api.models import ReceiptPage
from projections.api.problems import ProblemError
from schemas.codec import FRAME_BYTES, MAX_SUBMISSION_BYTES
from schemas.errors import UnknownSchemaError

router = APIRouter(tags=["sdk"])
_UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_NAMES = (
    "outcome",
    "code",
    "path",
    "message",
    "incident_id",
    "event_id",
    "revision",
    "content_digest",
    "signed_digest",
)


class SubmissionHeaders(BaseModel):
    """What goes with a signed body; the attributes of CloudEvents as its HTTP binding names them."""

    ionics_sig: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$", description="The signature, in hexadecimal.")]
    ionics_kid: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", description="The key of your agency that signed.")]
    ionics_alg: Literal["Ed25519"]
    ionics_schema: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the writer schema.")]
    ce_id: Annotated[str, Field(pattern=_UUID, description="The event id.")]
    ce_subject: Annotated[str, Field(pattern=_UUID, description="The incident id.")]
    ce_type: Annotated[str, Field(pattern=r"^ionics\.incident\.(REPORTED|AMENDED|WITHDRAWN)$")]
    ce_time: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}Z$")]


@router.post("/submissions", operation_id="submitSigned", status_code=204, response_class=Response)
def submit(
    caller: Publisher,
    store: Store,
    headers: Annotated[SubmissionHeaders, Header()],
    body: Annotated[bytes, Body(media_type="application/avro", description="The signed Avro body, without a frame.")],
) -> None:
    """Pass on a revision that your agency has signed itself. Admission decides, as over Kafka; its receipt tells."""
    if len(body) + FRAME_BYTES > MAX_SUBMISSION_BYTES:
        raise ProblemError(413, "SIZE", f"at most {MAX_SUBMISSION_BYTES - FRAME_BYTES} bytes fit")
    key = store.members.members().directory.keys.get(headers.ionics_kid)
    if key is None or key.agency_id != caller.agency.agency_id:
        raise ProblemError(403, "KEY", "ionics-kid names no key of your agency", path="ionics-kid")
    record: list[tuple[str, str | bytes]] = [
        ("ionics-sig", bytes.fromhex(headers.ionics_sig)),
        ("ionics-kid", headers.ionics_kid),
        ("ionics-alg", headers.ionics_alg),
        ("ce_specversion", "1.0"),
        ("ce_id", headers.ce_id),
        ("ce_source", f"/agencies/{caller.agency.agency_id}"),
        ("ce_type", headers.ce_type),
        ("ce_time", headers.ce_time),
        ("content-type", "application/avro"),
    ]
    try:
        store.relay.append(headers.ce_subject, headers.ionics_schema, body, record)
    except UnknownSchemaError as error:
        raise ProblemError(409, "UNKNOWN_SCHEMA", str(error), path="ionics-schema") from None


@router.get("/receipts", operation_id="listReceipts", response_model=ReceiptPage)
def list_receipts(
    request: Request,
    caller: Publisher,
    store: Store,
    after: Annotated[str | None, Query(max_length=500)] = None,
    end: Annotated[bool, Query(description="Give no receipts, only the cursor of those still to come.")] = False,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """What admission decided about the reports of your own agency, the oldest first."""
    agency_id = caller.agency.agency_id
    asked: dict[str, Any] = {"receipts": agency_id}
    if end:
        cursor = store.cursors.seal(caller.id, asked, [store.relay.end(agency_id)])
        return answer(request, caller, {"receipts": [], "next": cursor, "more": False})
    offset = 0 if after is None else int(store.cursors.open(caller.id, asked, after)[0])
    page = store.relay.receipts(agency_id, offset, limit)
    found = []
    for value in page.values:
        fields = store.values.decoded(value)
        found.append(
            {name: fields[name] for name in _NAMES}
            | {"admitted_at": fields["admitted_at"].isoformat(timespec="milliseconds")}
        )
    cursor = store.cursors.seal(caller.id, asked, [page.next])
    return answer(request, caller, {"receipts": found, "next": cursor, "more": page.more})
