"""An answer that becomes an amendment of the incident: first the amendment, then the message that says so.

Killed in between, nothing is lost and nothing doubled. The reason of the amendment names the thread, so whoever tries
again finds the revision that has no message yet, and says it; the message has the same id whenever it is said. An
amendment that waits in the outbox is delivered from there, and made again is the same one to admission: a DUPLICATE.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from producers import IncidentProducer, Outcome, Receipt
from projections.queries import incident, revisions, stored_value
from projections.requests.desk import RequestDesk
from schemas.errors import InvalidIncidentError
from schemas.identity import event_id
from schemas.incident import Incident, IncidentContent, validate_content
from schemas.requests import Amendment, Kind

Known = Callable[[bytes], tuple[Incident, Receipt]]
"""An incident and the receipt of its current revision, of its stored value."""

_MADE = (Outcome.ACCEPTED, Outcome.DUPLICATE)
_CONTENT = set(IncidentContent.model_fields)


class Amended(NamedTuple):
    """What an answer has become."""

    incident_id: str
    event_id: str
    revision: int


def amend_from(
    desk: RequestDesk,
    producer: IncidentProducer,
    known: Known,
    thread_id: str,
    changes: Mapping[str, Any],
    reason: str,
    wait_s: float = 30.0,
) -> Amended:
    """Amend the incident of a thread, and say so in it.

    Args:
        desk: of somebody of the incident's owner.
        producer: reports for that agency.
        known: decodes the stored value.
        thread_id: the thread.
        changes: fields of the incident that change, each as a whole.
        reason: why; the thread's id is put to it, for all who see the incident.
        wait_s: seconds to wait for the receipt.

    Raises:
        ForbiddenError: the person may not write.
        ProjectionError: there is no such thread, or it may not be seen.
        InvalidIncidentError: NO_INCIDENT, OWNERSHIP, UNCHANGED, a rule that is broken, or why admission rejected it.
        OutboxError: it could not be kept.
        LogError: the log does not answer, or the receipt has not come in time; call it again.
    """
    thread = desk.thread(thread_id)
    incident_id = thread.request.incident_id
    if incident_id is None:
        raise InvalidIncidentError("NO_INCIDENT", "thread", "the thread is about no incident")
    generation = desk.settings.generation
    with desk.views() as connection:
        found, value = incident(connection, generation, incident_id), stored_value(connection, generation, incident_id)
        earlier = revisions(connection, generation, incident_id)
    if found is None or value is None or found["agency_id"] != desk.person.agency_id:
        raise InvalidIncidentError("OWNERSHIP", "thread", "only the owner of the incident amends it")
    mark = f"(request {thread_id})"
    made = [Amendment(event_id=event_id(incident_id, n), revision=n) for n in _marked(earlier, mark)]
    for each in made:
        if each.event_id not in thread.amendments():
            desk.amended(thread_id, each)
    current, receipt = known(value)
    changed = {**changes, "contact_id": desk.person.role}
    if not _changes(current, changed):
        if not made:
            raise InvalidIncidentError("UNCHANGED", "changes", "the incident says so already")
        return Amended(incident_id, made[-1].event_id, made[-1].revision)
    following = Amendment(event_id=event_id(incident_id, current.revision + 1), revision=current.revision + 1)
    desk.checked(thread, Kind.AMENDED, None, amendment=following)
    submission = producer.amend(current, receipt, changed, reason=f"{reason.strip()} {mark}")
    receipt = producer.wait(submission, wait_s)
    if receipt.outcome not in _MADE:
        code = receipt.code or str(receipt.outcome)
        raise InvalidIncidentError(code, receipt.path or "incident", receipt.message or "a later revision is current")
    desk.amended(thread_id, following)
    return Amended(incident_id, following.event_id, following.revision)


def _marked(earlier: list[dict[str, Any]], mark: str) -> list[int]:
    """Revisions that were made of answers in this thread."""
    return [
        row["revision"]
        for row in earlier
        if row["event_type"] == "AMENDED" and not row["superseded"] and (row["reason"] or "").endswith(mark)
    ]


def _changes(current: Incident, changed: Mapping[str, Any]) -> bool:
    """Whether the incident would say anything else; raises InvalidIncidentError for what breaks a rule."""
    if foreign := sorted(set(changed) - _CONTENT):
        raise InvalidIncidentError("UNKNOWN_FIELD", foreign[0], "not a field that an amendment can change")
    stated = current.model_dump(include=_CONTENT)
    return validate_content({**stated, **changed}).model_dump() != stated
