"""A generation of tables for a while: filled from the log beside the live one, and gone afterwards.

Its number is one that no generation of the log has. Row-level security holds in it as in any other.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from projections.migrate import drop, migrate
from schemas.settings import Settings

_FIRST = 1_000_000
_NUMBERS = 1_000_000_000


@contextmanager
def workspace(settings: Settings) -> Iterator[int]:
    """Empty tables under a number of their own, dropped at the end.

    Raises:
        SettingsError: the address of the writer is not set.
        ProjectionError: the database refused.
    """
    number = _FIRST + secrets.randbelow(_NUMBERS)
    url = settings.require("database_url")
    migrate(url, number)
    try:
        yield number
    finally:
        drop(url, number)
