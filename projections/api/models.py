"""What the answers look like, for the OpenAPI description."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field

Period = Annotated[
    str | None, Query(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2]))?$", description="A month or a year: 2016-03 or 2016.")
]
Row = dict[str, Any]


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str = Field(description="The name of the rule.")
    detail: str
    path: str | None = Field(None, description="The field that it concerns.")


class IncidentPage(BaseModel):
    """A page of incidents."""

    incidents: list[Row]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class ItemPage(BaseModel):
    """A page of items."""

    items: list[Row]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class DelegationPage(BaseModel):
    """A page of delegated reports."""

    delegations: list[Row] = Field(
        description="`state` is null, RESERVED or PUBLISHED; `changed` where the owner changed it since."
    )
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class LinkPage(BaseModel):
    """A page of links."""

    links: list[Row] = Field(description="`words` says the reasons in English, `reasons` field by field.")
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class CasePage(BaseModel):
    """A page of cases."""

    cases: list[Row] = Field(description="`incidents` report so many `seizures`.")
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class CaseDetail(BaseModel):
    """One case."""

    case: Row
    members: list[Row] = Field(description="By seizure; `canonical` stands for it.")
    substances: list[Row] = Field(description="Each seizure once; mass in micrograms.")
    links: list[Row] = Field(description="Within the case: those that count, and those that people judged.")
    across: list[Row] = Field(description="Links that count with other incidents that you may see.")
    changes: list[Row] = Field(description="What its last change was.")


class Judged(BaseModel):
    """What was said; links and cases follow."""

    judgements: list[Row] = Field(description="One of each pair; `revision` counts what people said of it.")


class AlertPage(BaseModel):
    """A page of alerts."""

    alerts: list[Row] = Field(description="At their current revision; `reasons` in words and numbers.")
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class AlertDetail(BaseModel):
    """One alert."""

    alert: Row
    incidents: list[Row] = Field(description="From which it follows, as they are now; `looked_at` was the revision.")
    shared: list[Row] = Field(description="Owner and audience of each policy that applies; none where all may see it.")


class WrittenAlert(BaseModel):
    """A special alert as it is in the log; `/alerts` follows."""

    special_alert: Row


class WatchPage(BaseModel):
    """A page of watches."""

    watches: list[Row]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class WrittenWatch(BaseModel):
    """A watch as it is in the log; `/watches` follows."""

    watch: Row


class SubscriptionList(BaseModel):
    """Your subscriptions."""

    subscriptions: list[Row]


class WrittenSubscription(BaseModel):
    """A subscription as it is in the directory."""

    subscription: Row


class Inbox(BaseModel):
    """What you were told."""

    inbox: list[Row] = Field(description="`seen_at` is null until you say that you read it.")


class Acknowledged(BaseModel):
    """What you said, as it is in the log; the inbox follows."""

    acknowledgement: Row


class RequestPage(BaseModel):
    """A page of threads."""

    requests: list[Row] = Field(description="`awaited` are those who must answer; `to_answer` where you are one.")
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class RequestDetail(BaseModel):
    """One thread."""

    request: Row
    parties: list[Row]
    messages: list[Row] = Field(description="In order; those who wrote them are named to the parties.")
    due: list[Row] = Field(description="While it is open: reminders and escalation, `passed` or to come.")


class ResponseTimes(BaseModel):
    """How agencies answer."""

    agencies: list[Row] = Field(description="Seconds to the first answer; threads of yours alone.")


class Written(BaseModel):
    """What was written; the views follow."""

    thread_id: str
    message_id: str
    kind: str
    party: str = Field(description="In whose name.")
    to: list[str]
    due_at: str | None


class AmendedFrom(BaseModel):
    """The amendment that an answer has become; admitted, and said in the thread."""

    incident_id: str
    event_id: str
    revision: int


class Detail(BaseModel):
    """One incident."""

    incident: Row
    items: list[Row]
    revisions: list[Row]
    reported: Row | None = Field(description="Exactly what the agency stated.")


class Opened(BaseModel):
    """Who opened an incident."""

    opened: list[Row]


class Rows(BaseModel):
    """Rows of an aggregate; mass in micrograms."""

    rows: list[Row]


class Timeline(BaseModel):
    """A substance over time."""

    rows: list[Row]
    first_seen: Row | None


class Accepted(BaseModel):
    """A report that is on the disk and on its way; its receipt tells what admission decides."""

    incident_id: str
    event_id: str
    source_ref: str
    revision: int
    receipt: str = Field(description="Where to ask for the receipt.")


class ReceiptAnswer(BaseModel):
    """What admission decided."""

    outcome: str
    code: str | None
    path: str | None
    message: str | None
    incident_id: str | None
    event_id: str | None
    revision: int | None
    admitted_at: str


class OwnReceipt(ReceiptAnswer):
    """A receipt as the SDK keeps it; without a position, which would tell how much others report."""

    content_digest: str | None
    signed_digest: str | None = Field(description="Of the signed message: what a submission is known by.")


class ReceiptPage(BaseModel):
    """Receipts of your own agency, in the order in which they were written."""

    receipts: list[OwnReceipt]
    next: str = Field(description="Cursor of what follows, now or later.")
    more: bool = Field(description="Whether something follows now.")
