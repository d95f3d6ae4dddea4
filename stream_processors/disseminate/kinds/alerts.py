"""Alerts: each one when it is raised, changes, or is taken back."""

import hashlib
from collections.abc import Mapping
from typing import Any

from schemas.identity import canonical_json
from schemas.topics import alerts
from stream_processors.disseminate.events import Event, Kind

_NOT_SAID = frozenset({"revision", "positions"})
"""Fields that say how a generation came to an alert, not what it says."""


def read_alert(alert: Mapping[str, Any]) -> Event:
    """The event of an alert."""
    subject = alert["subject"]
    ends = subject["departure"], subject["destination"]
    return Event(
        kind="alert",
        event_id=alert["alert_id"],
        revision=alert["revision"],
        digest=alert_digest(alert),
        at_ms=round(alert["raised_at"].timestamp() * 1000),
        severity=str(alert["severity"]),
        code=str(alert["kind"]),
        withdrawn=str(alert["status"]) == "WITHDRAWN",
        substances=frozenset({subject["substance_id"]} - {None}),
        classes=frozenset({subject["substance_class"]} - {None}),
        countries=frozenset({*subject["countries"], *ends} - {None}),
        routes=frozenset({f"{ends[0]}>{ends[1]}"}) if all(ends) else frozenset(),
    )


def alert_digest(alert: Mapping[str, Any]) -> str:
    """SHA-256 of what an alert says: another generation may number its revisions otherwise."""
    said = {name: value for name, value in alert.items() if name not in _NOT_SAID}
    return hashlib.sha256(canonical_json(said)).hexdigest()


ALERTS = Kind("alert", "alert", alerts, lambda value, *_: read_alert(value))
