"""What people say under an id of its own and revise: which of several revisions holds, and the fold of a topic of them.

What holds is a function of the set of records, however they are ordered or repeated.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.codec import FRAME_BYTES, codec
from schemas.errors import ContractError, DecodeError, InvalidIncidentError
from schemas.incident import Int32
from schemas.policies import COMMUNITY_CLASS, policy_class
from schemas.reading import Record


class Said(BaseModel, ABC):
    """One revision; the fields are those of the Avro schema ``schema_name``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    schema_name: ClassVar[str]

    revision: Int32

    @property
    @abstractmethod
    def key(self) -> str:
        """The id under which it is revised."""

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """One out of what somebody states.

        Raises:
            InvalidIncidentError: a rule that it breaks.
        """
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            path = ".".join(str(part) for part in first["loc"]) or cls.schema_name
            raise InvalidIncidentError(first["type"].upper(), path, first["msg"]) from None

    @classmethod
    def of_body(cls, body: bytes) -> Self:
        """One out of an Avro body.

        Raises:
            DecodeError: the bytes hold none.
        """
        try:
            return cls.model_validate(codec(cls.schema_name).decode(body))
        except ValidationError as error:
            raise DecodeError(f"body of {cls.schema_name} breaks a rule: {error.errors()[0]['msg']}") from error

    def body(self) -> bytes:
        """The Avro body."""
        return codec(self.schema_name).encode(self.model_dump())

    def outranks(self, other: Self | None) -> bool:
        """Whether this one holds and not the other: by revision; of two people at once, by the bytes of the record."""
        return other is None or (self.revision, self.body()) > (other.revision, other.body())


S = TypeVar("S", bound=Said)


@dataclass
class Latest(Generic[S]):
    """The revision that holds under each id.

    Args:
        of: what is said.
    """

    of: type[S]
    held: dict[str, S] = field(default_factory=dict)

    def fold(self, records: Iterable[Record]) -> Self:
        """Take in records; what cannot be read changes nothing."""
        for record in records:
            try:
                self.take(self.of.of_body((record.value or b"")[FRAME_BYTES:]))
            except ContractError:
                continue  # a dead letter of the stages
        return self

    def take(self, said: S) -> None:
        """Take in one."""
        if said.outranks(self.held.get(said.key)):
            self.held[said.key] = said


def audience_class(owner: str, audience: Iterable[str]) -> int:
    """The class of policy of what an owner shares with an audience: of the community, or of the two."""
    named = tuple(sorted(audience))
    return COMMUNITY_CLASS if named == ("COMMUNITY",) else policy_class(owner, named)
