"""A thread: the messages that count, in the order of the log, and what they come to.

A message that breaks a rule of the thread changes nothing, whoever wrote it into the log. The clock is that of the
log: a message was said when it was appended.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from schemas.requests.deadlines import Priority, escalates_at, reminds_at
from schemas.requests.message import AGENCY, FOCAL_POINT, GROUP, Addressee, Kind, Message

ASKS, ANSWERS = "ASKS", "ANSWERS"
"""The two sides of a thread."""
_MOST_MESSAGES, _MOST_PARTIES = 1_000, 500
_REPLIES = (Kind.ANSWER, Kind.AMENDED, Kind.DECLINE, Kind.FORWARD)


class State(StrEnum):
    """Where a thread stands. CLOSED is the end; a thread that was declined can still be answered."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    DECLINED = "DECLINED"
    CLOSED = "CLOSED"


class Outcome(StrEnum):
    """What an agency that was asked has done."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    DECLINED = "DECLINED"
    FORWARDED = "FORWARDED"


class Refusal(NamedTuple):
    """Why a message would change nothing."""

    code: str
    words: str


class Posted(NamedTuple):
    """A message, when it was appended, and where; one partition holds all of them."""

    message: Message
    at: datetime
    offset: int


@dataclass
class Party:
    """Somebody in a thread.

    Attributes:
        name: ``agency:…``, ``focal-point:…`` or ``group:…``.
        side: ASKS or ANSWERS.
        since: when it was brought in.
        must: whether it is the one to answer.
        agency_id: of a focal point, as its addressing says.
    """

    name: str
    side: str
    since: datetime
    must: bool = False
    agency_id: str | None = None


@dataclass
class Response:
    """What an agency did that was asked, or that replied for a group or a focal point.

    Attributes:
        since: when it was asked.
        answered_at: of its first answer.
    """

    agency_id: str
    since: datetime
    outcome: Outcome = Outcome.OPEN
    answered_at: datetime | None = None


@dataclass
class Thread:
    """One request with all that follows.

    Attributes:
        request: the message that began it.
        asked_at: when that was appended.
        posted: the messages that count, in order.
        parties: by name; nobody ever leaves.
        responses: by agency.
        answered_at: of the first answer.
    """

    request: Message
    asked_at: datetime
    state: State = State.OPEN
    posted: list[Posted] = field(default_factory=list)
    parties: dict[str, Party] = field(default_factory=dict)
    responses: dict[str, Response] = field(default_factory=dict)
    answered_at: datetime | None = None
    _awaited_at_escalation: frozenset[str] | None = None

    @classmethod
    def begun(cls, first: Posted) -> "Thread":
        """The thread that a request begins."""
        thread = cls(first.message, first.at)
        asker = f"{AGENCY}{first.message.agency_id}"
        thread.parties[asker] = Party(asker, ASKS, first.at)
        thread._bring_in(first.message.to, first.at)
        thread.posted.append(first)
        return thread

    @property
    def thread_id(self) -> str:
        """Its id."""
        return self.request.thread_id

    @property
    def priority(self) -> Priority:
        """How urgent it is."""
        assert self.request.priority is not None  # noqa: S101  # a request has one
        return self.request.priority

    @property
    def due_at(self) -> datetime:
        """By when it is to be answered."""
        assert self.request.due_at is not None  # noqa: S101  # a request has one
        return max(self.request.due_at, self.asked_at)

    @property
    def reminds_at(self) -> datetime:
        """When those who must answer are reminded."""
        return reminds_at(self.priority, self.asked_at, self.due_at)

    @property
    def escalates_at(self) -> datetime:
        """When it goes to coordinators, if it is open then."""
        return escalates_at(self.priority, self.asked_at, self.due_at)

    @property
    def awaited(self) -> frozenset[str]:
        """Names of those who must answer; nobody where it is not open."""
        if self.state is not State.OPEN:
            return frozenset()
        return frozenset(party.name for party in self.parties.values() if party.must)

    @property
    def escalates_from(self) -> frozenset[str]:
        """Names of those who were still to answer when it escalated, or are now, where that is still to come."""
        return self.awaited if self._awaited_at_escalation is None else self._awaited_at_escalation

    @property
    def escalates_to(self) -> list[str]:
        """Agencies whose coordinators see it from `escalates_at` on: one focal point of theirs did not answer."""
        agencies = {self.parties[name].agency_id for name in self.escalates_from if name.startswith(FOCAL_POINT)}
        return sorted(agency_id for agency_id in agencies if agency_id is not None)

    def take(self, posted: Posted) -> bool:
        """Take in the next message of the log, which was not taken in before; whether it counts."""
        message, at = posted.message, posted.at
        if self.refusal(message, at) is not None:
            return False
        if self._awaited_at_escalation is None and at >= self.escalates_at:
            self._awaited_at_escalation = self.awaited
        self._carry_out(message, at)
        self.posted.append(posted)
        return True

    def repeats(self, message_id: str) -> bool:
        """Whether a message of this id counts already."""
        return any(each.message.message_id == message_id for each in self.posted)

    def refusal(self, message: Message, at: datetime) -> Refusal | None:
        """Why a message would change nothing if it were appended then, or None."""
        party = self.parties.get(message.party)
        if message.thread_id != self.thread_id or message.kind is Kind.REQUEST:
            return Refusal("BEGUN", "the thread has its request")
        if party is None or not self.speaks(party, message.focal_point_id, message.agency_id, at):
            return Refusal("NO_PARTY", f"{message.focal_point_id} does not speak for {message.party} here")
        return self._refused_by_kind(message, party)

    def speaks(self, party: Party, focal_point_id: str, agency_id: str, at: datetime) -> bool:
        """Whether somebody may write in the name of a party; of a group's members the directory of then has said so."""
        kind, _, id_ = party.name.partition(":")
        if party.name.startswith(FOCAL_POINT):
            escalated = at >= self.escalates_at and party.name in self.escalates_from
            return focal_point_id == id_ or (escalated and agency_id == party.agency_id)
        if party.side == ANSWERS and agency_id == self.request.agency_id:
            return False  # nobody answers for others what its own agency asked
        return f"{kind}:" == GROUP or agency_id == id_

    def awaits(self, name: str) -> bool:
        """Whether a party is one of those who must answer now."""
        return name in self.awaited

    def _refused_by_kind(self, message: Message, party: Party) -> Refusal | None:
        kind, side = message.kind, ASKS if message.kind is Kind.CLOSE else ANSWERS
        if kind is not Kind.AMENDED and (refusal := self._refused_for_good(message)) is not None:
            return refusal
        if kind is not Kind.NOTE and party.side != side:
            words = "whoever asked closes a thread" if side == ASKS else "whoever was asked answers"
            return Refusal("OTHER_SIDE", f"{words}, and nobody else")
        if kind in (Kind.DECLINE, Kind.FORWARD) and not self.awaits(party.name):
            return Refusal("NOT_AWAITED", "nobody waits for you to answer this")
        if kind is Kind.FORWARD and f"{AGENCY}{self.request.agency_id}" in {each.name for each in message.to}:
            return Refusal("ASKER", "it cannot be forwarded to whoever asked; decline it, or write a note")
        if kind is Kind.AMENDED and self.request.incident_id is None:
            return Refusal("NO_INCIDENT", "the thread is about no incident")
        return None

    def _refused_for_good(self, message: Message) -> Refusal | None:
        """What ends a thread. That the incident was amended has happened, and can be said even then."""
        if self.state is State.CLOSED:
            return Refusal("CLOSED", "the thread is closed; ask anew")
        if len(self.posted) >= _MOST_MESSAGES or len(self.parties) + len(message.to) > _MOST_PARTIES:
            words = f"a thread has at most {_MOST_MESSAGES} messages and {_MOST_PARTIES} parties; ask anew"
            return Refusal("FULL", words)
        return None

    def _carry_out(self, message: Message, at: datetime) -> None:
        party, kind = self.parties[message.party], message.kind
        if kind in _REPLIES:
            self._reply(message, party, at)
        if kind is Kind.CLOSE:
            self.state = State.CLOSED
        elif kind in (Kind.ANSWER, Kind.AMENDED):
            self.answered_at = self.answered_at or at
            if self.state is not State.CLOSED:
                self.state = State.ANSWERED
        elif kind is Kind.FORWARD:
            party.must = False
            self._bring_in(message.to, at)
        elif kind is Kind.DECLINE and not party.name.startswith(GROUP):
            # One agency of a group does not decline for the others.
            party.must = False
            if not self.awaited:
                self.state = State.DECLINED

    def _reply(self, message: Message, party: Party, at: datetime) -> None:
        response = self.responses.setdefault(message.agency_id, Response(message.agency_id, party.since))
        if response.outcome is Outcome.ANSWERED:
            return
        if message.kind in (Kind.ANSWER, Kind.AMENDED):
            response.outcome, response.answered_at = Outcome.ANSWERED, at
        else:
            response.outcome = Outcome.DECLINED if message.kind is Kind.DECLINE else Outcome.FORWARDED

    def _bring_in(self, addressees: list[Addressee], at: datetime) -> None:
        for each in addressees:
            known = self.parties.get(each.name)
            if known is not None and known.side == ANSWERS:
                known.must = True
                continue
            if known is not None:
                continue
            self.parties[each.name] = Party(each.name, ANSWERS, at, must=True, agency_id=each.agency_id)
            if each.name.startswith(AGENCY):
                agency_id = each.name.removeprefix(AGENCY)
                self.responses.setdefault(agency_id, Response(agency_id, at))

    def amendments(self) -> Iterator[str]:
        """Events by which the incident was amended, as the thread says."""
        for posted in self.posted:
            if posted.message.amendment is not None:
                yield posted.message.amendment.event_id
