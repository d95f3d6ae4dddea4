"""The rows of the tables that hold alerts and watches, out of decoded records. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from projections.alerting.policies import Content, classes, policies_of_alert, policies_of_watch
from projections.copying import array_literal
from projections.matching.rows import framed, json_text, last_of
from schemas.alert import SPECIAL

_TIME = pl.Datetime("ms", "UTC")
_SUBJECT = (
    "substance_id",
    "substance_class",
    "substance_text",
    "countries",
    "region",
    "departure",
    "destination",
    "period",
)
ALERT = pl.Schema(
    {
        "alert_id": pl.String(),
        "revision": pl.Int32(),
        "status": pl.String(),
        "kind": pl.String(),
        "severity": pl.String(),
        "title": pl.String(),
        **dict.fromkeys(_SUBJECT, pl.String()),
        "reasons": pl.String(),
        "rests_on": pl.String(),
        "policy_classes": pl.String(),
        "tlp": pl.String(),
        "raised_at": _TIME,
        "act_before": _TIME,
        "words": pl.String(),
        "documents": pl.String(),
        "author_id": pl.String(),
        "author_agency": pl.String(),
    }
)
ALERT_INCIDENT = pl.Schema({"alert_id": pl.String(), "incident_id": pl.String(), "revision": pl.Int32()})
WATCH = pl.Schema(
    {
        "watch_id": pl.String(),
        "revision": pl.Int32(),
        "active": pl.Boolean(),
        "kind": pl.String(),
        "value": pl.String(),
        "reason": pl.String(),
        "audience": pl.String(),
        "until": _TIME,
        "focal_point_id": pl.String(),
        "agency_id": pl.String(),
        "at": _TIME,
        "policy_classes": pl.String(),
        "body": pl.String(),
    }
)


def current(alerts: Iterable[Content]) -> dict[str, Content]:
    """Alert id → its highest revision among these."""
    found: dict[str, Content] = {}
    for alert in alerts:
        if alert["alert_id"] not in found or found[alert["alert_id"]]["revision"] < alert["revision"]:
            found[alert["alert_id"]] = alert
    return found


def alert_rows(alerts: Sequence[Content]) -> pl.DataFrame:
    """Rows of the table ``alert``, each alert once."""
    return framed([_alert(alert) for alert in alerts], ALERT)


def alert_incident_rows(alerts: Sequence[Content]) -> pl.DataFrame:
    """Rows of the table ``alert_incident`` of alerts, each alert once; of an incident the latest revision named."""
    rows = [
        {"alert_id": alert["alert_id"], "incident_id": each["incident_id"], "revision": each["revision"]}
        for alert in alerts
        for each in alert["incidents"]
    ]
    return last_of(rows, ALERT_INCIDENT, ("alert_id", "incident_id"), "revision")


def watch_rows(records: Sequence[tuple[bytes, Content]]) -> pl.DataFrame:
    """Rows of the table ``watch`` out of bodies and their contents: of each watch the revision that holds."""
    rows = [
        {
            **content,
            "audience": array_literal(sorted(content["audience"])),
            "policy_classes": array_literal(classes(policies_of_watch(content))),
            "body": "\\x" + body.hex(),
        }
        for body, content in records
    ]
    return last_of(rows, WATCH, ("watch_id",), "revision", "body")


def _alert(alert: Content) -> dict[str, Any]:
    rests_on = () if alert["kind"] == SPECIAL else {each["incident_id"] for each in alert["incidents"]}
    subject = {name: alert["subject"][name] for name in _SUBJECT}
    return {
        **alert,
        **subject,
        "countries": array_literal(subject["countries"]),
        "reasons": json_text(alert["reasons"]),
        "rests_on": array_literal(sorted(rests_on)),
        "policy_classes": array_literal(classes(policies_of_alert(alert))),
        "words": alert["text"],
        "documents": json_text(alert["documents"]),
    }
