"""The incident as an agency states it: pydantic models of every field, and the rules that join fields.

One model serves the SDK and admission, so what `report()` accepts is what is admitted.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, LiteralString, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from schemas.codes import codes
from schemas.errors import InvalidIncidentError


class EventType(StrEnum):
    """What a revision does."""

    REPORTED = "REPORTED"
    AMENDED = "AMENDED"
    WITHDRAWN = "WITHDRAWN"


class DatePrecision(StrEnum):
    """How exact a date is."""

    DAY = "DAY"
    MONTH = "MONTH"
    YEAR = "YEAR"


class Tlp(StrEnum):
    """Traffic Light Protocol 2.0 (FIRST)."""

    RED = "RED"
    AMBER_STRICT = "AMBER_STRICT"
    AMBER = "AMBER"
    GREEN = "GREEN"
    CLEAR = "CLEAR"


COMMUNITY = "COMMUNITY"
AGENCY = "agency:"
"""How a name of an audience begins that is one agency's."""
_AUDIENCE = re.compile(r"COMMUNITY|country:[A-Z]{3}|(?:agency|group):[a-z0-9][a-z0-9-]{0,62}")
_PLAIN_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
"""No exponent, no underscores, no digits of other scripts: readers of other kinds would take them differently."""
_Model = TypeVar("_Model", bound="_Part")
_ZERO = Decimal(0)
_HUNDRED = Decimal(100)


def listed(name: str) -> AfterValidator:
    """What checks that a value is a code of a list."""
    known = codes(name)

    def check(value: str) -> str:
        if value not in known:
            raise PydanticCustomError(
                "UNLISTED_CODE", "{value} is not in the code list {name}", {"value": value, "name": name}
            )
        return value

    return AfterValidator(check)


def _decimal(value: str) -> str:
    if not _PLAIN_DECIMAL.fullmatch(value):
        raise PydanticCustomError("NOT_A_DECIMAL", "{value} is not a decimal number", {"value": value})
    return value


def _percent(value: str) -> str:
    if not _ZERO <= Decimal(_decimal(value)) <= _HUNDRED:
        raise PydanticCustomError("NOT_A_PERCENTAGE", "{value} is not between 0 and 100", {"value": value})
    return value


def _milliseconds(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise PydanticCustomError("NO_TIME_ZONE", "a timestamp needs a time zone, such as Z")
    try:
        utc = value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("DATE_RANGE", "the timestamp is outside the years 1 to 9999") from None
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _audience(value: str) -> str:
    if not _AUDIENCE.fullmatch(value):
        raise PydanticCustomError(
            "AUDIENCE_FORM", "{value} is not COMMUNITY, country:XXX, agency:name or group:name", {"value": value}
        )
    return value


def _plain_text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("NOT_UNICODE", "the text holds half of a surrogate pair") from None
    if "\x00" in value:
        raise PydanticCustomError("NUL", "the text holds a NUL character")
    return value


def _source_ref(value: str) -> str:
    normal = unicodedata.normalize("NFC", value).strip()
    if not normal:
        raise PydanticCustomError("BLANK", "a reference must not be blank")
    return normal


Text = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_plain_text)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(_plain_text)]
Alpha3 = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Locode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z2-9]{3}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Latitude = Annotated[int, Field(ge=-90_000_000, le=90_000_000)]
Longitude = Annotated[int, Field(ge=-180_000_000, le=180_000_000)]
Int32 = Annotated[int, Field(ge=1, le=2_147_483_647)]
DecimalText = Annotated[str, StringConstraints(max_length=40), AfterValidator(_decimal)]
Timestamp = Annotated[datetime, AfterValidator(_milliseconds)]
AudienceName = Annotated[str, AfterValidator(_audience)]
"""COMMUNITY, country:XXX, agency:name or group:name."""


def check_sharing(audience: list[str] | tuple[str, ...], tlp: Tlp, path: LiteralString) -> None:
    """Check that a label goes with an audience.

    Raises:
        PydanticCustomError: it does not; `path` stands before the field's name.
    """
    community = COMMUNITY in audience
    if community and tlp in (Tlp.RED, Tlp.AMBER_STRICT):
        raise PydanticCustomError(
            "TLP_AUDIENCE", path + "tlp: RED and AMBER_STRICT cannot go to COMMUNITY; name the audience"
        )
    if not community and tlp in (Tlp.CLEAR, Tlp.GREEN):
        raise PydanticCustomError("TLP_AUDIENCE", path + "tlp: CLEAR and GREEN need the audience COMMUNITY")
    if community and len(audience) > 1:
        raise PydanticCustomError("AUDIENCE_FORM", path + "audience: COMMUNITY stands alone")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=False)


