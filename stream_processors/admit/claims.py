"""What an incident claims of itself, held against who signed it, where it lies and when it came."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from schemas.errors import InvalidIncidentError
from schemas.identity import event_id, incident_id, partition_of
from schemas.reading import Record
from stream_processors.admit.verification import Verified

_CLOCK_AHEAD = timedelta(minutes=5)


class Claims(Protocol):
    """The fields of an incident that say which it is and whose."""

    @property
    def incident_id(self) -> str:
        """See `schemas.incident.Incident`."""

    @property
    def event_id(self) -> str:
        """See `schemas.incident.Incident`."""

    @property
    def event_type(self) -> str:
        """See `schemas.incident.Incident`."""

    @property
    def source_ref(self) -> str:
        """See `schemas.incident.Incident`."""

    @property
    def revision(self) -> int:
        """See `schemas.incident.Incident`."""

    @property
    def agency_id(self) -> str:
        """See `schemas.incident.Incident`."""

    @property
    def reporting_country(self) -> str | None:
        """See `schemas.incident.Incident`."""


def check_claims(incident: Claims, record: Record, verified: Verified, deployment: str) -> None:
    """Everything that names the incident is recomputed for the agency that signed.

    Raises:
        InvalidIncidentError: OWNERSHIP, EVENT_TYPE, COUNTRY, IDENTITY or PARTITION.
    """
    own = verified.agency
    if incident.agency_id != own.agency_id:
        raise InvalidIncidentError(
            "OWNERSHIP", "agency_id", f"signed by {own.agency_id}, reported as {incident.agency_id}"
        )
    if incident.event_type != verified.event_type:
        raise InvalidIncidentError("EVENT_TYPE", "event_type", f"signed as {verified.event_type}")
    if incident.reporting_country != own.country:
        raise InvalidIncidentError("COUNTRY", "reporting_country", f"the directory says {own.country or 'none'}")
    if incident.incident_id != incident_id(deployment, own.agency_id, incident.source_ref):
        raise InvalidIncidentError("IDENTITY", "incident_id", "not the id of deployment, agency and source_ref")
    if incident.event_id != event_id(incident.incident_id, incident.revision):
        raise InvalidIncidentError("IDENTITY", "event_id", "not the id of incident_id and revision")
    key = incident.incident_id.encode()
    if record.key != key or record.partition != partition_of(key):
        raise InvalidIncidentError(
            "PARTITION", "incident_id", "the record's key or partition is not that of its incident"
        )


def clock_in_doubt(reported_at: datetime, appended_ms: int, key_start_ms: int) -> bool:
    """Whether a report claims to be later than it came, by more than five minutes, or older than its key."""
    appended = datetime.fromtimestamp(appended_ms / 1000, UTC)
    key_start = datetime.fromtimestamp(key_start_ms / 1000, UTC)
    return reported_at > appended + _CLOCK_AHEAD or reported_at < key_start
