"""Records of links, judgements, cases, alerts, watches and messages, decoded one by one under the schema each names."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from schemas.alert import check_policies
from schemas.codec import RecordCodec, codec, unframe
from schemas.errors import ContractError, DecodeError
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.requests.message import stated
from schemas.settings import Settings
from schemas.topics import JUDGEMENTS, MESSAGES, WATCHES, alerts, cases, links

Read = Callable[[Record], dict[str, Any]]

_KINDS = {
    links(1).name.removesuffix("1"): links(1).schema,
    JUDGEMENTS.name: JUDGEMENTS.schema,
    MESSAGES.name: MESSAGES.schema,
    cases(1).name.removesuffix("1"): cases(1).schema,
    alerts(1).name.removesuffix("1"): alerts(1).schema,
    WATCHES.name: WATCHES.schema,
}
_IDS = ("left", "right", "incident_id", "case_id", "canonical_id", "alert_id", "watch_id")


def kind_of(topic: str) -> str | None:
    """The schema of what lies in one of these topics; nothing for any other topic."""
    return _KINDS.get(topic.rstrip("0123456789"))


def read_current(record: Record) -> dict[str, Any]:
    """A record written under the schema of this version, whatever its frame says.

    Raises:
        DecodeError: it does not decode, or names something by what is no id.
    """
    return _decoded(record, lambda _: codec(_kind(record)))


class RecordReader:
    """Reads records whatever version of their schema they were written with."""

    def __init__(self, schemas: KnownSchemas) -> None:
        self._schemas = schemas

    @classmethod
    def of(cls, settings: Settings) -> "RecordReader":
        """Reads what lies in a deployment."""
        return cls(KnownSchemas.of(settings))

    def __call__(self, record: Record) -> dict[str, Any]:
        """The content of a record.

        Raises:
            DecodeError: it does not decode, its schema is none of its topic, it names something by what is no id,
                or an alert has a policy of another class.
            LogError: the dictionary cannot be read.
        """
        return _decoded(record, lambda schema_id: self._schemas.codec(schema_id, _kind(record)))


def body_of(record: Record) -> bytes:
    """The Avro body of a record that was read before."""
    return unframe(record.value)[1]


def _kind(record: Record) -> str:
    kind = kind_of(record.topic)
    if kind is None:
        raise DecodeError(f"{record.topic} holds no links, judgements, cases, alerts, watches or messages")
    return kind


def _decoded(record: Record, codec_of: Callable[[int], RecordCodec]) -> dict[str, Any]:
    where = f"{record.topic}/{record.partition}/{record.offset}"
    try:
        schema_id, body = unframe(record.value)
        content = codec_of(schema_id).decode(body)
    except ContractError as error:
        raise DecodeError(f"{where}: {error}") from error
    if kind_of(record.topic) == MESSAGES.schema:
        stated(content)
        return content
    for name, value in _ids(content):
        if not _is_id(value):
            raise DecodeError(f"{where}: {name} {value[:50]!r} is no id")
    if kind_of(record.topic) == alerts(1).schema:
        _check(where, content)
    return content


def _check(where: str, alert: Mapping[str, Any]) -> None:
    try:
        check_policies(alert)
    except DecodeError as error:
        raise DecodeError(f"{where}: {error}") from error


def _ids(node: Any) -> Iterator[tuple[str, str]]:
    """Every field that names an incident, case, alert or watch. What a reason says of the two incidents is no name."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name in _IDS:
                yield name, value
            elif name not in ("reasons", "changes"):
                yield from _ids(value)
    elif isinstance(node, list):
        for value in node:
            yield from _ids(value)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
