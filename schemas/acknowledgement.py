"""What people say of what they were told: that they saw it, or that they take care of it."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.codec import codec
from schemas.errors import DecodeError
from schemas.incident import Name, Timestamp, Uuid


class Said(StrEnum):
    """What is said."""

    SEEN = "SEEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"


class Acknowledgement(BaseModel):
    """One record of `ionics.acknowledgements`; the fields are those of ``schemas/avro/acknowledgement.avsc``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_kind: str
    event_id: Uuid
    delivery_id: Uuid | None = None
    what: Said
    focal_point_id: Name
    agency_id: Name
    at: Timestamp

    def body(self) -> bytes:
        """The Avro body."""
        return codec("acknowledgement").encode(self.model_dump())


def acknowledgement_of(record: dict[str, object]) -> Acknowledgement:
    """The acknowledgement of a decoded record.

    Raises:
        DecodeError: it breaks a rule.
    """
    try:
        return Acknowledgement.model_validate(record)
    except ValidationError as error:
        raise DecodeError(f"body of Acknowledgement breaks a rule: {error.errors()[0]['msg']}") from error
