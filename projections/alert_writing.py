"""Where the secretariat writes special alerts: into `ionics.special-alerts`, with an act in the audit.

Whoever writes must see each incident that is named; one that is hidden is refused in the words of one that does not
exist, and so is a special alert. The alert is written before the act: killed in between, it still says who and when.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from projections.audit_log import record_audit
from projections.queries import owners_of
from projections.viewing import Views
from schemas.directory import FocalPoint, Members
from schemas.errors import ForbiddenError, ProjectionError
from schemas.reading import read_topic
from schemas.rights import require_author
from schemas.settings import Settings
from schemas.sharing import Policy, may_see
from schemas.special_alert import SpecialAlert, SpecialAlerts
from schemas.topics import SPECIAL_ALERTS
from schemas.writing import publish_as

WRITTEN, REVISED, WITHDRAWN = "SPECIAL_ALERT_WRITTEN", "SPECIAL_ALERT_REVISED", "SPECIAL_ALERT_WITHDRAWN"
"""Codes of the acts in the audit."""


class SpecialAlertDesk:
    """Writes for one focal point.

    Args:
        settings: where the deployment is, with its generation.
        person: who writes.
        members: who takes part, as the directory stands.
        views: what that person sees.
    """

    def __init__(self, settings: Settings, person: FocalPoint, members: Members, views: Views) -> None:
        self._settings, self._person, self._members, self._views = settings, person, members, views

    def write(self, content: Mapping[str, Any]) -> SpecialAlert:
        """Write a new special alert.

        Args:
            content: severity, title, subject, text, documents, incidents, audience, tlp and act_before.

        Raises:
            ForbiddenError: the person may not write special alerts.
            ProjectionError: an incident does not exist, or may not be seen.
            InvalidIncidentError: a rule that the content breaks.
            LogError: the log cannot be read or written.
        """
        self._require_author()
        made = SpecialAlerts().next(str(uuid4()), dict(content), self._by, datetime.now(UTC))
        return self._publish(made, WRITTEN, None)

    def revise(self, alert_id: str, content: Mapping[str, Any], reason: str) -> SpecialAlert:
        """Replace the content of a special alert of the person's agency; the audience, too.

        Raises:
            ProjectionError: there is none, or it may not be seen; or so with an incident.
            ForbiddenError: the person may not write special alerts, or it is another agency's.
            InvalidIncidentError: a rule that the content breaks; or it was withdrawn.
            LogError: the log cannot be read or written.
        """
        made = self._own(alert_id).next(alert_id, dict(content), self._by, datetime.now(UTC))
        return self._publish(made, REVISED, reason)

    def withdraw(self, alert_id: str, reason: str) -> SpecialAlert:
        """Withdraw a special alert of the person's agency; what it said stays to be read.

        Raises:
            IonicsError: as `revise`.
        """
        made = self._own(alert_id).withdrawn(alert_id, self._by, datetime.now(UTC))
        return self._publish(made, WITHDRAWN, reason, check_incidents=False)

    @property
    def _by(self) -> tuple[str, str]:
        return self._person.focal_point_id, self._person.agency_id

    def _require_author(self) -> None:
        require_author(self._person, self._members.directory.agencies[self._person.agency_id])

    def _own(self, alert_id: str) -> SpecialAlerts:
        """All that is known, where the alert is one that the person may revise."""
        known = SpecialAlerts().fold(read_topic(self._settings, SPECIAL_ALERTS.name))
        found = known.held.get(alert_id)
        if found is None or not may_see(
            self._person.focal_point_id,
            Policy(found.author_agency, frozenset(found.audience), found.tlp),
            self._members,
        ):
            raise ProjectionError(f"no special alert {alert_id} that {self._person.focal_point_id} may see")
        self._require_author()
        if found.author_agency != self._person.agency_id:
            raise ForbiddenError(f"special alert {alert_id} is of {found.author_agency}, which alone revises it")
        return known

    def _publish(
        self, made: SpecialAlert, code: str, reason: str | None, *, check_incidents: bool = True
    ) -> SpecialAlert:
        if check_incidents and made.incidents:
            with self._views() as connection:
                seen = owners_of(connection, self._settings.generation, made.incidents)
            if hidden := sorted(set(made.incidents) - seen.keys()):
                raise ProjectionError(f"no incident {hidden[0]} that {self._person.focal_point_id} may see")
        publish_as("special_alert", self._settings, SPECIAL_ALERTS.name, [(made.alert_id.encode(), made.body())])
        actor, agency_id = self._by
        words = f"special alert {made.alert_id}, revision {made.revision}: {made.severity}, {made.title}"
        act = {"actor": actor, "agency_id": agency_id, "subject": made.alert_id, "reason": reason}
        record_audit(self._settings, "OPERATOR_ACT", code, words, **act)
        return made
