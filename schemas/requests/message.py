"""One message of a thread: its form, which is that of ``schemas/avro/message.avsc``, and the rules of each kind."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import NAMESPACE_OID, uuid5

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from schemas.codec import codec
from schemas.errors import DecodeError, InvalidIncidentError
from schemas.identity import canonical_json
from schemas.incident import Document, Int32, LongText, Name, Text, Timestamp, Uuid
from schemas.requests.deadlines import Priority

AGENCY, FOCAL_POINT, GROUP = "agency:", "focal-point:", "group:"
"""How the name of a party begins."""
MOST_ADDRESSEES = 50
_NAMESPACE = uuid5(NAMESPACE_OID, "ionics/message/1")


class Kind(StrEnum):
    """What a message does; the codes of the list ``message_kind``."""

    REQUEST = "REQUEST"
    ANSWER = "ANSWER"
    FORWARD = "FORWARD"
    DECLINE = "DECLINE"
    NOTE = "NOTE"
    AMENDED = "AMENDED"
    CLOSE = "CLOSE"


_SAYS = (Kind.REQUEST, Kind.ANSWER, Kind.DECLINE, Kind.NOTE)
_OF_REQUESTS = ("incident_id", "subject", "priority", "due_at")


def _said(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("BLANK", "say something")
    return value


PartyName = Annotated[str, StringConstraints(pattern=r"^(agency|focal-point|group):[a-z0-9][a-z0-9-]{0,62}$")]
Said = Annotated[LongText, AfterValidator(_said)]
Subject = Annotated[Text, StringConstraints(max_length=200), AfterValidator(_said)]


class Addressee(BaseModel):
    """Who is to answer.

    Attributes:
        name: ``agency:…``, ``focal-point:…`` or ``group:…``.
        agency_id: of a focal point, its agency when the message was written; nothing where there was no such one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: PartyName
    agency_id: Name | None = None


class Amendment(BaseModel):
    """As what an answer became an amendment of the incident."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_id: Uuid
    revision: Int32


class Message(BaseModel):
    """One message; the fields are those of ``schemas/avro/message.avsc``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    message_id: Uuid
    thread_id: Uuid
    number: Int32
    kind: Kind
    focal_point_id: Name
    agency_id: Name
    party: PartyName
    to: Annotated[list[Addressee], Field(max_length=MOST_ADDRESSEES)] = Field(default_factory=list)
    incident_id: Uuid | None = None
    subject: Subject | None = None
    text: Said | None = None
    priority: Priority | None = None
    due_at: Timestamp | None = None
    documents: Annotated[list[Document], Field(max_length=50)] = Field(default_factory=list)
    amendment: Amendment | None = None
    sent_at: Timestamp

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        kind = self.kind
        if bool(self.to) != (kind in (Kind.REQUEST, Kind.FORWARD)):
            raise PydanticCustomError(
                "ADDRESSEES", "to: a request or forwarding names who is to answer, and nothing else"
            )
        if len({each.name for each in self.to}) != len(self.to):
            raise PydanticCustomError("ADDRESSEES", "to: somebody is named twice")
        if kind is Kind.REQUEST:
            if self.subject is None or self.priority is None or self.due_at is None:
                raise PydanticCustomError("MISSING", "subject: a request has a subject, a priority and a deadline")
        elif any(getattr(self, name) is not None for name in _OF_REQUESTS):
            raise PydanticCustomError("NOT_OF_ITS_KIND", "subject: a request alone has subject, incident and deadline")
        if (self.amendment is not None) != (kind is Kind.AMENDED):
            raise PydanticCustomError("NOT_OF_ITS_KIND", "amendment: belongs to a message of the kind AMENDED")
        if kind in _SAYS and self.text is None:
            raise PydanticCustomError("MISSING", "text: say something")
        if self.documents and kind not in _SAYS:
            raise PydanticCustomError("NOT_OF_ITS_KIND", "documents: belong to what is asked, answered or noted")
        return self

    def body(self) -> bytes:
        """The Avro body."""
        return codec("message").encode(self.model_dump())


def message_of(body: bytes) -> Message:
    """The message of an Avro body.

    Raises:
        DecodeError: the bytes hold none.
    """
    return stated(codec("message").decode(body))


def stated(content: Mapping[str, Any]) -> Message:
    """The message of a decoded body.

    Raises:
        DecodeError: it breaks a rule.
    """
    try:
        return Message.model_validate(content)
    except ValidationError as error:
        raise DecodeError(f"body of Message breaks a rule: {error.errors()[0]['msg']}") from error


def validate_message(fields: Mapping[str, Any]) -> Message:
    """The message of what somebody writes.

    Raises:
        InvalidIncidentError: the first rule that it breaks, with code, field path and message.
    """
    try:
        return Message.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        path, words = ".".join(str(part) for part in first["loc"]), first["msg"]
        if not path and ": " in words:
            path, words = words.split(": ", 1)
        code = first["type"] if first["type"].isupper() else "FORM"
        raise InvalidIncidentError(code, path or "message", words) from None


def amended_id(thread_id: str, event_id: str) -> str:
    """The id of the message that says that an event amended the incident of a thread: always the same one."""
    return _made_of("amended", thread_id, event_id)


def repeatable_id(focal_point_id: str, key: str) -> str:
    """The id of a message that its sender may send again under a key of idempotence; nobody else's key makes it."""
    return _made_of("key", focal_point_id, key)


def _made_of(*parts: str) -> str:
    return str(uuid5(_NAMESPACE, canonical_json(list(parts)).decode()))
