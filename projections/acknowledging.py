"""Where people say of what they were told that they saw it, or take care of it: into `ionics.acknowledgements`."""

from datetime import UTC, datetime

from projections.deliveries.inbox import inbox_line
from projections.deliveries.kinds import SHOWN
from projections.queries.incidents import is_uuid
from projections.viewing import Views
from schemas.acknowledgement import Acknowledgement, Said
from schemas.directory import FocalPoint
from schemas.errors import ProjectionError
from schemas.settings import Settings
from schemas.topics import ACKNOWLEDGEMENTS
from schemas.writing import publish_as


class AcknowledgementDesk:
    """Acknowledges for one focal point, in the name of its agency.

    Args:
        settings: where the deployment is, with its generation.
        person: who says it.
        views: what that person sees.
    """

    def __init__(self, settings: Settings, person: FocalPoint, views: Views) -> None:
        self._settings, self._person, self._views = settings, person, views

    def acknowledge(self, kind: str, event_id: str) -> Acknowledgement:
        """Say that the agency takes care of something: it is told to nobody else of it for want of an answer.

        Raises:
            ProjectionError: there is no such thing that the person may see.
            LogError: the log cannot be read or written.
        """
        showing = SHOWN.get(kind)
        if showing is None or not is_uuid(event_id):
            raise self._absent(event_id)
        with self._views() as connection:
            sees = showing.sees(connection, self._settings.generation, event_id)
        if not sees:
            raise self._absent(event_id)
        return self._write(kind, event_id, None, Said.ACKNOWLEDGED)

    def acknowledge_line(self, delivery_id: str) -> Acknowledgement:
        """The same of what a line of the inbox tells; raises like `acknowledge`."""
        kind, event_id = self._told(delivery_id)
        return self._write(kind, event_id, delivery_id, Said.ACKNOWLEDGED)

    def read_line(self, delivery_id: str) -> Acknowledgement:
        """Say that a line of the inbox was read; raises like `acknowledge`."""
        kind, event_id = self._told(delivery_id)
        return self._write(kind, event_id, delivery_id, Said.SEEN)

    def _told(self, delivery_id: str) -> tuple[str, str]:
        with self._views() as connection:
            found = inbox_line(connection, self._settings.generation, delivery_id) if is_uuid(delivery_id) else None
        if found is None:
            raise self._absent(delivery_id)
        return found["type"], found["event_id"]

    def _absent(self, id_: str) -> ProjectionError:
        return ProjectionError(f"no {id_} that {self._person.focal_point_id} may see")

    def _write(self, kind: str, event_id: str, delivery_id: str | None, what: Said) -> Acknowledgement:
        made = Acknowledgement(
            event_kind=kind,
            event_id=event_id,
            delivery_id=delivery_id,
            what=what,
            focal_point_id=self._person.focal_point_id,
            agency_id=self._person.agency_id,
            at=datetime.now(UTC),
        )
        publish_as("acknowledgement", self._settings, ACKNOWLEDGEMENTS.name, [(event_id.encode(), made.body())])
        return made
