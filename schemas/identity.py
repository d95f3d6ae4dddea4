"""Identifiers, canonical JSON and the bytes that are signed. Committed vectors: tests/unit/schemas/vectors.json."""

import hashlib
import re
import struct
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from schemas.errors import IdentityError

NAMESPACE = uuid.UUID("6f0f8a8e-6a3c-5c0e-9d53-0f7c1f1b7d10")
"""Namespace of incident and event ids; constant for ever."""

SIGNATURE_TAG = b"ionics/sig/1"
DIRECTORY_TAG = b"ionics/dir/1"
PARTITIONS = 12
"""Partitions of submissions, incidents and decisions; constant for ever."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NOT_CONTENT = frozenset({"event_id", "reported_at", "provenance"})
_DEFAULTS = {"action_requested": "NONE"}
_EMPTY: tuple[Any, ...] = (None, [], {})


def check_name(kind: str, name: str) -> str:
    """Return an agency or deployment id unchanged.

    Raises:
        IdentityError: it does not match ``[a-z0-9][a-z0-9-]{0,62}``.
    """
    if not _NAME.fullmatch(name):
        raise IdentityError(f"{kind} {name!r}: use 1 to 63 of a-z, 0-9 and -, not beginning with -")
    return name


def canonical_json(value: Any) -> bytes:
    """RFC 8785 canonical JSON of a value without floating-point numbers, whose keys are ASCII.

    Dates become ``YYYY-MM-DD``, timestamps ``YYYY-MM-DDTHH:MM:SS.ffffffZ`` (fraction left out where it is zero).

    Raises:
        IdentityError: the value cannot be written as JSON (a lone surrogate, an integer beyond 64 bits).
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    except TypeError as error:
        raise IdentityError(f"not writable as canonical JSON: {error}") from error


def incident_id(deployment: str, agency: str, source_ref: str) -> str:
    """UUIDv5 (RFC 9562, 5.5) over the canonical JSON of ``[deployment, agency, source_ref]``."""
    return _uuid5(canonical_json([deployment, agency, source_ref]))


def event_id(incident: str, revision: int) -> str:
    """UUIDv5 over the canonical JSON of ``[incident_id, revision]``."""
    return _uuid5(canonical_json([incident, revision]))


def alert_id(kind: str, subject: Sequence[str], classes: Iterable[int]) -> str:
    """UUIDv5 over the canonical JSON of ``[kind, subject, classes]``.

    Args:
        kind: code of the list ``alert_kind``.
        subject: what it is about, as the detector of the kind names it.
        classes: of the policies whose inputs it has beside the community's; written as decimal texts, ascending as
            numbers, for JSON's numbers end at 53 bits.
    """
    return _uuid5(canonical_json([kind, list(subject), [str(class_) for class_ in sorted(classes)]]))


def _uuid5(name: bytes) -> str:
    digest = bytearray(hashlib.sha1(NAMESPACE.bytes + name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    h = digest.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def content_digest(body: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of the content of an incident, 64 hexadecimal digits.

    ``event_id``, ``reported_at`` and ``provenance`` are no content; null, empty and default values are dropped at
    every level, so a writer schema that knows fewer fields gives the same digest.
    """
    content = {
        name: kept
        for name, value in body.items()
        if name not in _NOT_CONTENT and (kept := _pruned(value)) not in _EMPTY and _DEFAULTS.get(name) != kept
    }
    return hashlib.sha256(canonical_json(content)).hexdigest()


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: kept for name, item in value.items() if (kept := _pruned(item)) not in _EMPTY}
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    return None if value == "" else value


def schema_fingerprint(schema: str | Mapping[str, Any]) -> str:
    """SHA-256 of a writer schema in canonical form: RFC 8785 of the full schema without ``doc``."""
    return hashlib.sha256(canonical_schema(schema)).hexdigest()


def canonical_schema(schema: str | Mapping[str, Any]) -> bytes:
    """RFC 8785 of the full schema without ``doc``; Avro's Parsing Canonical Form would drop defaults."""
    return canonical_json(_without_doc(orjson.loads(schema) if isinstance(schema, str) else schema))


def _without_doc(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _without_doc(value) for key, value in node.items() if key != "doc"}
    return [_without_doc(item) for item in node] if isinstance(node, list) else node


def framed(*parts: bytes) -> bytes:
    """The parts, each prefixed with its length as an unsigned 32-bit big-endian integer."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def signed_message(deployment: str, event_type: str, fingerprint: str, body: bytes) -> bytes:
    """The bytes that an agency signs with Ed25519."""
    return framed(SIGNATURE_TAG, deployment.encode(), event_type.encode(), bytes.fromhex(fingerprint), body)


def partition_of(key: bytes, partitions: int = PARTITIONS) -> int:
    """Partition of a key: murmur2 as the Java client computes it, so that any client finds the same."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    """MurmurHash2, 32 bits, seed 0x9747b28c (org.apache.kafka.common.utils.Utils)."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    length = len(data)
    h = (0x9747B28C ^ length) & mask
    whole = length & ~3
    for (k,) in struct.iter_unpack("<I", data[:whole]):
        mixed = k * m & mask
        mixed = (mixed ^ mixed >> 24) * m & mask
        h = (h * m & mask) ^ mixed
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15
