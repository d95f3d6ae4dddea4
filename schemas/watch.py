"""What agencies watch: the watch, and the fold of `ionics.watches`."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.errors import InvalidIncidentError
from schemas.incident import COMMUNITY, AudienceName, Name, Text, Timestamp, Uuid
from schemas.said import Latest, Said, audience_class

_ROUTE = re.compile(r"[A-Z]{3}>[A-Z]{3}")


class WatchKind(StrEnum):
    """What is watched; the codes of the list ``watch_kind``."""

    COMPANY = "COMPANY"
    VESSEL = "VESSEL"
    HANDLE = "HANDLE"
    REFERENCE = "REFERENCE"
    MARK = "MARK"
    SUBSTANCE = "SUBSTANCE"
    PLACE = "PLACE"
    ROUTE = "ROUTE"


def _stated(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("BLANK", "it must not be blank")
    return value


def _sorted(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


class Watch(Said):
    """A watch at one revision; the fields are those of ``schemas/avro/watch.avsc``."""

    schema_name: ClassVar[str] = "watch"

    watch_id: Uuid
    active: bool
    kind: WatchKind
    value: Annotated[Text, AfterValidator(_stated)]
    reason: Annotated[Text, AfterValidator(_stated)]
    audience: Annotated[tuple[AudienceName, ...], Field(min_length=1, max_length=500), AfterValidator(_sorted)]
    until: Timestamp | None = None
    focal_point_id: Name
    agency_id: Name
    at: Timestamp

    @model_validator(mode="after")
    def _formed(self) -> Self:
        if self.kind is WatchKind.ROUTE and not _ROUTE.fullmatch(self.value):
            raise PydanticCustomError("ROUTE_FORM", "value: a route is written from>to in alpha-3, such as CHN>NZL")
        if COMMUNITY in self.audience and len(self.audience) > 1:
            raise PydanticCustomError("AUDIENCE_FORM", "audience: COMMUNITY stands alone")
        return self

    @property
    def key(self) -> str:
        """The id of the watch."""
        return self.watch_id

    @property
    def policy_class(self) -> int:
        """Who may see it, and what is found by it."""
        return audience_class(self.agency_id, self.audience)

    @property
    def route(self) -> tuple[str, str] | None:
        """From and to, alpha-3, of a watch of a route."""
        if self.kind is not WatchKind.ROUTE:
            return None
        departure, destination = self.value.split(">")
        return departure, destination

    def holds_at(self, moment: datetime) -> bool:
        """Whether it stands at a moment: neither ended nor past its end."""
        return self.active and (self.until is None or moment < self.until)


class Watches(Latest[Watch]):
    """The watches that hold, ended ones too."""

    def __init__(self) -> None:
        super().__init__(Watch)

    def begun(self, watch_id: str, content: dict[str, Any], by: tuple[str, str], at: datetime) -> Watch:
        """A new watch.

        Args:
            watch_id: one that nobody has.
            content: kind, value, reason, audience and until.
            by: focal point and agency.
            at: the time by the writer's clock.

        Raises:
            InvalidIncidentError: a rule that it breaks.
        """
        stated = {"watch_id": watch_id, "revision": 1, "active": True, "at": at}
        watch = Watch.of(content | stated | {"focal_point_id": by[0], "agency_id": by[1]})
        if not watch.holds_at(watch.at):
            raise InvalidIncidentError("PAST", "until", "it would have ended already")
        return watch

    def ended(self, watch_id: str, by: tuple[str, str], at: datetime) -> Watch:
        """A watch that is known, ended.

        Raises:
            InvalidIncidentError: it was ended before.
        """
        known = self.held[watch_id]
        if not known.active:
            raise InvalidIncidentError("ENDED", "watch_id", f"watch {watch_id} was ended before")
        changed = {"revision": known.revision + 1, "active": False, "focal_point_id": by[0], "at": at}
        return Watch.of(known.model_dump() | changed)
