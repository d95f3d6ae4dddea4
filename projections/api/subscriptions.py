"""`/subscriptions`: what you are told of what happens, and how."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from projections.api.answers import answer
from projections.api.backend import Backend, Caller
from projections.api.callers import Reader, Store
from projections.api.models import SubscriptionList, WrittenSubscription
from projections.api.problems import ProblemError, absent
from projections.api.publishing import gateway_key_path
from projections.subscribing import SubscriptionDesk, subscription_document
from schemas.directory.subscribing import Channel
from schemas.errors import DirectoryError, IdentityError, ProjectionError
from schemas.keys import SigningKey

router = APIRouter(tags=["subscriptions"])
_Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class SubscriptionBody(BaseModel):
    """What you want to hear of. Of a list that is empty, everything; of several, what is in each."""

    model_config = ConfigDict(extra="forbid")

    events: list[str] = Field(["alert"], description="Of incident, alert, request.")
    substances: list[str] = []
    classes: list[str] = []
    countries: list[str] = Field([], description="Of the place or the route: alpha-3.")
    routes: list[str] = Field([], description="Departure and destination, such as CHN>NZL.")
    agencies: list[str] = []
    kinds: list[str] = Field([], description="Types of incidents, kinds of alerts.")
    minimum_severity: str = "LOW"
    channel: Channel = "console"
    address: str | None = Field(None, description="Of a webhook, on a host of your agency's list; or of mail.")
    content: bool = Field(
        default=False, description="Whether more than kind, severity and a link may go there; never of RED."
    )
    acknowledge_minutes: int | None = Field(None, description="After which HIGH and CRITICAL go to `escalate_to`.")
    escalate_to: list[str] = Field([], description="Focal points of your agency.")
    limit_a_minute: int = Field(20, description="Messages; what is more comes in one.")


@router.get("/subscriptions", operation_id="listSubscriptions", response_model=SubscriptionList)
def list_subscriptions(request: Request, caller: Reader, store: Store) -> Response:
    """Your subscriptions."""
    found = [subscription_document(each) for each in _made(caller, store).list()]
    store.record(caller, "LIST", {"subscriptions": True})
    return answer(request, caller, {"subscriptions": found})


@router.post("/subscriptions", operation_id="subscribe", status_code=201, response_model=WrittenSubscription)
def subscribe(caller: Reader, store: Store, body: SubscriptionBody) -> dict[str, Any]:
    """Subscribe. The gateway key of your agency signs it."""
    with _desk(caller, store) as (desk, key):
        return {"subscription": subscription_document(desk.set(body.model_dump(), key))}


@router.put("/subscriptions/{subscription_id}", operation_id="changeSubscription", response_model=WrittenSubscription)
def change(caller: Reader, store: Store, subscription_id: _Id, body: SubscriptionBody) -> dict[str, Any]:
    """Change a subscription of yours, whole."""
    with _desk(caller, store) as (desk, key):
        return {"subscription": subscription_document(desk.set(body.model_dump(), key, subscription_id))}


@router.delete("/subscriptions/{subscription_id}", operation_id="endSubscription", status_code=204)
def end(caller: Reader, store: Store, subscription_id: _Id) -> Response:
    """End a subscription of yours: from now on nothing leaves for it, not even what waits."""
    with _desk(caller, store) as (desk, key):
        desk.end(subscription_id, key)
    return Response(status_code=204)


def _made(caller: Caller, store: Backend) -> SubscriptionDesk:
    return SubscriptionDesk(store.settings, caller.focal_point, store.members.members, store.subscriptions)


@contextmanager
def _desk(caller: Caller, store: Backend) -> Iterator[tuple[SubscriptionDesk, SigningKey]]:
    """The caller's desk and the key of its agency, with its errors as answers.

    Raises:
        ProblemError: 404, the caller has no such subscription; 409, the agency has no gateway key here; 503.
    """
    no_key = ProblemError(
        409,
        "NO_GATEWAY_KEY",
        f"{caller.agency.agency_id} has registered no key with which this API may sign for it",
    )
    try:
        key = SigningKey.load(gateway_key_path(store.settings, caller.agency.agency_id))
    except IdentityError:
        raise no_key from None
    try:
        yield _made(caller, store), key
    except ProjectionError:
        raise absent() from None
    except DirectoryError:
        raise no_key from None