class Item(_Part):
    """One substance of an incident, exactly as reported."""

    substance_text: Text
    amount_text: Text | None = None
    unit_text: Text | None = None
    form: Annotated[str, listed("form")] | None = None
    purity_pct: Annotated[str, StringConstraints(max_length=40), AfterValidator(_percent)] | None = None
    identified_by: Annotated[str, listed("identified_by")] | None = None
    hs_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4,10}$")] | None = None


class Location(_Part):
    """Where it happened, as reported. Coordinates are integer microdegrees, WGS 84."""

    country: Alpha3 | None = None
    country_text: Text | None = None
    subdivision: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None = None
    subdivision_text: Text | None = None
    locode: Locode | None = None
    iata: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    place_text: Text | None = None
    place_language: Language | None = None
    place_type: Annotated[str, listed("place_type")] | None = None
    latitude_udeg: Latitude | None = None
    longitude_udeg: Longitude | None = None
    accuracy_m: Annotated[int, Field(ge=0, le=20_100_000)] | None = None
    installation: Annotated[str, listed("installation")] | None = None
    installation_text: Text | None = None


class RouteLeg(_Part):
    """One leg of the route. Give `country` where you have the code, `country_text` as reported."""

    role: Annotated[str, listed("route_role")]
    country: Alpha3 | None = None
    country_text: Text | None = None
    locode: Locode | None = None
    place_text: Text | None = None
    asserted_by: Annotated[str, listed("asserted_by")] | None = None


class Concealment(_Part):
    """One way in which it was concealed or packed."""

    code: Annotated[str, listed("concealment")] | None = None
    text: Text | None = None
    packaging_mark: Text | None = None


class Shipment(_Part):
    """The consignment."""

    reference: Text | None = None
    status: Annotated[str, listed("shipment_status")] | None = None
    carrier: Text | None = None
    expected_place_text: Text | None = None
    expected_locode: Locode | None = None
    expected_on: date | None = None
    declared_goods: Text | None = None
    declared_value: DecimalText | None = None
    declared_currency: Alpha3 | None = None


class Entity(_Part):
    """A company, vessel or vendor handle. Persons are excluded."""

    kind: Annotated[str, listed("entity_kind")]
    name: Text
    role: Annotated[str, listed("entity_role")]
    identifier: Text | None = None
    country: Alpha3 | None = None


class Document(_Part):
    """A document stored outside the log."""

    media_type: Annotated[str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=127)]
    sha256: Sha256
    size_bytes: Annotated[int, Field(ge=0, le=2**63 - 1)]
    title: Text | None = None


class Delegation(_Part):
    """What the secretariat may publish in its own name: to whom at most, and under which label at the most open."""

    audience: Annotated[list[AudienceName], Field(min_length=1, max_length=500)]
    tlp: Tlp


class IncidentContent(_Part):
    """What an officer fills in. The SDK adds identity, revision and provenance."""

    incident_type: Annotated[str, listed("incident_type")]
    occurred_on: date
    occurred_precision: DatePrecision = DatePrecision.DAY
    location: Location
    items: Annotated[list[Item], Field(min_length=1, max_length=1000)]
    audience: Annotated[list[AudienceName], Field(min_length=1, max_length=500)]
    tlp: Tlp
    route: Annotated[list[RouteLeg], Field(max_length=100)] = Field(default_factory=list)
    routing_direction: Annotated[str, listed("routing_direction")] | None = None
    transport_mode: Annotated[str, listed("transport_mode")] | None = None
    carrier_type: Annotated[str, listed("carrier_type")] | None = None
    transport_text: Text | None = None
    concealment: Annotated[list[Concealment], Field(max_length=100)] = Field(default_factory=list)
    trafficking_channel: Annotated[str, listed("trafficking_channel")] | None = None
    shipment: Shipment | None = None
    action_requested: Annotated[str, listed("action_requested")] = "NONE"
    act_before: Timestamp | None = None
    entities: Annotated[list[Entity], Field(max_length=200)] = Field(default_factory=list)
    documents: Annotated[list[Document], Field(max_length=200)] = Field(default_factory=list)
    operation_id: Name | None = None
    handling: Annotated[str, listed("handling")] | None = None
    handling_text: Text | None = None
    reliability: Annotated[str, listed("reliability")] | None = None
    credibility: Annotated[str, listed("credibility")] | None = None
    narrative: LongText | None = None
    language: Language | None = None
    contact_id: Text | None = None
    source_system: Text | None = None
    delegation: Delegation | None = None

    @model_validator(mode="after")
    def _rules(self) -> Self:
        check_sharing(self.audience, self.tlp, "")
        if self.delegation is not None:
            check_sharing(self.delegation.audience, self.delegation.tlp, "delegation.")
            if not all(name.startswith(AGENCY) for name in self.audience):
                raise PydanticCustomError(
                    "DELEGATION_AUDIENCE", "audience: a delegated report names only agency:… of the secretariat"
                )
        if self.handling == "H3" and not self.handling_text:
            raise PydanticCustomError("HANDLING_TEXT", "handling_text: H3 needs its words")
        if self.occurred_on.year < 1900:
            raise PydanticCustomError("DATE_RANGE", "occurred_on: before 1900")
        month, day = self.occurred_on.month, self.occurred_on.day
        if self.occurred_precision is not DatePrecision.DAY and day != 1:
            raise PydanticCustomError("DATE_PRECISION", "occurred_on: must be the first day at precision MONTH or YEAR")
        if self.occurred_precision is DatePrecision.YEAR and month != 1:
            raise PydanticCustomError("DATE_PRECISION", "occurred_on: must be 1 January at precision YEAR")
        if (self.location.latitude_udeg is None) != (self.location.longitude_udeg is None):
            raise PydanticCustomError("HALF_A_POSITION", "location: latitude and longitude go together")
        return self


