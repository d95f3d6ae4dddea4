"""An alert as its recipient sees it: what its current revision says."""

from collections.abc import Callable, Mapping
from typing import Any, LiteralString

import psycopg

from projections.deliveries.kinds.showing import Showing
from projections.queries import alert_document
from stream_processors.disseminate.ports import Shown

_SAID = (
    *("alert_id", "revision", "status", "kind", "severity", "title", "substance_id", "substance_class"),
    *("substance_text", "countries", "departure", "destination", "period", "tlp", "raised_at", "act_before", "text"),
)
_WORDS: LiteralString = "(SELECT a.title FROM {alert} a WHERE a.alert_id = d.event_id)"


def show_alert(connection: psycopg.Connection, generation: int, alert_id: str, _: int) -> Callable[[], Shown | None]:
    """The alert, if it may be seen: another generation numbers its revisions otherwise, so it is that of now."""
    found = alert_document(connection, generation, alert_id)
    return lambda: None if found is None else _shown(found)


def _shown(found: Mapping[str, Any]) -> Shown:
    alert = found["alert"]
    reasons = [reason["words"] for reason in alert["reasons"]]
    return Shown(str(alert["tlp"]), {name: alert[name] for name in _SAID} | {"reasons": reasons})


def sees_alert(connection: psycopg.Connection, generation: int, alert_id: str) -> bool:
    """Whether the viewer sees an alert."""
    return alert_document(connection, generation, alert_id) is not None


ALERT = Showing(show_alert, sees_alert, _WORDS)
