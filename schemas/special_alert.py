"""What the secretariat writes: the special alert, and the fold of `ionics.special-alerts`."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.alert import RAISED, WITHDRAWN, Severity
from schemas.errors import InvalidIncidentError
from schemas.incident import (
    Alpha3,
    AudienceName,
    LongText,
    Name,
    Sha256,
    Text,
    Timestamp,
    Tlp,
    Uuid,
    check_sharing,
)
from schemas.said import Latest, Said, audience_class

_AUTHORS = ("author_id", "author_agency")


def _sorted(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _stated(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("BLANK", "say what it is about")
    return value


def _one_line(value: str) -> str:
    if len(value.splitlines()) != 1:
        raise PydanticCustomError("ONE_LINE", "a title is one line")
    return value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SubjectStated(_Part):
    """What it is about; what does not apply is None. Subscriptions are matched by it."""

    substance_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:_.-]{1,100}$")] | None = None
    substance_class: Text | None = None
    substance_text: Text | None = None
    countries: Annotated[tuple[Alpha3, ...], Field(max_length=250), AfterValidator(_sorted)] = ()
    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")] | None = None
    departure: Alpha3 | None = None
    destination: Alpha3 | None = None
    period: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(W[0-9]{2}|[0-9]{2})$")] | None = None


class DocumentStated(_Part):
    """A document by reference; its content is stored outside the log."""

    media_type: Annotated[str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=127)]
    sha256: Sha256
    size: Annotated[int, Field(ge=0, le=2**63 - 1)]
    title: Text | None = None


class SpecialAlert(Said):
    """A special alert at one revision; the fields are those of ``schemas/avro/special_alert.avsc``."""

    schema_name: ClassVar[str] = "special_alert"

    alert_id: Uuid
    status: Literal["RAISED", "WITHDRAWN"]
    severity: Severity
    title: Annotated[
        str, StringConstraints(min_length=1, max_length=200), AfterValidator(_stated), AfterValidator(_one_line)
    ]
    subject: SubjectStated = SubjectStated()
    text: Annotated[LongText, AfterValidator(_stated)]
    documents: Annotated[tuple[DocumentStated, ...], Field(max_length=50)] = ()
    incidents: Annotated[tuple[Uuid, ...], Field(max_length=200), AfterValidator(_sorted)] = ()
    audience: Annotated[tuple[AudienceName, ...], Field(min_length=1, max_length=500), AfterValidator(_sorted)]
    tlp: Tlp
    act_before: Timestamp | None = None
    author_id: Name
    author_agency: Name
    at: Timestamp

    @model_validator(mode="after")
    def _shared(self) -> Self:
        check_sharing(self.audience, self.tlp, "")
        return self

    @property
    def key(self) -> str:
        """The id of the alert."""
        return self.alert_id

    @property
    def policy_class(self) -> int:
        """To whom it is shared."""
        return audience_class(self.author_agency, self.audience)


class SpecialAlerts(Latest[SpecialAlert]):
    """The special alerts that hold."""

    def __init__(self) -> None:
        super().__init__(SpecialAlert)

    def next(self, alert_id: str, content: dict[str, Any], by: tuple[str, str], at: datetime) -> SpecialAlert:
        """A special alert at its next revision.

        Args:
            alert_id: a new one, or that of one that is revised.
            content: all that its author states: the fields but ids, revision, status, authors and time.
            by: focal point and agency; the agency that wrote the first revision owns it.
            at: the time by the writer's clock.

        Raises:
            InvalidIncidentError: a rule that it breaks; or it was withdrawn.
        """
        known = self.held.get(alert_id)
        if known is not None and known.status == WITHDRAWN:
            raise InvalidIncidentError("WITHDRAWN", "alert_id", f"{alert_id} was withdrawn; write a new one")
        return SpecialAlert.of(content | _frame(known, alert_id, by, at) | {"status": RAISED})

    def withdrawn(self, alert_id: str, by: tuple[str, str], at: datetime) -> SpecialAlert:
        """A special alert that is known, withdrawn with its content as it is.

        Raises:
            InvalidIncidentError: it was withdrawn before.
        """
        known = self.held[alert_id]
        if known.status == WITHDRAWN:
            raise InvalidIncidentError("WITHDRAWN", "alert_id", f"{alert_id} was withdrawn before")
        return SpecialAlert.of(known.model_dump() | _frame(known, alert_id, by, at) | {"status": WITHDRAWN})


def _frame(known: SpecialAlert | None, alert_id: str, by: tuple[str, str], at: datetime) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "revision": 1 if known is None else known.revision + 1,
        **dict(zip(_AUTHORS, by, strict=True)),
        "at": at,
    }
