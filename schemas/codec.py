"""Avro bodies and the Confluent wire format, record by record, by fastavro: the strict reference of every reading.

A value is ``0x00``, the schema id as 4 bytes big-endian, and the Avro body.
"""

import io
import json
import struct
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import fastavro

from schemas.errors import ContractError, DecodeError, WireFormatError

FRAME_BYTES = 5
MAX_SUBMISSION_BYTES = 262_144
"""Largest value of a submission that the SDK sends and admission takes."""


@cache
def avro_schema(name: str) -> dict[str, Any]:
    """The schema ``schemas/avro/<name>.avsc``, such as ``incident``."""
    text = (files("schemas") / "avro" / f"{name}.avsc").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def admitted_schema() -> dict[str, Any]:
    """The schema of ``ionics.incidents``: the admission, then the agency's body under its writer schema."""
    return admitted_by(avro_schema("incident"))


def admitted_by(incident: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an admitted incident for one writer version of the incident."""
    fields = [{"name": "admission", "type": avro_schema("admission")}, {"name": "incident", "type": dict(incident)}]
    return {"type": "record", "name": "AdmittedIncident", "namespace": "ionics", "fields": fields}


@cache
def enriched_schema() -> dict[str, Any]:
    """The schema of ``ionics.enriched.gN``: the admitted incident, then the enrichment."""
    return enriched_from(admitted_schema())


def enriched_from(admitted: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an enriched incident for one schema of admitted ones."""
    fields = [{"name": "admitted", "type": dict(admitted)}, {"name": "enrichment", "type": avro_schema("enrichment")}]
    return {"type": "record", "name": "EnrichedIncident", "namespace": "ionics", "fields": fields}


def frame(schema_id: int) -> bytes:
    """The five bytes before a body."""
    return b"\x00" + struct.pack(">I", schema_id)


def unframe(value: bytes | None) -> tuple[int, bytes]:
    """Schema id and body of a value.

    Raises:
        WireFormatError: the value is null, shorter than its frame, or does not begin with 0x00.
    """
    if value is None or len(value) < FRAME_BYTES or value[0] != 0:
        found = "null" if value is None else value[:FRAME_BYTES].hex() or "nothing"
        raise WireFormatError(f"not in Confluent wire format: begins with {found}, expected 00 and a schema id")
    return struct.unpack(">I", value[1:FRAME_BYTES])[0], value[FRAME_BYTES:]


class RecordCodec:
    """Encodes and decodes single bodies under one writer schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema: Any = fastavro.parse_schema(json.loads(json.dumps(schema)))

    def encode(self, record: Mapping[str, Any]) -> bytes:
        """The Avro body of a record.

        Raises:
            ContractError: the record does not fit the schema.
        """
        out = io.BytesIO()
        try:
            fastavro.schemaless_writer(out, self.schema, record)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise ContractError(f"record does not fit {self.schema['name']}: {error}") from error
        return out.getvalue()

    def decode(self, body: bytes) -> dict[str, Any]:
        """The record of a body, which must be used up to its last byte.

        Raises:
            DecodeError: the body is damaged, truncated or has surplus bytes.
        """
        record, surplus = self.decode_first(body)
        if surplus:
            raise DecodeError(f"body of {self.schema['name']} has {len(surplus)} surplus bytes")
        return record

    def decode_first(self, body: bytes) -> tuple[dict[str, Any], bytes]:
        """The record at the beginning of some bytes, and the bytes after it.

        Raises:
            DecodeError: there is none.
        """
        source = io.BytesIO(body)
        try:
            record: Any = fastavro.schemaless_reader(source, self.schema, None)
        except Exception as error:  # fastavro raises what its C code meets: EOFError, IndexError, MemoryError …
            raise DecodeError(f"body of {self.schema['name']} does not decode: {error!r}") from error
        found: dict[str, Any] = record
        return found, body[source.tell() :]

    def decode_canonical(self, body: bytes) -> dict[str, Any]:
        """The record of a body that is the one encoding of it.

        Avro lets a number be padded and an array be cut into blocks, and readers differ over a negative index of an
        enum or union: what one reads another refuses. None of that may enter the log.

        Raises:
            DecodeError: the body does not decode, or would be encoded in other bytes.
        """
        record = self.decode(body)
        try:
            again = self.encode(record)
        except ContractError as error:
            raise DecodeError(f"body of {self.schema['name']} decodes to what it cannot hold: {error}") from error
        if again != body:
            raise DecodeError(f"body of {self.schema['name']} is not the canonical encoding of its record")
        return record


@cache
def codec(name: str) -> RecordCodec:
    """The codec of ``schemas/avro/<name>.avsc``, or of the composed ``admitted`` and ``enriched``."""
    composed = {"admitted": admitted_schema, "enriched": enriched_schema}
    return RecordCodec(composed[name]() if name in composed else avro_schema(name))


def avro_long(number: int) -> bytes:
    """A non-negative Avro long: zigzag, then base 128."""
    rest, out = number << 1, bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)
