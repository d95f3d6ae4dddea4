"""One alert on one screen, and one on one line: what an officer reads at night."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from cli.alert_line import alert_document, alert_line
from cli.alerts_showing import screen
from cli.main import cli
from projections.feed import AlertFeedEvent
from schemas.alert import Alert
from schemas.codec import FRAME_BYTES, codec
from tests.unit.projections.alerts import Alerts

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
ALERT: dict[str, Any] = {
    "alert_id": "4f1c2a90-0000-5000-8000-000000000000",
    "revision": 2,
    "status": "RAISED",
    "kind": "STOPPABLE",
    "severity": "CRITICAL",
    "title": "Parcel on its way",
    "substance_id": "sub:a",
    "substance_class": "opioid",
    "substance_text": None,
    "countries": ["NZL"],
    "region": None,
    "departure": "CHN",
    "destination": "NZL",
    "period": None,
    "reasons": [{"field": "arrival", "words": "arrives soon", "value": "1", "expected": "2"}],
    "tlp": "AMBER_STRICT",
    "raised_at": "2026-03-14T12:00:00.000Z",
    "act_before": "2026-03-15T17:30:00.000Z",
    "community": True,
    "incidents": ["i"],
    "text": None,
    "documents": [],
    "author_id": None,
    "author_agency": None,
}
INCIDENT: dict[str, Any] = {
    "incident_id": "i",
    "looked_at": 1,
    "revision": 2,
    "withdrawn": False,
    "agency_id": "aus",
    "source_ref": "REF-1",
    "incident_type": "SEIZURE",
    "occurred_on": "2026-03-14",
    "place_country": "AUS",
    "place_name": "Sydney",
    "departure": "CHN",
    "transit": "",
    "destination": "NZL",
    "action_requested": "HOLD",
    "substances": ["sub:a"],
}


def _screen(shared: list[dict[str, Any]] | None = None, incident: dict[str, Any] = INCIDENT, **alert: Any) -> list[str]:
    return screen({"alert": ALERT | alert, "incidents": [incident], "shared": shared or []}, NOW)


def test_it_says_how_grave_until_when_why_from_what_and_for_whom() -> None:
    """In this order, a line each."""
    assert _screen() == [
        "CRITICAL  Parcel on its way",
        "act before   2026-03-15 17:30 UTC (5 h 30 min left)",
        "about        sub:a (opioid); CHN → NZL; NZL",
        "why          arrives soon: 1, expected 2",
        "incidents    aus REF-1 (i)  2026-03-14  sub:a  Sydney, AUS  CHN → NZL  asks for action  amended since",
        "who sees it  all who take part, TLP:AMBER+STRICT",
        "raised       2026-03-14 12:00 UTC, STOPPABLE, revision 2, alert 4f1c2a90-0000-5000-8000-000000000000",
    ]


def test_what_does_not_apply_is_not_said() -> None:
    """One that was withdrawn presses nobody; what only was named was not looked at."""
    shown = _screen(status="WITHDRAWN", incident=INCIDENT | {"looked_at": 0, "action_requested": "INFORM"})
    assert shown[0] == "WITHDRAWN  CRITICAL  Parcel on its way"
    assert not any("act before" in line or "amended" in line or "asks for" in line for line in shown)
    assert "past" in _screen(act_before="2026-03-15T11:00:00.000Z")[1]


def test_who_may_see_a_restricted_one() -> None:
    """Each owner with its audience: whoever reads it must be among each."""
    one, other = {"owner": "aus", "audience": ["agency:nzl"]}, {"owner": "fji", "audience": ["group:lab"]}
    assert "who sees it  aus and agency:nzl, TLP:AMBER+STRICT" in _screen([one])
    assert any("who is among each of: aus and agency:nzl; fji and group:lab" in line for line in _screen([one, other]))


def test_a_special_alert_says_what_its_author_wrote() -> None:
    """With its documents by reference."""
    document = {"media_type": "application/pdf", "sha256": "0" * 64, "size": 7, "title": None}
    special = {"kind": "SPECIAL", "text": "Two deaths.\nDo not touch.", "documents": [document]}
    shown = _screen(**special, author_id="author", author_agency="hq")
    at = shown.index("says         Two deaths.")
    assert shown[at + 1] == "             Do not touch."
    assert shown[at + 2].startswith("documents    application/pdf (SHA-256 000")
    assert shown[at + 3] == "written by   author of hq"


def test_an_alert_on_one_line() -> None:
    """Reported text cannot steer the terminal; positions, which count what others may not see, are not given."""
    found = Alerts()
    found.alert("a", shared=[("aus", ("agency:nzl",))], at=NOW, title="red \x1b[31m", act_before=NOW, severity="LOW")
    alert = Alert.of(codec("alert").decode((found.records[0].value or b"")[FRAME_BYTES:]))
    known = f"(FIRST_SEEN, alert {alert.alert_id[:8]} r1, restricted)"
    when = "2026-03-15 12:00 UTC"
    assert alert_line(alert) == f"{when}  LOW       red \ufffd[31m; act before {when}  {known}"
    assert "  withdrawn: red" in alert_line(replace(alert, status="WITHDRAWN"))
    assert "positions" not in alert_document(AlertFeedEvent("c", alert))["alert"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["watch", "--alerts", "--cases"], "two streams"),
        (["watch", "--alerts", "--country", "NZL"], "--alerts gives all alerts"),
        (["as-of", "2026-03-14", "alerts", "write"], "of a moment there is alerts list and alerts show"),
    ],
)
def test_what_does_not_go_together_is_refused(words: list[str], says: str) -> None:
    """Before anything is asked of a server."""
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert says in " ".join(done.output.split())
