"""Records of `ionics.links.gN` and `ionics.judgements` as the facts that cases follow from."""

from datetime import datetime
from typing import Any, NamedTuple

from schemas.codec import unframe
from schemas.errors import DecodeError, UnknownSchemaError
from schemas.judgement import Judgement, Pair, judgement_of
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import JUDGEMENTS


class Link(NamedTuple):
    """Two incidents at two revisions, as the matcher compared them.

    Attributes:
        value: the whole record, of which the reasons are read when they are told.
    """

    pair: Pair
    revisions: tuple[int, int]
    classes: tuple[int, int]
    admitted_at: tuple[datetime, datetime]
    kind: str
    outcome: str
    duplicate_ppm: int
    related_mbit: int
    keys: tuple[int, ...]
    value: bytes


class Moved(NamedTuple):
    """An incident is at a later revision."""

    incident_id: str
    revision: int
    withdrawn: bool


class KeyState(NamedTuple):
    """A blocking key was closed or opened for incidents of a class."""

    key: int
    scope: int
    closed: bool


Fact = Link | Moved | KeyState | Judgement


class FactReader:
    """Reads facts under the schemas of a dictionary."""

    def __init__(self, schemas: KnownSchemas) -> None:
        self._schemas = schemas

    def fact(self, record: Record) -> Fact:
        """The fact in a record.

        Raises:
            ContractError: it holds none.
        """
        id_, body = unframe(record.value)
        if record.topic == JUDGEMENTS.name:
            if not self._schemas.has(id_, "judgement"):
                raise UnknownSchemaError(f"schema id {id_} is no schema of judgements")
            return judgement_of(body)
        event = self._schemas.decoded(record.value, "match_event")
        link, key, moved = event["link"], event["key"], event["moved"]
        if link is not None:
            return _link(link, record.value or b"")
        if moved is not None:
            return Moved(moved["incident_id"], moved["revision"], moved["withdrawn"])
        if key is not None:
            return KeyState(key["key"], key["scope"], key["closed"])
        raise DecodeError(f"{record.topic} offset {record.offset}: neither link, key nor moved incident")

    def reasons(self, link: Link) -> list[dict[str, Any]]:
        """Why a link was found, field by field."""
        found: list[dict[str, Any]] = self._schemas.decoded(link.value, "match_event")["link"]["reasons"]
        return found


def _link(link: dict[str, Any], value: bytes) -> Link:
    if link["left"] >= link["right"]:
        raise DecodeError(f"a link of {link['left']} and {link['right']}: the smaller id comes first")
    return Link(
        (link["left"], link["right"]),
        (link["left_revision"], link["right_revision"]),
        (link["left_class"], link["right_class"]),
        (link["left_admitted_at"], link["right_admitted_at"]),
        link["kind"],
        link["outcome"],
        link["duplicate_ppm"],
        link["related_mbit"],
        tuple(link["keys"]),
        value,
    )
