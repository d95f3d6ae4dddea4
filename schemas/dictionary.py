"""The log's own dictionary of schemas: a fold of `ionics.schemas`, so that the log is read without the registry."""

from collections.abc import Iterable
from functools import cache

import orjson

from schemas.codec import admitted_by, avro_schema, codec, enriched_from
from schemas.compatibility import history
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
    "delegation_link": "ionics.delegations-value",
    "match_event": "ionics.links-value",
    "alert": "ionics.alerts-value",
    "special_alert": "ionics.special-alerts-value",
    "watch": "ionics.watches-value",
    "acknowledgement": "ionics.acknowledgements-value",
    "judgement": "ionics.judgements-value",
    "message": "ionics.messages-value",
    "case_event": "ionics.cases-value",
    "model_entry": "ionics.models-value",
}
_COMPOSED = {"admitted": ("incident", admitted_by), "enriched": ("admitted", enriched_from)}


class SchemaDictionary:
    """Schemas by id.

    Attributes:
        schemas: id → schema.
        fingerprints: id → SHA-256 of the canonical schema.
        subjects: id → subject.
        next_offset: of the first record of the topic that was not taken in.
    """

    def __init__(self) -> None:
        self.schemas: dict[int, dict[str, object]] = {}
        self.fingerprints: dict[int, str] = {}
        self.subjects: dict[int, str] = {}
        self.next_offset = 0

    def fold(self, records: Iterable[Record]) -> "SchemaDictionary":
        """Take in entries. What cannot be read is none: it stays in the log, and gives no id a schema.

        Raises:
            UnknownSchemaError: the hash of an entry is not that of its schema, or an id was given twice.
        """
        entries = codec("schema_entry")
        for record in records:
            self.next_offset = record.offset + 1
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
        sha = _current_fingerprint(name)
        for id_, known in self.fingerprints.items():
            if known == sha and self.subjects[id_] == SUBJECTS[name]:
                return id_
        raise UnknownSchemaError(f"the deployment does not know the {name} schema; run: ionics schemas publish")

    def ids_of(self, name: str) -> list[int]:
        """Ids of all versions of a kind."""
        return [id_ for id_, subject in self.subjects.items() if subject == SUBJECTS[name]]

    def composed_ids(self, name: str) -> dict[int, int]:
        """Of each version of what ``admitted`` or ``enriched`` is composed from, its id → that of the composed one.

        A body stays in the bytes in which it was signed, so each version of its schema has a frame of its own.
        """
        part, compose = _COMPOSED[name]
        known = {self.fingerprints[id_]: id_ for id_ in self.ids_of(name)}
        pairs = {id_: known.get(schema_fingerprint(compose(self.schemas[id_]))) for id_ in self.ids_of(part)}
        return {id_: composed for id_, composed in pairs.items() if composed is not None}


def read_dictionary(settings: Settings) -> SchemaDictionary:
    """The dictionary as it stands now.

    Raises:
        LogError: `ionics.schemas` cannot be read.
    """
    return SchemaDictionary().fold(read_topic(settings, SCHEMAS.name))


def publish_schemas(settings: Settings) -> SchemaDictionary:
    """Register the schemas of this version, write the new ones into the dictionary, and return it.

    Raises:
        IncompatibleSchemaError: a schema would break earlier readers or writers.
        UnknownSchemaError: the registry gives another schema for an id that the log knows.
    """
    registry = Registry(settings.require("registry_url"))
    known = read_dictionary(settings)
    entries: dict[int, dict[str, object]] = {}
    for subject, schema in [(subject, schema) for name, subject in SUBJECTS.items() for schema in versions(name)]:
        sha = schema_fingerprint(schema)
        numbered = [id_ for id_, each in known.fingerprints.items() if (each, known.subjects[id_]) == (sha, subject)]
        # What the log knows is not registered again: a registry that was filled anew would give it another id.
        id_ = numbered[0] if numbered else registry.register(subject, schema)
        found = registry.find(id_)
        if found is None or schema_fingerprint(found) != known.fingerprints.get(id_, sha):
            raise UnknownSchemaError(
                f"the registry has another schema than the log under id {id_}, or none: it is not the one of this "
                "deployment, or has lost its data; `ionics schemas refill` fills an empty one"
            )
        if id_ not in known.fingerprints:
            text = canonical_schema(schema).decode()
            entries[id_] = {"schema_id": id_, "subject": subject, "sha256": sha, "schema": text}
    if entries:
        own = next((i for i, e in entries.items() if e["subject"] == SUBJECTS["schema_entry"]), None)
        frame_id = own if own is not None else known.id_of("schema_entry")
        head = b"\x00" + frame_id.to_bytes(4, "big")
        # What is composed of a schema comes before it: whoever meets the schema finds all that is needed to pass it on.
        order = list(SUBJECTS.values())
        ordered = sorted(entries.items(), key=lambda each: (-order.index(str(each[1]["subject"])), each[0]))
        records = [(str(i).encode(), head + codec("schema_entry").encode(e)) for i, e in ordered]
        publish(settings, SCHEMAS.name, records)
        known = read_dictionary(settings)
    return known


@cache
def _current_fingerprint(name: str) -> str:
    return schema_fingerprint(versions(name)[-1])


def versions(name: str) -> list[dict[str, object]]:
    """The schemas of a kind under which bodies may still come, the current one last.

    An outbox may be older than the deployment, so every version of the incident is one, and what is composed with it.
    """
    if name == "incident":
        return [*history(name).values()]
    if name in _COMPOSED:
        part, compose = _COMPOSED[name]
        return [compose(each) for each in versions(part)]
    return [avro_schema(name)]