class Provenance(_Part):
    """What the producer alone knows."""

    producer_id: Text
    sdk_version: Text
    importer: Text | None = None
    import_line: Int32 | None = None
    import_lines: Int32 | None = None
    previous_revision: Int32 | None = None
    previous_digest: Sha256 | None = None


class Incident(IncidentContent):
    """One incident at one revision: the body that is signed."""

    incident_id: Uuid
    event_id: Uuid
    source_ref: Annotated[
        str, StringConstraints(max_length=200), AfterValidator(_plain_text), AfterValidator(_source_ref)
    ]
    revision: Int32
    event_type: EventType
    reason: Text | None = None
    reported_at: Timestamp
    reporting_country: Alpha3 | None = None
    agency_id: Name
    provenance: Provenance

    @model_validator(mode="after")
    def _revision_rules(self) -> Self:
        first = self.event_type is EventType.REPORTED
        if first != (self.revision == 1):
            raise PydanticCustomError("REVISION", "revision: 1 is REPORTED, later ones are AMENDED or WITHDRAWN")
        if not first and not self.reason:
            raise PydanticCustomError("REASON", "reason: say why it is amended or withdrawn")
        known = self.provenance.previous_revision, self.provenance.previous_digest
        if first and known != (None, None):
            raise PydanticCustomError("PREVIOUS", "provenance.previous_digest: revision 1 follows nothing")
        if not first and (None in known or (known[0] or 0) >= self.revision):
            raise PydanticCustomError("PREVIOUS", "provenance.previous_digest: name the revision that this one follows")
        return self

    @property
    def is_community(self) -> bool:
        """True for a community incident: audience COMMUNITY (its TLP is CLEAR, GREEN or AMBER then)."""
        return COMMUNITY in self.audience

    def body(self) -> dict[str, Any]:
        """The Avro body: dates and timestamps as such, enums as their symbols."""
        return self.model_dump()


def validate_content(fields: dict[str, Any]) -> IncidentContent:
    """Check what an officer filled in.

    Raises:
        InvalidIncidentError: the first rule that it breaks, with code, field path and message.
    """
    return _checked(IncidentContent, fields)


def validate_incident(body: dict[str, Any]) -> Incident:
    """Check a whole incident, as read from Avro or built by the SDK.

    Raises:
        InvalidIncidentError: the first rule that it breaks, with code, field path and message.
    """
    return _checked(Incident, body)


def _checked(model: type[_Model], fields: dict[str, Any]) -> _Model:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise _first_fault(error) from None


def _first_fault(error: ValidationError) -> InvalidIncidentError:
    """The first error as one of ours; a rule that joins fields names its path at the start of its message."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    message = first["msg"]
    if not path and ": " in message:
        path, message = message.split(": ", 1)
    code = first["type"] if first["type"].isupper() else _CODES.get(first["type"], "FORM")
    return InvalidIncidentError(code, path or "incident", message)


_CODES = {"missing": "MISSING", "extra_forbidden": "UNKNOWN_FIELD", "too_short": "MISSING"}
