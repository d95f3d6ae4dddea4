"""The stage that makes tables of moments when they are asked for, and drops them when nobody asks any more."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import chain
from operator import itemgetter

import psycopg
from psycopg import sql

from projections.as_of import fill_as_of, is_final
from projections.migrate import drop, migrate, schema_name
from projections.moments.asking import CHANNEL, parsed
from schemas.errors import ProjectionError
from schemas.settings import Settings

_FIRST = 1_100_000_000
_NUMBERS = 100_000
"""Each generation's moments have so many numbers for their tables; none is one of `projections.workspace`."""
_MOST = 4
"""Each is a copy of all tables."""
_KEPT_S = 900.0
_WANTED_S = 20.0
"""Whoever asked longer ago has gone."""
_READ_S = 60.0
"""A request that has found the tables reads them for a shorter time."""
_LOOK_S, _TIDY_S = 0.2, 5.0
_logger = logging.getLogger(__name__)


class _StoppedError(Exception):
    """The stage is to end."""


class MomentsKeeper:
    """Keeps the tables of moments of one generation.

    Args:
        settings: with the address of the writer, and the generation.
        on_batch: called with the number of events of each batch that was read for tables.
    """

    def __init__(self, settings: Settings, on_batch: Callable[[int], None] | None = None) -> None:
        self._settings, self._on_batch = settings, on_batch
        self._url, self._generation = settings.require("database_url"), settings.generation
        self._asked: dict[datetime, float] = {}
        self._leaving: dict[int, float] = {}
        self._tidied = 0.0

    def run(self, stop: threading.Event) -> None:
        """Make and drop tables until `stop` is set; what is being made then is given up.

        Raises:
            ProjectionError: the database refused.
            LogError: the log cannot be read.
        """
        try:
            with psycopg.connect(self._url, autocommit=True) as connection:
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                kept = self._kept(connection)
                drop_moments(self._url, self._generation, but=kept.values())
                self._asked = dict.fromkeys(kept, time.monotonic())
                while not stop.is_set():
                    self._hear(connection)
                    self._make_next(connection, stop)
                    if time.monotonic() > self._tidied + _TIDY_S:
                        self._let_go(connection)
        except _StoppedError:
            return
        except psycopg.Error as error:
            raise ProjectionError(f"the read store: {(str(error).splitlines() or ['no answer'])[0]}") from error

    def _hear(self, connection: psycopg.Connection) -> None:
        """Wait a little for the first question, and take all that are there."""
        for notice in chain(connection.notifies(timeout=_LOOK_S, stop_after=1), connection.notifies(timeout=0)):
            asked = parsed(notice.payload)
            if asked is not None and asked.generation == self._generation:
                self._asked[asked.moment] = time.monotonic()

    def _make_next(self, connection: psycopg.Connection, stop: threading.Event) -> None:
        """Make the tables that were asked for longest ago, of those that somebody may still wait for."""
        now = time.monotonic()
        waiting = [moment for moment, at in sorted(self._asked.items(), key=itemgetter(1)) if now - at <= _WANTED_S]
        if not waiting:
            return
        kept = self._kept(connection)
        for moment in waiting:
            if moment not in kept and is_final(self._settings, moment):
                self._let_go(connection)  # of this moment, too: those that were made under other rights
                self._make(connection, moment, stop)
                return

    def _make(self, connection: psycopg.Connection, moment: datetime, stop: threading.Event) -> None:
        def going_on(events: int) -> None:
            if stop.is_set():
                raise _StoppedError
            if self._on_batch:
                self._on_batch(events)

        number = _first(self._generation) + secrets.randbelow(_NUMBERS)
        migrate(self._url, number)
        filled = fill_as_of(self._settings, number, moment, going_on)
        statement = sql.SQL(
            "INSERT INTO {} AS m VALUES (%s, %s, %s) ON CONFLICT (at) "
            "DO UPDATE SET number = EXCLUDED.number, rights = EXCLUDED.rights"
        )
        connection.execute(statement.format(self._table("moment")), [moment, number, filled.rights])
        _logger.info("tables of %s: %d events", moment.isoformat(), filled.events)

    def _let_go(self, connection: psycopg.Connection) -> None:
        """Forget tables that nobody asks for, too many ones, and those made under other rights; drop them later."""
        now = self._tidied = time.monotonic()
        kept = self._kept(connection)
        newest = sorted(kept, key=lambda moment: self._asked.get(moment, 0.0), reverse=True)
        wanted = [kept[moment] for moment in newest[:_MOST] if now - self._asked.get(moment, 0.0) <= _KEPT_S]
        statement = sql.SQL("DELETE FROM {} WHERE number <> ALL(%s) RETURNING number").format(self._table("moment"))
        for (number,) in connection.execute(statement, [wanted]).fetchall():
            self._leaving[number] = now
        for number in [number for number, since in self._leaving.items() if now - since > _READ_S]:
            drop(self._url, number)
            del self._leaving[number]
        self._asked = {moment: at for moment, at in self._asked.items() if now - at <= _KEPT_S}

    def _kept(self, connection: psycopg.Connection) -> dict[datetime, int]:
        """Moments with the numbers of their tables, under the rights of now."""
        statement = sql.SQL("SELECT at, number FROM {} WHERE rights IS NOT DISTINCT FROM (SELECT changed FROM {})")
        return dict(connection.execute(statement.format(self._table("moment"), self._table("rights"))).fetchall())

    def _table(self, name: str) -> sql.Identifier:
        return sql.Identifier(schema_name(self._generation), name)


def drop_moments(database_url: str, generation: int, but: Iterable[int] = ()) -> None:
    """Drop the tables of all moments of a generation, but for some.

    Args:
        database_url: of the writer.
        generation: whose moments.
        but: numbers of tables that stay.

    Raises:
        ProjectionError: the database refused.
    """
    first, stay = _first(generation), {schema_name(number) for number in but}
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            names = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^g[0-9]{10}$'").fetchall()
    except psycopg.Error as error:
        raise ProjectionError(f"the tables of moments cannot be told: {error}") from error
    for name in sorted({name for (name,) in names} - stay):
        if first <= int(name[1:]) < first + _NUMBERS:
            drop(database_url, int(name[1:]))


def _first(generation: int) -> int:
    return _FIRST + generation * _NUMBERS
