"""How the commands reach the read store."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from projections.viewing import viewing
from schemas.errors import ProjectionError
from schemas.settings import Settings

_CONNECT_S = 5


@contextmanager
def reader(settings: Settings) -> Iterator[psycopg.Connection]:
    """The read store as the acting focal point sees it, in one transaction.

    Raises:
        SettingsError: its address is not set, or nobody is named to read as.
        ProjectionError: it cannot be reached.
    """
    with reading(settings) as connection, viewing(connection, settings.generation, settings.acting_as()):
        yield connection


@contextmanager
def reading(settings: Settings) -> Iterator[psycopg.Connection]:
    """A connection of the reader, on which each request is a transaction of its own.

    Raises:
        SettingsError: its address is not set.
        ProjectionError: it cannot be reached.
    """
    url = settings.require("reader_url")
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_S)
    except psycopg.Error as error:
        line = (str(error).splitlines() or ["no answer"])[0]
        raise ProjectionError(f"the read store cannot be reached: {line}; see `ionics status`") from error
    with connection:
        yield connection
