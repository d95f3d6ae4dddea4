"""What people say about pairs of incidents: the judgement, and the fold of `ionics.judgements`.

A judgement is keyed by pair; it outlives every revision, link and model. What holds is a function of the set of
judgements, however they are ordered or repeated.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from schemas.codec import FRAME_BYTES, codec
from schemas.errors import ContractError, DecodeError, InvalidIncidentError
from schemas.incident import Int32, Name, Text, Timestamp, Uuid
from schemas.reading import Record

Pair = tuple[str, str]
"""Ids of two incidents, the smaller first."""


class Verdict(StrEnum):
    """What a person says; the codes of the list ``verdict``."""

    SAME = "SAME"
    RELATED = "RELATED"
    DIFFERENT = "DIFFERENT"
    NONE = "NONE"


def _said(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("BLANK", "say why")
    return value


class Judgement(BaseModel):
    """What a person said about a pair; the fields are those of ``schemas/avro/judgement.avsc``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    left: Uuid
    right: Uuid
    revision: Int32
    verdict: Verdict
    reason: Annotated[Text, AfterValidator(_said)]
    focal_point_id: Name
    agency_id: Name
    judged_at: Timestamp

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.left >= self.right:
            raise PydanticCustomError("PAIR", "left: a pair has two incidents, the smaller id first")
        return self

    @property
    def pair(self) -> Pair:
        """The two incidents."""
        return self.left, self.right

    def body(self) -> bytes:
        """The Avro body."""
        return codec("judgement").encode(self.model_dump())

    def outranks(self, other: "Judgement | None") -> bool:
        """Whether this one holds and not the other: by revision; of two people at once, by the bytes of the record."""
        return other is None or (self.revision, self.body()) > (other.revision, other.body())


def pair_of(one: str, other: str) -> Pair:
    """The pair of two incidents.

    Raises:
        InvalidIncidentError: it is one incident.
    """
    if one == other:
        raise InvalidIncidentError("PAIR", "incident_id", f"{one} is one incident; a pair has two")
    return (one, other) if one < other else (other, one)


def judgement_of(body: bytes) -> Judgement:
    """The judgement of an Avro body.

    Raises:
        DecodeError: the bytes hold none.
    """
    try:
        return Judgement.model_validate(codec("judgement").decode(body))
    except ValidationError as error:
        raise DecodeError(f"body of Judgement breaks a rule: {error.errors()[0]['msg']}") from error


@dataclass
class Judgements:
    """The judgement that holds on each pair."""

    held: dict[Pair, Judgement] = field(default_factory=dict)

    def fold(self, records: Iterable[Record]) -> "Judgements":
        """Take in records; what cannot be read changes nothing."""
        for record in records:
            try:
                self.take(judgement_of((record.value or b"")[FRAME_BYTES:]))
            except ContractError:
                continue  # a dead letter of the stages
        return self

    def take(self, judgement: Judgement) -> None:
        """Take in one."""
        if judgement.outranks(self.held.get(judgement.pair)):
            self.held[judgement.pair] = judgement

    def next(self, pair: Pair, verdict: Verdict, reason: str, by: tuple[str, str], at: datetime) -> Judgement:
        """The judgement that holds on a pair from now on.

        Args:
            pair: of whom.
            verdict: what is said.
            reason: why.
            by: focal point and agency.
            at: the time by the writer's clock.

        Raises:
            InvalidIncidentError: a rule that it breaks.
        """
        known = self.held.get(pair)
        fields = {
            "left": pair[0],
            "right": pair[1],
            "revision": 1 if known is None else known.revision + 1,
            "verdict": verdict,
            "reason": reason,
            "focal_point_id": by[0],
            "agency_id": by[1],
            "judged_at": at,
        }
        try:
            return Judgement.model_validate(fields)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            path = ".".join(str(part) for part in first["loc"]) or "judgement"
            raise InvalidIncidentError(first["type"].upper(), path, first["msg"]) from None
