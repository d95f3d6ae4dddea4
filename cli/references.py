"""Which incident a word of the command line means: its id, the beginning of that, or its reference."""

from typing import Any

import psycopg

from projections.queries import find_incidents
from schemas.errors import ProjectionError
from schemas.settings import Settings

MANY = 20


def meant(found: list[dict[str, Any]], ref: str) -> dict[str, Any] | list[dict[str, Any]] | None:
    """The incident meant: an exact id or reference, where only one is, goes before those that begin so."""
    exact = [row for row in found if ref in (row["incident_id"], row["source_ref"])]
    chosen = exact or found
    if not chosen:
        return None
    return chosen[0] if len(chosen) == 1 else chosen


def named(settings: Settings, connection: psycopg.Connection, ref: str) -> str:
    """The id of the one incident that a word means, among what the viewer sees.

    Raises:
        ProjectionError: it means none, or several.
    """
    found = meant(find_incidents(connection, settings.generation, ref, MANY + 1), ref)
    if found is None:
        raise ProjectionError(f"no incident {ref!r} that {settings.acting_as()} may see")
    if isinstance(found, list):
        raise ProjectionError(f"{ref!r} names more than one incident: give more of its id; see `ionics incident`")
    return str(found["incident_id"])
