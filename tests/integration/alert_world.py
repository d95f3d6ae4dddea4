"""Incidents, and alerts as their stage would write them, on the shared deployment."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg

from cli.report import current_revision
from producers import IncidentProducer
from projections.queries import incident, list_alerts
from projections.viewing import viewing
from schemas.codec import FRAME_BYTES, codec, frame
from schemas.dictionary import read_dictionary
from schemas.publishing import publish
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.special_alert import SpecialAlerts
from schemas.topics import SPECIAL_ALERTS, alerts
from tests.integration.exchange import CONTENT, until
from tests.unit.projections.alerts import Alerts


class AlertWorld:
    """Incidents, and alerts as the stage would write them."""

    def __init__(self, settings: Settings) -> None:
        self.settings, dictionary = settings, read_dictionary(settings)
        heads = {kind: frame(dictionary.id_of(kind)) for kind in ("alert", "watch")}
        self.written = Alerts(heads, settings.generation)

    def reported(self, count: int, **content: Any) -> list[str]:
        """Ids of incidents of alert-nzl that the views have."""
        with IncidentProducer("alert-nzl", reporting_country="NZL", settings=self.settings) as producer:
            sent = [producer.report(CONTENT | content) for _ in range(count)]
            assert {receipt.outcome for receipt in producer.wait(sent, 60)} == {"ACCEPTED"}
        found = [submission.incident_id for submission in sent]
        until(lambda: all(self.incident(one, "alert-nzl") is not None for one in found))
        return found

    def incident(self, incident_id: str, person: str) -> dict[str, Any] | None:
        """An incident as somebody sees it."""
        with (
            psycopg.connect(self.settings.reader_url, autocommit=True) as connection,
            viewing(connection, self.settings.generation, person),
        ):
            return incident(connection, self.settings.generation, incident_id)

    def narrow(self, incident_id: str) -> None:
        """Amend an incident, so that nobody else may see it any more."""
        with IncidentProducer("alert-nzl", reporting_country="NZL", settings=self.settings) as producer:
            current, receipt = current_revision(self.settings, incident_id)
            narrower = {"audience": ["agency:alert-nzl"], "tlp": "AMBER"}
            later = producer.amend(current, receipt, narrower, reason="ours")
            assert producer.wait(later, 60).outcome == "ACCEPTED"
        until(lambda: self.incident(incident_id, "alert-aus") is None)

    def raised(self, name: str, incident_ids: Sequence[str] = (), **content: Any) -> str:
        """The next revision of an alert that rests on incidents; it is in the views."""
        self.written.alert(name, incident_ids, **{"at": datetime.now(UTC)} | content)
        value = self.written.records[-1].value or b""
        body = codec("alert").decode(value[FRAME_BYTES:])
        id_: str = body["alert_id"]
        publish(self.settings, alerts(self.settings.generation).name, [(id_.encode(), value)])
        until(lambda: self._revision(id_) == body["revision"])
        return id_

    def passed_on(self, special: str) -> None:
        """A special alert as the stage passes it on; it is in the views."""
        held = SpecialAlerts().fold(read_topic(self.settings, SPECIAL_ALERTS.name)).held[special].model_dump()
        shared = [] if held["audience"] == ("COMMUNITY",) else [(held["author_agency"], held["audience"])]
        names = ("severity", "title", "text", "subject", "documents", "tlp", "status", "revision", "act_before")
        stated = {name: held[name] for name in (*names, "author_id", "author_agency")}
        self.raised(special, held["incidents"], kind="SPECIAL", shared=shared, alert_id=special, **stated)

    def _revision(self, alert: str) -> int | None:
        with psycopg.connect(self.settings.database_url) as writer:
            statement = f"SELECT revision FROM g{self.settings.generation}.alert WHERE alert_id = %s"
            found = writer.execute(statement.encode(), [alert]).fetchone()
        return None if found is None else int(found[0])

    def titles(self, person: str) -> list[str]:
        """The alerts that somebody sees."""
        with (
            psycopg.connect(self.settings.reader_url, autocommit=True) as connection,
            viewing(connection, self.settings.generation, person),
        ):
            return [row["title"] for row in list_alerts(connection, self.settings.generation, limit=500)]
