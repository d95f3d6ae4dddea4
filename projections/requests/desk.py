"""Where people ask others and answer them: into `ionics.messages`, with an act in the audit.

A thread is for its parties: one that is hidden is refused in the words of one that does not exist, and what cannot be
said in it is told only to who sees it. Which agencies take part is known to all; which focal points and groups there
are is not, so one that does not exist is asked like one that does. The audit says who did what in which thread, and
nothing of what was said or to whom: its readers are no parties.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from projections.audit_log import record_audit
from projections.queries import incident, owner_behind, thread_of
from projections.viewing import Views
from schemas.directory import FocalPoint, Members
from schemas.errors import InvalidIncidentError, ProjectionError
from schemas.requests import (
    ANSWERS,
    ASKS,
    DEADLINES,
    Addressee,
    Amendment,
    Kind,
    Message,
    Party,
    Priority,
    Thread,
    amended_id,
    names_of,
    repeatable_id,
    validate_message,
)
from schemas.requests.message import AGENCY, FOCAL_POINT
from schemas.rights import WRITE, require_one
from schemas.settings import Settings
from schemas.topics import MESSAGES
from schemas.writing import publish_as

ACTS = {
    Kind.REQUEST: "REQUEST_ASKED",
    Kind.ANSWER: "REQUEST_ANSWERED",
    Kind.FORWARD: "REQUEST_FORWARDED",
    Kind.DECLINE: "REQUEST_DECLINED",
    Kind.NOTE: "REQUEST_NOTED",
    Kind.AMENDED: "REQUEST_AMENDED",
    Kind.CLOSE: "REQUEST_CLOSED",
}
"""Codes of the acts in the audit."""
_SUBJECT = "Question about an incident"
"""Whoever it is forwarded to may not see the incident, so it says nothing of it."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        text: in words.
        to: who is asked, as ``agency:…``, ``focal-point:…`` or ``group:…``, beside the owner of the incident.
        incident_id: what it is about.
        subject: the same in a line; may be left out where there is an incident.
        due_at: by when; else as the priority says.
        documents: references, as the model `Document` has them.
    """

    text: str
    to: Sequence[str] = ()
    incident_id: str | None = None
    subject: str | None = None
    priority: Priority = Priority.ROUTINE
    due_at: datetime | None = None
    documents: Sequence[Any] = field(default_factory=tuple)


class RequestDesk:
    """Asks and answers for one focal point.

    Args:
        settings: where the deployment is, with its generation.
        person: who writes.
        members: the directory of now.
        views: what that person sees.
        clock: the time.
    """

    def __init__(
        self,
        settings: Settings,
        person: FocalPoint,
        members: Members,
        views: Views,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.settings, self.person, self.views = settings, person, views
        self._members, self._clock = members, clock

    def ask(self, question: Question, key: str | None = None) -> Message:
        """Begin a thread: with the owner of an incident, or with whoever is named.

        Args:
            question: what is asked.
            key: of idempotence: the same one, sent again, begins the same thread.

        Raises:
            ForbiddenError: the person may not write.
            ProjectionError: there is no such incident, or it may not be seen.
            InvalidIncidentError: a rule that it breaks.
            LogError: the log cannot be read or written.
        """
        require_one(self.person, *WRITE)
        now, person = self._clock(), self.person
        to = [*self._owner(question.incident_id), *question.to]
        if f"{AGENCY}{person.agency_id}" in to:
            raise InvalidIncidentError("OWN", "to", f"{person.agency_id} is your own agency")
        due_at = question.due_at or now + DEADLINES[question.priority]
        if due_at.tzinfo is None or due_at <= now:
            raise InvalidIncidentError("PAST", "due_at", "the deadline must lie in the future, with a time zone")
        thread_id = str(uuid4()) if key is None else repeatable_id(person.focal_point_id, f"thread {key}")
        known = None if key is None else self._seen(thread_id)
        if known is not None:
            return known.request
        message = self._message(
            Kind.REQUEST,
            thread_id,
            1,
            f"{AGENCY}{person.agency_id}",
            key,
            to=self._addressees(list(dict.fromkeys(to))),
            incident_id=question.incident_id,
            subject=question.subject or (_SUBJECT if question.incident_id else None),
            text=question.text,
            priority=question.priority,
            due_at=due_at,
            documents=list(question.documents),
        )
        return self._write(message)

    def answer(self, thread_id: str, text: str, documents: Sequence[Any] = (), key: str | None = None) -> Message:
        """Answer; raises like `say`."""
        return self.say(Kind.ANSWER, thread_id, key, text=text, documents=list(documents))

    def note(self, thread_id: str, text: str, documents: Sequence[Any] = (), key: str | None = None) -> Message:
        """Say more, from either side; raises like `say`."""
        return self.say(Kind.NOTE, thread_id, key, text=text, documents=list(documents))

    def decline(self, thread_id: str, reason: str, key: str | None = None) -> Message:
        """Decline to answer; raises like `say`."""
        return self.say(Kind.DECLINE, thread_id, key, text=reason)

    def close(self, thread_id: str, text: str | None = None, key: str | None = None) -> Message:
        """End a thread that one's own agency began; raises like `say`."""
        return self.say(Kind.CLOSE, thread_id, key, text=text)

    def forward(self, thread_id: str, to: Sequence[str], text: str | None = None, key: str | None = None) -> Message:
        """Have others answer in one's own place; they see all of the thread.

        Raises:
            InvalidIncidentError: as `say`; or it would tell whoever asked whose report the secretariat has published.
            IonicsError: as `say`.
        """
        thread = self.thread(thread_id)
        if thread.request.incident_id is not None:
            with self.views() as connection:
                owner = owner_behind(connection, self.settings.generation, thread.request.incident_id)
            named = [self._addressee(name) for name in to]
            if owner is not None and any(owner in (each.agency_id, each.name.removeprefix(AGENCY)) for each in named):
                words = f"{owner} delegated this report: whoever asked would see that it is theirs; ask them separately"
                raise InvalidIncidentError("DELEGATED", "to", words)
        return self.say(Kind.FORWARD, thread_id, key, to=self._addressees(to), text=text)

    def amended(self, thread_id: str, amendment: Amendment) -> Message:
        """Say that the incident was amended; however often it is said of one event, it is one message."""
        return self.say(Kind.AMENDED, thread_id, None, amendment=amendment)

    def say(self, kind: Kind, thread_id: str, key: str | None, **fields: Any) -> Message:
        """Write a message into a thread.

        Raises:
            ForbiddenError: the person may not write.
            ProjectionError: there is no such thread, or it may not be seen.
            InvalidIncidentError: a rule that it breaks.
            LogError: the log cannot be read or written.
        """
        thread = self.thread(thread_id)
        message = self.checked(thread, kind, key, **fields)
        return message if thread.repeats(message.message_id) else self._write(message)

    def checked(self, thread: Thread, kind: Kind, key: str | None, **fields: Any) -> Message:
        """A message that may be written into a thread now, or is there already.

        Raises:
            ProjectionError: the person is no party of it any more.
            InvalidIncidentError: a rule that it breaks.
        """
        now = self._clock()
        party = self._party(thread, kind, now)
        message = self._message(kind, thread.thread_id, len(thread.posted) + 1, party.name, key, **fields)
        refusal = thread.refusal(message, now)
        if refusal is not None and not thread.repeats(message.message_id):
            raise InvalidIncidentError(refusal.code, "thread", refusal.words)
        return message

    def thread(self, thread_id: str) -> Thread:
        """A thread that the person is a party of.

        Raises:
            ForbiddenError: the person may not write.
            ProjectionError: there is none.
        """
        require_one(self.person, *WRITE)
        thread = self._seen(thread_id)
        if thread is None:
            raise self._absent(thread_id)
        return thread

    def _seen(self, thread_id: str) -> Thread | None:
        with self.views() as connection:
            return thread_of(connection, self.settings.generation, thread_id)

    def _absent(self, thread_id: str) -> ProjectionError:
        return ProjectionError(f"no request {thread_id} that {self.person.focal_point_id} may see")

    def _owner(self, incident_id: str | None) -> list[str]:
        """The owner of an incident that is asked about."""
        if incident_id is None:
            return []
        with self.views() as connection:
            found = incident(connection, self.settings.generation, incident_id)
        if found is None:
            raise ProjectionError(f"no incident {incident_id} that {self.person.focal_point_id} may see")
        return [f"{AGENCY}{found['agency_id']}"]

    def _addressees(self, names: Sequence[str]) -> list[Addressee]:
        for name in names:
            id_ = name.removeprefix(AGENCY)
            agency = self._members.directory.agencies.get(id_)
            if name.startswith(AGENCY) and (agency is None or agency.suspended):
                raise InvalidIncidentError("NO_AGENCY", "to", f"no agency {id_!r} takes part")
        return [self._addressee(name) for name in names]

    def _addressee(self, name: str) -> Addressee:
        known = self._members.focal_points.get(name.removeprefix(FOCAL_POINT)) if name.startswith(FOCAL_POINT) else None
        # Its form is checked with the message that it goes into.
        return Addressee.model_construct(name=name, agency_id=None if known is None else known.agency_id)

    def _party(self, thread: Thread, kind: Kind, now: datetime) -> Party:
        """In whose name the person writes: of the side that such a message comes from, and of who must answer first."""
        person, own = self.person, names_of(self.person, self._members)
        side = ASKS if kind in (Kind.CLOSE, Kind.NOTE) else ANSWERS
        spoken_for = [
            party
            for party in thread.parties.values()
            if (party.name in own or party.name.startswith(FOCAL_POINT))
            and thread.speaks(party, person.focal_point_id, person.agency_id, now)
        ]
        if not spoken_for:
            raise self._absent(thread.thread_id)
        return min(spoken_for, key=lambda party: (party.side != side, not thread.awaits(party.name)))

    def _message(self, kind: Kind, thread_id: str, number: int, party: str, key: str | None, **fields: Any) -> Message:
        person = self.person
        amendment = fields.get("amendment")
        if amendment is not None:
            message_id = amended_id(thread_id, amendment.event_id)
        else:
            message_id = str(uuid4()) if key is None else repeatable_id(person.focal_point_id, f"{thread_id} {key}")
        stated = {
            "message_id": message_id,
            "thread_id": thread_id,
            "number": number,
            "kind": kind,
            "focal_point_id": person.focal_point_id,
            "agency_id": person.agency_id,
            "party": party,
            "sent_at": self._clock(),
        }
        given = {name: [vars(each) for each in value] if name == "to" else value for name, value in fields.items()}
        return validate_message(stated | given)

    def _write(self, message: Message) -> Message:
        publish_as("message", self.settings, MESSAGES.name, [(message.thread_id.encode(), message.body())])
        record_audit(
            self.settings,
            "OPERATOR_ACT",
            ACTS[message.kind],
            f"{message.kind} in a thread",
            actor=message.focal_point_id,
            agency_id=message.agency_id,
            subject=message.thread_id,
        )
        return message
