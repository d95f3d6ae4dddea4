"""From exchange to action: four agencies, all stages as processes, and people at their command lines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from cli.main import cli
from deploy.agencies import add_agencies
from deploy.changes import make_changes
from deploy.disseminating import webhook_key
from deploy.home import administrator_keys
from producers import IncidentProducer
from schemas.directory import Agency
from schemas.directory.commands import WebhookHostsSet
from schemas.settings import Settings
from tests.integration.receivers import receiving
from tests.journeys.journey import eventually, working
from tests.running import Running

pytestmark = pytest.mark.stack

_REPORTER, _ABLE, _OTHER, _OUTSIDE = "act-nld", "act-deu", "act-fra", "act-fji"
_PEOPLE = (_REPORTER, _ABLE, _OTHER, _OUTSIDE)


class People:
    """Officers at their command lines."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("IONICS_HOME", str(settings.home))

    def run(self, person: str, *words: str) -> list[Any]:
        """What a command prints for somebody."""
        self._monkeypatch.setenv("IONICS_VIEWER", person)
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, (words, done.output, done.exception)
        if "--json" not in words:
            return []
        found = orjson.loads(done.stdout)
        return found if isinstance(found, list) else [found]

    def alerts(self, person: str, incident_id: str) -> list[Any]:
        """The alerts on an incident that somebody sees."""
        return self.run(person, "alerts", "list", "--all", "--incident", incident_id, "--kind", "STOPPABLE", "--json")

    def told(self, person: str) -> list[tuple[str, str]]:
        """What reached the inbox of somebody: event and what of it, the newest first."""
        return [(each["event_id"], each["kind"]) for each in self.run(person, "inbox", "--json")]


def test_a_shipment_is_stopped(fresh: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever can act is called, takes it on, asks and is answered; the answer amends the report. Nobody else hears."""
    settings = fresh.settings
    add_agencies(settings, [Agency(id_, id_, "CUSTOMS", id_[-3:].upper()) for id_ in _PEOPLE])
    people = People(settings, monkeypatch)
    with receiving() as receiver, working(settings, without=("moments",)):
        hosts = [WebhookHostsSet(agency_id=id_, hosts=[receiver.host]) for id_ in (_ABLE, _OUTSIDE)]
        make_changes(settings, hosts, *administrator_keys(settings))
        for person in (_ABLE, _OUTSIDE):
            wanted = ("--event", "alert", "--severity", "HIGH", "--country", "DEU")
            people.run(person, "subscription", "set", *wanted, "--webhook", receiver.address(person), "--as", person)
        people.run(_OTHER, "subscription", "set", "--event", "alert", "--country", "DEU", "--as", _OTHER)
        with IncidentProducer(_REPORTER, reporting_country="NLD", settings=settings) as producer:
            submission = producer.report(_parcel())
            receipt = producer.wait(submission, 180)
            assert receipt.outcome == "ACCEPTED"
        incident_id = submission.incident_id

        eventually("a webhook calls whoever can act", lambda: len(receiver.taken) == 1)
        assert receiver.are_signed(webhook_key(settings))
        [call] = receiver.taken
        [alert] = people.alerts(_ABLE, incident_id)
        assert (call["kind"], call["severity"], call["link"].rpartition("/")[2]) == (
            "STOPPABLE",
            "CRITICAL",
            alert["alert_id"],
        )
        assert "content" not in call  # it is AMBER
        eventually("the inbox has it too", lambda: people.told(_OTHER) == [(alert["alert_id"], "STOPPABLE")])
        people.run(_ABLE, "alerts", "ack", alert["alert_id"], "--as", _ABLE)

        question = ("--question", "Which flight?", "--priority", "IMMEDIATE")
        [asked] = people.run(_ABLE, "request", "ask", incident_id, *question, "--as", _ABLE, "--json")
        thread = asked["thread_id"]
        eventually("the owner is asked", lambda: (thread, "REQUEST") in people.told(_REPORTER))
        people.run(_REPORTER, "request", "answer", thread, "--text", "LH 8401", "--as", _REPORTER)
        held = ("--set", 'shipment={"reference":"LX 4711","status":"HELD"}', "--set", "action_requested=NONE")
        people.run(_REPORTER, "request", "amend", thread, *held, "--reason", "held", "--as", _REPORTER)
        eventually(
            "whoever asked is answered",
            lambda: {(thread, "ANSWER"), (thread, "AMENDED")} <= set(people.told(_ABLE)),
        )

        eventually("the alert is taken back", lambda: people.alerts(_ABLE, incident_id)[0]["status"] == "WITHDRAWN")
        eventually("and so is the call", lambda: [each["withdrawn"] for each in receiver.taken] == [False, True])
        for stranger in (_OTHER, _OUTSIDE):
            assert people.run(stranger, "request", "list", "--as", stranger, "--json") == []
        assert people.run(_OUTSIDE, "alerts", "list", "--all", "--json") == []
        assert people.told(_OUTSIDE) == []


def _parcel() -> dict[str, Any]:
    """A parcel on its way to Germany, told to three agencies and not to the community."""
    now = datetime.now(UTC)
    return {
        "incident_type": "SUSPICIOUS_SHIPMENT",
        "occurred_on": now.date(),
        "location": {"country": "NLD", "place_text": "Schiphol"},
        "items": [{"substance_text": "protonitazene", "amount_text": "412", "unit_text": "g"}],
        "route": [{"role": "DEPARTURE", "country": "CHN"}, {"role": "DESTINATION", "country": "DEU"}],
        "shipment": {"reference": "LX 4711", "status": "IN_TRANSIT", "expected_on": now.date() + timedelta(days=1)},
        "action_requested": "HOLD",
        "act_before": (now + timedelta(hours=20)).replace(microsecond=0),
        "audience": [f"agency:{_REPORTER}", f"agency:{_ABLE}", f"agency:{_OTHER}"],
        "tlp": "AMBER",
    }
