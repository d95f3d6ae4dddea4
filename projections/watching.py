"""Where agencies set and end watches: into `ionics.watches`, with an act in the audit.

The watch is written before the act: killed in between, it still says who, when and why.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from projections.audit_log import record_audit
from schemas.directory import FocalPoint, Members
from schemas.errors import ForbiddenError, InvalidIncidentError, ProjectionError
from schemas.reading import read_topic
from schemas.rights import require_watcher
from schemas.settings import Settings
from schemas.sharing import Policy, may_see
from schemas.topics import WATCHES
from schemas.watch import Watch, Watches
from schemas.writing import publish_as

SET, ENDED = "WATCH_SET", "WATCH_ENDED"
"""Codes of the acts in the audit."""
_MOST = 1_000
"""Watches that an agency may have at a time: each incident is held against all of them."""


class WatchDesk:
    """Sets and ends watches for one focal point, whose agency owns them.

    Args:
        settings: where the deployment is.
        person: who acts.
        members: who takes part, as the directory stands.
    """

    def __init__(self, settings: Settings, person: FocalPoint, members: Members) -> None:
        self._settings, self._person, self._members = settings, person, members

    def begin(self, content: Mapping[str, Any]) -> Watch:
        """Set a watch.

        Args:
            content: kind, value, reason, audience and until.

        Raises:
            ForbiddenError: the person may not set watches.
            InvalidIncidentError: a rule that it breaks, or the agency has too many.
            LogError: the log cannot be read or written.
        """
        require_watcher(self._person)
        now, known = datetime.now(UTC), self._known()
        made = known.begun(str(uuid4()), dict(content), self._by, now)
        standing = sum(watch.agency_id == made.agency_id and watch.holds_at(now) for watch in known.held.values())
        if standing >= _MOST:
            raise InvalidIncidentError("TOO_MANY", "watch", f"{made.agency_id} has {_MOST} watches: end some first")
        return self._publish(made, SET, made.reason)

    def end(self, watch_id: str, reason: str | None = None) -> Watch:
        """End a watch of the person's agency.

        Raises:
            ProjectionError: there is none, or it may not be seen.
            ForbiddenError: the person may not set watches, or it is another agency's.
            InvalidIncidentError: it was ended before.
            LogError: the log cannot be read or written.
        """
        known = self._known()
        found = known.held.get(watch_id)
        # Who sees a watch is its audience's to say; a label goes with incidents, and a watch has none.
        if found is None or not may_see(
            self._person.focal_point_id, Policy(found.agency_id, frozenset(found.audience), ""), self._members
        ):
            raise ProjectionError(f"no watch {watch_id} that {self._person.focal_point_id} may see")
        require_watcher(self._person)
        if found.agency_id != self._person.agency_id:
            raise ForbiddenError(f"watch {watch_id} is of {found.agency_id}, which alone ends it")
        return self._publish(known.ended(watch_id, self._by, datetime.now(UTC)), ENDED, reason)

    @property
    def _by(self) -> tuple[str, str]:
        return self._person.focal_point_id, self._person.agency_id

    def _known(self) -> Watches:
        return Watches().fold(read_topic(self._settings, WATCHES.name))

    def _publish(self, made: Watch, code: str, reason: str | None) -> Watch:
        publish_as("watch", self._settings, WATCHES.name, [(made.watch_id.encode(), made.body())])
        actor, agency_id = self._by
        words = f"watch {made.watch_id}: {made.kind} {made.value}"
        act = {"actor": actor, "agency_id": agency_id, "subject": made.watch_id, "reason": reason}
        record_audit(self._settings, "OPERATOR_ACT", code, words, **act)
        return made
