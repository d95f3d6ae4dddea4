"""Giving an empty registry back what it knew, out of the log's own dictionary, under the same ids.

A registry numbers what it is given, from 1. So the schemas are registered in the order of their ids, and where the
dictionary has a gap (numbers that went to others), a placeholder takes the number.
"""

from typing import Any

from schemas.dictionary import SchemaDictionary
from schemas.errors import RegistryError
from schemas.identity import schema_fingerprint
from schemas.registry import Registry

_PLACEHOLDER = "ionics.placeholder"


def refill(registry: Registry, dictionary: SchemaDictionary) -> list[int]:
    """Register what the registry lacks of the dictionary; the ids, in order.

    Args:
        registry: empty, or one that agrees with the dictionary as far as it goes.
        dictionary: of the log.

    Raises:
        RegistryError: the registry cannot be reached, or has or gives an id otherwise than the log: it is of another
            deployment, or numbers in another way, and serves this one no more.
        IncompatibleSchemaError: the registry has something else under a subject.
    """
    filled = []
    for number in range(1, max(dictionary.schemas, default=0) + 1):
        known = registry.find(number)
        if known is not None:
            _check(number, schema_fingerprint(known), dictionary)
            continue
        subject = dictionary.subjects.get(number, f"{_PLACEHOLDER}-{number}")
        given = registry.register(subject, dictionary.schemas.get(number) or _placeholder(number))
        if given != number:
            raise RegistryError(f"the registry gives id {given} to {subject}, which the log knows as {number}")
        filled.append(number)
    return filled


def _check(number: int, fingerprint: str, dictionary: SchemaDictionary) -> None:
    if dictionary.fingerprints.get(number, fingerprint) != fingerprint:
        raise RegistryError(
            f"the registry has another schema under id {number} than the log: it is not the one of this deployment"
        )


def _placeholder(number: int) -> dict[str, Any]:
    return {"type": "record", "name": f"Placeholder{number}", "namespace": _PLACEHOLDER, "fields": []}
