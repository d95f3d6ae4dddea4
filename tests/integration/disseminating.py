"""What tests of dissemination have in common: subscriptions, events, and what is kept of them."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg

from cli.report import current_revision
from deploy.changes import make_changes
from deploy.disseminating import Disseminating
from deploy.home import administrator_keys
from producers import IncidentProducer
from schemas.codec import frame
from schemas.dictionary import read_dictionary
from schemas.directory import Command, Subscriptions, read_members
from schemas.directory.commands import SubscriptionEnd, SubscriptionSet
from schemas.publishing import publish
from schemas.settings import Settings
from schemas.topics import alerts
from stream_processors.disseminate import Backoff
from tests.integration.exchange import CONTENT
from tests.unit.projections.alerts import Alerts, Shared

QUICK = Backoff(0.2, 1.0, attempts=6)
GROUPED_S, REMINDED_S = 1.0, 0.2


@contextmanager
def disseminating(settings: Settings, instance: str = "0", backoff: Backoff = QUICK) -> Iterator[None]:
    """The stage as a thread of this process, less patient than it is in life."""
    stop, faults = threading.Event(), list[BaseException]()
    stage = Disseminating(
        settings.as_principal("disseminate"), instance, backoff=backoff, grouped_s=GROUPED_S, reminded_s=REMINDED_S
    )

    def run() -> None:
        try:
            stage.run(stop)
        except BaseException as error:  # noqa: BLE001  # raised below
            faults.append(error)

    thread = threading.Thread(target=run, name="disseminate")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if faults:
        raise faults[0]


def change(settings: Settings, *commands: Command) -> None:
    """Change the directory by its administrators."""
    make_changes(settings, commands, *administrator_keys(settings))


def nobody_subscribed(settings: Settings) -> None:
    """End what other tests left: whoever tries all addresses of the API subscribes hundreds of times."""
    held = Subscriptions().of(read_members(settings)).values()
    change(settings, *(SubscriptionEnd(subscription_id=each.subscription_id) for each in held if not each.ended))


def subscribed(person: str, channel: str = "console", address: str | None = None, **asked: Any) -> SubscriptionSet:
    """A subscription, to incidents unless it says otherwise."""
    named = {"subscription_id": f"sub-{uuid.uuid4().hex[:12]}", "focal_point_id": person, "events": ["incident"]}
    return SubscriptionSet.model_validate({**named, "channel": channel, "address": address, **asked})


def reported(settings: Settings, agency: str, **content: Any) -> str:
    """The id of a new incident."""
    with IncidentProducer(agency, reporting_country="NZL", settings=settings) as producer:
        submission = producer.report(CONTENT | content)
        assert producer.wait(submission, 60).outcome == "ACCEPTED"
    return submission.incident_id


def amended(settings: Settings, agency: str, incident_id: str, **changes: Any) -> None:
    """Amend an incident."""
    with IncidentProducer(agency, reporting_country="NZL", settings=settings) as producer:
        current, receipt = current_revision(settings, incident_id)
        later = producer.amend(current, receipt, changes, reason="as it is")
        assert producer.wait(later, 60).outcome == "ACCEPTED"


class AlertStage:
    """Writes alerts as the stage would."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._name = settings, uuid.uuid4().hex
        head = frame(read_dictionary(settings).id_of("alert"))
        self._made = Alerts({"alert": head}, settings.generation)

    def write(self, name: object, shared: list[Shared] | None = None, **content: Any) -> str:
        """The next revision of an alert, raised now unless it says otherwise; its id."""
        made = self._made.alert(
            f"{self._name} {name}", (), shared or (), content.pop("at", datetime.now(UTC)), **content
        )
        value = self._made.records[-1].value
        publish(self._settings, alerts(self._settings.generation).name, [(made.encode(), value)])
        return made


def states(settings: Settings, event_id: str) -> list[tuple[str, str]]:
    """Recipient and state of each delivery of an event."""
    with psycopg.connect(settings.database_url) as connection:
        return connection.execute(
            "SELECT recipient, state FROM dissemination.delivery WHERE event_id = %s ORDER BY 1, created_at",
            [event_id],
        ).fetchall()


def kept(settings: Settings, event_id: str) -> bool:
    """Whether anything of an event is kept."""
    return bool(states(settings, event_id))
