"""A revision of an alert, on one line and as JSON."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from cli.output import clean
from projections.feed import AlertFeedEvent
from schemas.alert import WITHDRAWN, Alert

_SHORT = 8


def alert_line(alert: Alert) -> str:
    """When, how grave, what, and until when to act."""
    state = "withdrawn: " if alert.status == WITHDRAWN else ""
    act = f"; act before {moment(alert.act_before)}" if alert.act_before else ""
    restricted = ", restricted" if alert.policies else ""
    known = f"{alert.kind}, alert {alert.alert_id[:_SHORT]} r{alert.revision}{restricted}"
    return clean(f"{moment(alert.raised_at)}  {alert.severity:<8}  {state}{alert.title}{act}  ({known})")


def alert_document(event: AlertFeedEvent) -> dict[str, Any]:
    """The event for JSON. Positions stay out: they count what others may not see."""
    alert = asdict(event.alert)
    del alert["positions"]
    return {"cursor": event.cursor, "alert": alert}


def moment(at: datetime) -> str:
    """A time to the minute, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M UTC")
