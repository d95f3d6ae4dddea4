"""Schemas by id for whoever meets ids: the dictionary as last looked at, and looked at again where it lacks one.

A new version of a schema is published while everything runs, and is used at once. So nobody may take the dictionary of
its own start for all that there is.
"""

import threading
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from schemas.codec import RecordCodec, unframe
from schemas.columnar import ColumnarDecoder
from schemas.dictionary import SUBJECTS, SchemaDictionary, read_dictionary
from schemas.errors import UnknownSchemaError
from schemas.settings import Settings


class KnownSchemas:
    """Schemas, and what decodes values under them. Nothing is ever registered. Safe for several threads.

    Args:
        look: gives the dictionary as it stands now.
    """

    def __init__(self, look: Callable[[], SchemaDictionary]) -> None:
        self._look, self._lock = look, threading.Lock()
        self._last: SchemaDictionary | None = None
        self._composed: dict[tuple[str, int], int] = {}
        self._codecs: dict[tuple[str | None, int], RecordCodec] = {}
        self._columnar: dict[tuple[str, int, frozenset[str] | None], ColumnarDecoder] = {}

    @classmethod
    def of(cls, settings: Settings) -> "KnownSchemas":
        """Those of a deployment, read whole from its log at each look."""
        return cls(partial(read_dictionary, settings))

    @property
    def dictionary(self) -> SchemaDictionary:
        """The dictionary as last looked at.

        Raises:
            LogError: it cannot be read.
        """
        return next(self._before_and_after())

    def has(self, schema_id: int, kind: str | None = None) -> bool:
        """Whether an id is of a schema of this kind, such as ``receipt``; of any, where none is given.

        Raises:
            LogError: the dictionary cannot be read.
        """
        for dictionary in self._before_and_after():
            subject = dictionary.subjects.get(schema_id)
            if subject is not None:
                return kind is None or subject == SUBJECTS[kind]
        return False

    def schema(self, schema_id: int, kind: str | None = None) -> dict[str, object]:
        """The schema of an id, of a kind or of any.

        Raises:
            UnknownSchemaError: the deployment does not know it, or as something else.
            LogError: the dictionary cannot be read.
        """
        if not self.has(schema_id, kind):
            of = f"is no {kind} schema of" if kind else "is not in"
            raise UnknownSchemaError(f"schema id {schema_id} {of} the log's dictionary")
        return self.dictionary.schemas[schema_id]

    def id_of(self, fingerprint: str) -> int:
        """Id of the incident schema with this fingerprint.

        Raises:
            UnknownSchemaError: the deployment does not know it.
            LogError: the dictionary cannot be read.
        """
        for dictionary in self._before_and_after():
            for id_, known in dictionary.fingerprints.items():
                if known == fingerprint and dictionary.subjects[id_] == SUBJECTS["incident"]:
                    return id_
        raise UnknownSchemaError(
            f"the deployment does not know the incident schema {fingerprint[:12]}… of this SDK: "
            "ask its operators to run: ionics schemas publish"
        )

    def composed(self, kind: str, schema_id: int) -> int:
        """Id of the schema of a kind, such as ``enriched``, that is composed from the one with this id.

        Raises:
            UnknownSchemaError: there is none.
            LogError: the dictionary cannot be read.
        """
        key = kind, schema_id
        if key not in self._composed:
            for dictionary in self._before_and_after():
                found = dictionary.composed_ids(kind)
                if schema_id in found:
                    self._composed[key] = found[schema_id]
                    break
            else:
                raise UnknownSchemaError(f"no {kind} schema of the log's dictionary is composed from id {schema_id}")
        return self._composed[key]

    def codec(self, schema_id: int, kind: str | None = None) -> RecordCodec:
        """What decodes single bodies.

        Raises:
            UnknownSchemaError: as `schema`.
            LogError: as `schema`.
        """
        key = kind, schema_id
        if key not in self._codecs:
            self._codecs[key] = RecordCodec(self.schema(schema_id, kind))
        return self._codecs[key]

    def decoded(self, value: bytes | None, kind: str | None = None) -> dict[str, Any]:
        """The record of a value in wire format.

        Raises:
            ContractError: it is not framed, its schema is not known or of another kind, or it does not decode.
            LogError: the dictionary cannot be read.
        """
        schema_id, body = unframe(value)
        return self.codec(schema_id, kind).decode(body)

    def columnar(self, schema_id: int, kind: str, wanted: Collection[str] | None = None) -> ColumnarDecoder:
        """What decodes many values into columns.

        Args:
            schema_id: under which they were written.
            kind: what they must be.
            wanted: the columns to decode; else all. See `ColumnarDecoder`.

        Raises:
            UnknownSchemaError: as `schema`.
            DecodeError: the schema lacks a wanted column.
            LogError: as `schema`.
        """
        key = kind, schema_id, None if wanted is None else frozenset(wanted)
        if key not in self._columnar:
            self._columnar[key] = ColumnarDecoder(self.schema(schema_id, kind), wanted)
        return self._columnar[key]

    def _before_and_after(self) -> Iterator[SchemaDictionary]:
        with self._lock:
            known = self._last
        if known is not None:
            yield known
        with self._lock:
            self._last = known = self._look()
        yield known
