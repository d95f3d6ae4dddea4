"""The log's own dictionary of schemas: a fold of `ionics.schemas`, so that the log is read without the registry."""

from collections.abc import Iterable

import orjson

from schemas.codec import admitted_schema, avro_schema, codec, enriched_schema
from schemas.errors import DecodeError, UnknownSchemaError
from schemas.identity import canonical_schema, schema_fingerprint
from schemas.publishing import publish
from schemas.reading import Record, read_topic
from schemas.registry import Registry
from schemas.settings import Settings
from schemas.topics import SCHEMAS

SUBJECTS = {
    "incident": "ionics.submissions-value",
    "admitted": "ionics.incidents-value",
    "enriched": "ionics.enriched-value",
    "decision": "ionics.decisions-value",
    "receipt": "ionics.receipts-value",
    "directory_act": "ionics.directory-value",
    "schema_entry": "ionics.schemas-value",
    "access": "ionics.access-value",
    "audit": "ionics.audit-value",
}
_COMPOSED = {"admitted": admitted_schema, "enriched": enriched_schema}


class SchemaDictionary:
    """Schemas by id.

    Attributes:
        schemas: id → schema.
        fingerprints: id → SHA-256 of the canonical schema.
        subjects: id → subject.
    """

    def __init__(self) -> None:
        self.schemas: dict[int, dict[str, object]] = {}
        self.fingerprints: dict[int, str] = {}
        self.subjects: dict[int, str] = {}

    def fold(self, records: Iterable[Record]) -> "SchemaDictionary":
        """Take in entries. What cannot be read is none: it stays in the log, and gives no id a schema.

        Raises:
            UnknownSchemaError: the hash of an entry is not that of its schema, or an id was given twice.
        """
        entries = codec("schema_entry")
        for record in records:
            try:
                entry = entries.decode(record.value[5:] if record.value else b"")
            except DecodeError:
                continue
            id_, sha = entry["schema_id"], entry["sha256"]
            if schema_fingerprint(entry["schema"]) != sha or self.fingerprints.get(id_, sha) != sha:
                raise UnknownSchemaError(f"{record.topic} offset {record.offset}: schema id {id_} has another hash")
            self.schemas[id_], self.fingerprints[id_] = orjson.loads(entry["schema"]), sha
            self.subjects[id_] = entry["subject"]
        return self

    def id_of(self, name: str) -> int:
        """Id of the current schema of a kind, such as ``incident``.

        Raises:
            UnknownSchemaError: it was not published in this deployment.
        """
        sha = schema_fingerprint(_current(name))
        for id_, known in self.fingerprints.items():
            if known == sha and self.subjects[id_] == SUBJECTS[name]:
                return id_
        raise UnknownSchemaError(f"the deployment does not know the {name} schema; run: ionics schemas publish")

    def ids_of(self, name: str) -> list[int]:
        """Ids of all versions of a kind."""
        return [id_ for id_, subject in self.subjects.items() if subject == SUBJECTS[name]]


def read_dictionary(settings: Settings) -> SchemaDictionary:
    """The dictionary as it stands now.

    Raises:
        LogError: `ionics.schemas` cannot be read.
    """
    return SchemaDictionary().fold(read_topic(settings, SCHEMAS.name))


def publish_schemas(settings: Settings) -> SchemaDictionary:
    """Register the current schemas, write the new ones into the dictionary, and return it.

    Raises:
        IncompatibleSchemaError: a schema would break earlier readers or writers.
        UnknownSchemaError: the registry gives another schema for an id that the log knows.
    """
    registry = Registry(settings.require("registry_url"))
    known = read_dictionary(settings)
    entries: dict[int, dict[str, object]] = {}
    for name, subject in SUBJECTS.items():
        schema = _current(name)
        id_, sha = registry.register(subject, schema), schema_fingerprint(schema)
        if known.fingerprints.get(id_, sha) != sha:
            raise UnknownSchemaError(
                f"the registry gives id {id_} for {subject}, which the log knows as another schema: "
                "the registry is not the one of this deployment, or has lost its data"
            )
        if id_ not in known.fingerprints:
            text = canonical_schema(schema).decode()
            entries[id_] = {"schema_id": id_, "subject": subject, "sha256": sha, "schema": text}
    if entries:
        own = next((i for i, e in entries.items() if e["subject"] == SUBJECTS["schema_entry"]), None)
        frame_id = own if own is not None else known.id_of("schema_entry")
        head = b"\x00" + frame_id.to_bytes(4, "big")
        records = [(str(i).encode(), head + codec("schema_entry").encode(e)) for i, e in sorted(entries.items())]
        publish(settings, SCHEMAS.name, records)
        known = read_dictionary(settings)
    return known


def _current(name: str) -> dict[str, object]:
    return _COMPOSED[name]() if name in _COMPOSED else avro_schema(name)
