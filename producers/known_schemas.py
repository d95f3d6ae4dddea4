"""Schema ids of the deployment, from the log's own dictionary. The SDK never registers a schema."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from schemas.dictionary import SUBJECTS, SchemaDictionary, read_dictionary
from schemas.errors import UnknownSchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.settings import Settings


class KnownSchemas:
    """The dictionary as last read; it is read again when it lacks what is asked for. Safe for several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._dictionary: SchemaDictionary | None = None
        self._lock = threading.Lock()

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

    def schema(self, schema_id: int, kind: str) -> dict[str, object]:
        """The schema of an id.

        Args:
            schema_id: of the deployment.
            kind: what it must be of, such as ``receipt``.

        Raises:
            UnknownSchemaError: the deployment does not know it, or as something else.
            LogError: the dictionary cannot be read.
        """
        for dictionary in self._before_and_after():
            if dictionary.subjects.get(schema_id) == SUBJECTS[kind]:
                return dictionary.schemas[schema_id]
        raise UnknownSchemaError(f"schema id {schema_id} is no {kind} schema of the log's dictionary")

    def _before_and_after(self) -> Iterator[SchemaDictionary]:
        with self._lock:
            known = self._dictionary
        if known is not None:
            yield known
        with self._lock:
            self._dictionary = known = read_dictionary(self._settings)
        yield known
