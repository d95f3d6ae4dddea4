"""How the commands reach the read store and decode what lies on the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from projections.viewing import viewing
from schemas.codec import RecordCodec, unframe
from schemas.dictionary import SchemaDictionary, read_dictionary
from schemas.errors import ProjectionError, UnknownSchemaError
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


class Decoder:
    """Decodes framed values under the schema that they name, from the log's own dictionary."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._dictionary: SchemaDictionary | None = None
        self._codecs: dict[int, RecordCodec] = {}

    def decode(self, value: bytes | None) -> dict[str, Any]:
        """The record of a value.

        Raises:
            ContractError: it is not framed, its schema is not known, or it does not decode.
            LogError: the dictionary cannot be read.
        """
        id_, body = unframe(value)
        if id_ not in self._codecs:
            if self._dictionary is None:
                self._dictionary = read_dictionary(self._settings)
            schema = self._dictionary.schemas.get(id_)
            if schema is None:
                raise UnknownSchemaError(f"schema id {id_} is not in ionics.schemas")
            self._codecs[id_] = RecordCodec(schema)
        return self._codecs[id_].decode(body)
