"""Dissemination on real parts: what happens reaches those who subscribed and may see it, and nobody else."""

import uuid
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from deploy.agencies import add_agencies
from deploy.changes import make_changes
from deploy.disseminating import webhook_key
from deploy.generations import drop_generation
from deploy.home import administrator_keys
from deploy.stages import generated
from producers import IncidentProducer
from projections.migrate import migrate
from schemas.directory import Agency, Command
from schemas.directory.commands import SubscriptionSet, WebhookHostsSet
from schemas.reading import quiet_logger
from schemas.settings import Settings
from schemas.topics import alerts, create_topics
from tests.integration.exchange import CONTENT, stages, until
from tests.integration.receivers import Receiver, receiving
from tests.running import Running

pytestmark = pytest.mark.stack

_GENERATION = 98
_HOME, _AWAY, _THIRD = "dis-nzl", "dis-aus", "dis-fji"


@pytest.fixture(scope="module")
def at_work(running: Running) -> Iterator[Settings]:
    """A generation with its stages and dissemination."""
    settings = running.settings
    add_agencies(settings, [Agency(id_, id_, "CUSTOMS", id_[4:].upper()) for id_ in (_HOME, _AWAY, _THIRD)])
    ours = replace(settings, generation=_GENERATION)
    topics = {topic.name: topic for topic in (*generated(_GENERATION), alerts(_GENERATION))}
    create_topics(AdminClient(ours.client_config(), logger=quiet_logger()), list(topics.values()))
    migrate(ours.database_url, _GENERATION)
    with stages(ours, "admit", "enrich", "project", "members", "disseminate"):
        yield ours
    drop_generation(settings, _GENERATION)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where webhooks go."""
    with receiving() as found:
        yield found


def change(settings: Settings, *commands: Command) -> None:
    """Change the directory by its administrators."""
    make_changes(settings, commands, *administrator_keys(settings))


def subscribed(person: str, channel: str, address: str | None = None, **asked: object) -> SubscriptionSet:
    """A subscription to incidents."""
    named = {"subscription_id": f"sub-{uuid.uuid4().hex[:12]}", "focal_point_id": person, "events": ["incident"]}
    return SubscriptionSet.model_validate({**named, "channel": channel, "address": address, **asked})


def reported(settings: Settings, agency: str, **content: object) -> str:
    """The id of a new incident."""
    with IncidentProducer(agency, reporting_country="NZL", settings=settings) as producer:
        submission = producer.report(CONTENT | content)
        assert producer.wait(submission, 60).outcome == "ACCEPTED"
    return submission.incident_id


def states(settings: Settings, event_id: str) -> dict[str, str]:
    """Recipient → state of what is told of an event."""
    with psycopg.connect(settings.database_url) as connection:
        found = connection.execute(
            "SELECT recipient, state FROM dissemination.delivery WHERE event_id = %s", [event_id]
        ).fetchall()
    return dict(found)


def test_an_incident_reaches_the_webhook_of_who_subscribed(at_work: Settings, receiver: Receiver) -> None:
    """Signed, once; with kind, severity and a link, and no content, for its label is AMBER."""
    command = subscribed(_AWAY, "webhook", receiver.address(), countries=["NZL"])
    change(at_work, WebhookHostsSet(agency_id=_AWAY, hosts=[receiver.host]), command)
    incident_id = reported(at_work, _HOME)
    until(lambda: receiver.events() == [incident_id])
    [body] = receiver.bodies
    assert receiver.are_signed(webhook_key(at_work))
    assert receiver.requests[0][0]["webhook-id"] == body["id"]
    assert (body["type"], body["kind"], body["severity"]) == ("ionics.incident", "SEIZURE", "LOW")
    assert "content" not in body
    until(lambda: states(at_work, incident_id) == {_AWAY: "DELIVERED"})
