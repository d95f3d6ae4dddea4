"""Changes about who is told of what: subscriptions of focal points, and where an agency lets webhooks go."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.codes import codes
from schemas.directory.command import Command, Name

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?|\[[0-9a-f:]{2,39}\](:[0-9]{1,5})?")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_PORTS = {"http": 80, "https": 443}
EVENTS = ("incident", "alert", "request")
"""What may be told."""
Channel = Literal["console", "webhook", "email"]


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise ValueError(f"host {value!r}: use a name in small letters, or an address, with :port where it is not 443")
    return value


def _severity(value: str) -> str:
    if value not in codes("severity"):
        raise ValueError(f"severity {value} is not one of {', '.join(codes('severity'))}")
    return value


Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Route = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}>[A-Z]{3}$")]
Host = Annotated[str, AfterValidator(_host)]
Codes = Annotated[list[Code], Field(max_length=100)]


class WebhookHostsSet(Command):
    """The hosts to which an agency lets webhooks go, all that there are from now on."""

    kind = "WEBHOOK_HOSTS_SET"
    signers = "one"
    closed = True
    about = ("webhook-hosts", "agency_id")
    agency_id: Name
    hosts: Annotated[list[Host], Field(max_length=100)]


class _OfSubscription(Command):
    signers = "own"
    closed = True
    about = ("subscription", "subscription_id")
    subscription_id: Name


class SubscriptionSet(_OfSubscription):
    """What a focal point is told, and how. Of a list that is empty, everything; of several lists, what is in each.

    Attributes:
        countries: of the place or of the route.
        routes: departure and destination, such as CHN>NZL.
        agencies: that reported it.
        kinds: types of incidents, kinds of alerts.
        address: of a webhook or of mail.
        content: whether more than kind, severity and a link may go to that address, whatever the label; never of RED.
        acknowledge_minutes: after which an alert HIGH or CRITICAL, that nobody of the agency acknowledged, goes to
            `escalate_to`, focal points of the same agency.
        limit_a_minute: messages; what is more goes into one.
    """

    kind = "SUBSCRIPTION_SET"
    focal_point_id: Name
    events: Annotated[list[Literal[EVENTS]], Field(min_length=1, max_length=len(EVENTS))]  # type: ignore[valid-type]  # the names stand once
    substances: Codes = Field(default_factory=list)
    classes: Codes = Field(default_factory=list)
    countries: Annotated[list[Country], Field(max_length=300)] = Field(default_factory=list)
    routes: Annotated[list[Route], Field(max_length=100)] = Field(default_factory=list)
    agencies: Annotated[list[Name], Field(max_length=100)] = Field(default_factory=list)
    kinds: Codes = Field(default_factory=list)
    minimum_severity: Annotated[str, AfterValidator(_severity)] = "LOW"
    channel: Channel
    address: Annotated[str, StringConstraints(max_length=500)] | None = None
    content: bool = False
    acknowledge_minutes: Annotated[int, Field(ge=1, le=10_080)] | None = None
    escalate_to: Annotated[list[Name], Field(max_length=20)] = Field(default_factory=list)
    limit_a_minute: Annotated[int, Field(ge=1, le=600)] = 20

    @model_validator(mode="after")
    def _addressed(self) -> "SubscriptionSet":
        if self.channel == "console" and self.address is not None:
            raise ValueError("address: the console has none")
        if self.channel == "webhook":
            host_of(self.address or "")
        if self.channel == "email" and not _MAIL.fullmatch(self.address or ""):
            raise ValueError("address: one mail address is needed, such as duty@agency.example")
        if bool(self.escalate_to) != (self.acknowledge_minutes is not None):
            raise ValueError("acknowledge_minutes and escalate_to: one is nothing without the other")
        return self


class SubscriptionEnd(_OfSubscription):
    """The subscription is no more. It may be set again."""

    kind = "SUBSCRIPTION_END"


def host_of(address: str) -> str:
    """The host of a webhook as a list of hosts names it: with its port where that is not the usual one.

    Raises:
        ValueError: it is no address of http or https, or carries a user, a password or a fragment.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("address: this is no URL") from None
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc or parts.fragment or not address.isascii():
        raise ValueError("address: a webhook has an address such as https://hooks.agency.example/ionics")
    name = f"[{host}]" if ":" in host else host
    return name if port in (None, _PORTS[parts.scheme]) else f"{name}:{port}"
