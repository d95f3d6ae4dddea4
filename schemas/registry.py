"""A client of the schema registry, by Confluent's API. The registry serves outsiders and guards evolution."""

from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from schemas.errors import IncompatibleSchemaError, RegistryError, UnknownSchemaError

_MEDIA = {"Content-Type": "application/vnd.schemaregistry.v1+json"}


class Registry:
    """One registry.

    Args:
        url: its Confluent API, for Apicurio ending in /apis/ccompat/v7.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def register(self, subject: str, schema: Mapping[str, Any]) -> int:
        """Register a schema under a subject, or find it there; its id.

        Raises:
            IncompatibleSchemaError: it breaks readers or writers of an earlier version (FULL_TRANSITIVE).
            RegistryError: the registry cannot be reached or refuses.
        """
        body = {"schema": orjson.dumps(schema).decode(), "schemaType": "AVRO"}
        return int(self._call("POST", f"/subjects/{subject}/versions", body)["id"])

    def schema(self, schema_id: int) -> dict[str, Any]:
        """The schema of an id.

        Raises:
            UnknownSchemaError: the registry lacks it.
            RegistryError: it cannot be reached.
        """
        found: dict[str, Any] = orjson.loads(self._call("GET", f"/schemas/ids/{schema_id}", None)["schema"])
        return found

    def find(self, schema_id: int) -> dict[str, Any] | None:
        """The schema of an id, or None where the registry has none.

        Raises:
            RegistryError: the registry cannot be reached.
        """
        try:
            return self.schema(schema_id)
        except UnknownSchemaError:
            return None

    def require_full_transitive(self) -> None:
        """Set the compatibility that the log needs.

        Raises:
            RegistryError: the registry cannot be reached or refuses.
        """
        self._call("PUT", "/config", {"compatibility": "FULL_TRANSITIVE"})

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        try:
            content = None if body is None else orjson.dumps(body)
            answer = httpx.request(method, self._url + path, content=content, headers=_MEDIA, timeout=30)
        except httpx.HTTPError as error:
            raise RegistryError(f"schema registry {self._url}: {error}; is it running?") from error
        if answer.status_code == httpx.codes.CONFLICT:
            raise IncompatibleSchemaError(f"schema registry refuses {path}: {answer.text[:500]}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise UnknownSchemaError(f"schema registry {self._url} has no {path}")
        if answer.is_error:
            raise RegistryError(f"schema registry {method} {path}: {answer.status_code} {answer.text[:300]}")
        found: dict[str, Any] = orjson.loads(answer.content)
        return found
