"""The rows of alerts and watches: of what each says, and of whom they may be told."""

from typing import Any

from projections.alerting import policies_of_alert, policies_of_watch, with_policies
from projections.alerting.policies import Policy
from projections.alerting.rows import alert_incident_rows, alert_rows, current, watch_rows
from schemas.codec import FRAME_BYTES, codec
from schemas.policies import policy_class
from tests.unit.projections.alerts import Alerts, alert_id, history
from tests.unit.projections.matches import incident_id

_POLICE = ("agency-1", ("agency:police",))
_CLASS = policy_class(*_POLICE)
_LATER = Policy(7, "agency-2", ["country:NLD"])


def _said(found: Alerts, kind: str = "alert") -> list[dict[str, Any]]:
    return [codec(kind).decode((record.value or b"")[FRAME_BYTES:]) for record in found.records]


def test_an_alert_of_the_community_names_its_class_so_that_nobody_unknown_sees_it() -> None:
    """An empty list would be a subset of what anybody sees."""
    found = Alerts()
    found.alert("open", [1])
    found.alert("restricted", [1], [_POLICE])
    assert alert_rows(_said(found))["policy_classes"].to_list() == ['{"0"}', f'{{"{_CLASS}"}}']
    assert [policies_of_alert(alert) for alert in _said(found)] == [[], [Policy(_CLASS, "agency-1", ["agency:police"])]]


def test_a_special_alert_rests_on_nothing() -> None:
    """What it names is in no row that readers of the alert see."""
    found = Alerts()
    found.alert("derived", [1])
    found.alert("special", [1], kind="SPECIAL")
    derived, special = alert_rows(_said(found)).iter_rows(named=True)
    assert (derived["rests_on"], special["rests_on"]) == (f'{{"{incident_id(1)}"}}', "{}")
    assert incident_id(1) not in str(special)
    assert alert_incident_rows(_said(found))["incident_id"].to_list() == [incident_id(1)] * 2


def test_of_an_incident_the_latest_revision_named_is_kept() -> None:
    """An alert may rest on two revisions of one."""
    found = Alerts()
    found.alert("a", [(1, 2), (1, 3), (1, 1)])
    assert alert_incident_rows(_said(found))["revision"].to_list() == [3]


def test_the_highest_revision_is_current() -> None:
    """Whatever comes first."""
    found = Alerts()
    for severity in ("LOW", "MEDIUM", "HIGH"):
        found.alert("a", severity=severity)
    for order in (_said(found), _said(found)[::-1]):
        assert current(order)[alert_id("a")]["severity"] == "HIGH"


def test_later_policies_are_added_to_those_of_then() -> None:
    """For the tables of a moment: all of them must allow a viewer."""
    found, watched = Alerts(), Alerts()
    found.alert("a", [1], [_POLICE])
    watched.watch("w", "agency-1", ["COMMUNITY"])
    [alert], [watch] = _said(found), _said(watched, "watch")
    assert policies_of_watch(watch) == []
    assert policies_of_watch(with_policies(watch, [_LATER])) == [_LATER]
    both = with_policies(alert, [_LATER])
    assert [policy.class_ for policy in policies_of_alert(both)] == [7, _CLASS]
    assert alert_rows([both])["policy_classes"].to_list() == [f'{{"7","{_CLASS}"}}']
    assert watch_rows([(b"", with_policies(watch, [_LATER]))])["policy_classes"].to_list() == ['{"7"}']


def test_a_history_has_every_kind() -> None:
    """So that what the tables are compared by is of more than a few alerts."""
    kinds = {alert["kind"] for alert in _said(Alerts(records=[r for r in history(1, 9) if "alerts" in r.topic]))}
    assert len(kinds) == 9
