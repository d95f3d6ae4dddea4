"""What the endpoints stand on: the read store, the members, the tokens, the access log."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool, PoolTimeout

from projections.access_log import AccessEntry, AccessLog
from projections.api.cursors import Cursors
from projections.api.following import MembersFollower
from projections.api.limits import Limits
from projections.api.problems import ProblemError
from projections.api.publishing import Publishers
from projections.api.refusals import Refusals
from projections.api.relay import Relay
from projections.api.tokens import TokenVerifier
from projections.api.values import Values
from projections.migrate import schema_name
from projections.moments.asking import Asked, ask, number_at
from projections.viewing import viewing
from schemas.directory import Agency, FocalPoint, Subscriptions
from schemas.errors import AccessLogError, ProjectionError
from schemas.settings import Settings

_CONNECTIONS = 16
_WAIT_S = 5.0
_MOMENT_S, _AGAIN_S = 5.0, 0.1
_MOMENTS = 0.1, 10
"""How often a caller may ask for a moment that is not at hand: each is a reading of the whole log."""
_AWAITED_MOST = 10_000
"""Moments asked for and not yet answered, of all callers, that are remembered."""


@dataclass(frozen=True)
class Caller:
    """Who asks, proved by a token and known to the directory.

    Attributes:
        rights: those of the token's scopes that the directory gives too.
        purpose: why, in the caller's words.
    """

    focal_point: FocalPoint
    agency: Agency
    rights: frozenset[str]
    purpose: str | None

    @property
    def id(self) -> str:
        """The focal point's id: the viewer of row-level security."""
        return self.focal_point.focal_point_id


class Backend:
    """Opened once for a process.

    Args:
        settings: the deployment; `reader_url` is all that it has of the read store.
        limits: how often a focal point may ask.
    """

    def __init__(self, settings: Settings, limits: Limits | None = None, verifier: TokenVerifier | None = None) -> None:
        self.settings = settings = settings.as_principal("api")
        self.tokens = verifier or TokenVerifier(settings)
        self.cursors = Cursors(settings.home / "keys" / "cursor.key")
        self.limits = limits or Limits(20, 200)
        self.strangers = Limits(5, 50)
        self.moments = Limits(*_MOMENTS)
        self._awaited: dict[tuple[str, Asked], None] = {}
        self.members = MembersFollower(settings)
        self.log = AccessLog(settings)
        self.refusals = Refusals(settings)
        self.publishers = Publishers(settings)
        self.values = Values(settings)
        self.relay = Relay(settings)
        self.subscriptions = Subscriptions()
        self._pool = ConnectionPool(
            settings.require("reader_url"),
            min_size=1,
            max_size=_CONNECTIONS,
            open=False,
            timeout=_WAIT_S,
            kwargs={"autocommit": True},
            check=ConnectionPool.check_connection,
        )

    def open(self) -> None:
        """Connect.

        Raises:
            LogError: the directory cannot be read.
        """
        self._pool.open()
        self.members.start()
        self.refusals.start()

    def close(self) -> None:
        """Let go of everything; reports that are not delivered stay in their outboxes."""
        self.members.stop()
        self.publishers.close()
        self.refusals.stop()
        self.log.close()
        self._pool.close()

    @contextmanager
    def viewing(self, caller: Caller) -> Iterator[psycopg.Connection]:
        """One request of the caller to the read store.

        Raises:
            ProblemError: 503, it does not answer; the database's own words stay here.
        """
        try:
            with self._pool.connection() as connection, viewing(connection, self.generation, caller.id):
                yield connection
        except (PoolTimeout, ProjectionError, psycopg.Error):
            raise _unavailable() from None

    @contextmanager
    def reading(self, caller: Caller, moment: datetime | None) -> Iterator[tuple[psycopg.Connection, int]]:
        """One request of the caller, and the number of the tables that answer it: the live ones, or those of a moment.

        Raises:
            ProblemError: 503, the read store does not answer, or the tables of the moment are still being made; 429,
                the caller asks for too many moments.
        """
        generation = self.generation
        if moment is None:
            with self.viewing(caller) as connection:
                yield connection, generation
            return
        asked, deadline = Asked(generation, moment), time.monotonic() + _MOMENT_S
        for attempt in count():
            with self.viewing(caller) as connection:
                number = number_at(connection, asked)
                if number is None and not attempt and (caller.id, asked) not in self._awaited:
                    self.moments.take(caller.id)
                    self._await(caller, asked)
                ask(connection, asked)
                if number is not None:
                    self._awaited.pop((caller.id, asked), None)
                    yield connection, number
                    return
            if time.monotonic() > deadline:
                break
            time.sleep(_AGAIN_S)
        raise ProblemError(
            503,
            "NOT_READY",
            "what was known at that moment is being put together, or is not final; ask again",
            headers={"Retry-After": "2"},
        )

    def _await(self, caller: Caller, asked: Asked) -> None:
        """Who asks again, as the answer says, for what is still being made has paid for it."""
        for old in list(self._awaited)[: -_AWAITED_MOST + 1]:
            self._awaited.pop(old, None)
        self._awaited[caller.id, asked] = None

    @property
    def generation(self) -> int:
        """The generation that readers use now."""
        return self.settings.generation or self.members.members().directory.generation

    def positions(self, connection: psycopg.Connection) -> dict[str, int]:
        """The positions of the views in this request's snapshot, for the access log."""
        table = sql.Identifier(schema_name(self.generation), "positions")
        rows = connection.execute(sql.SQL("SELECT topic, partition, next FROM {} ORDER BY 1, 2").format(table))
        return {f"{topic}/{partition}": following for topic, partition, following in rows}

    def record(
        self,
        caller: Caller,
        action: str,
        query: Mapping[str, Any],
        incident_ids: Sequence[str] = (),
        positions: Mapping[str, int] | None = None,
    ) -> None:
        """Write to the access log before anything leaves.

        Raises:
            ProblemError: 503, the log did not take it.
        """
        who = (caller.id, caller.agency.agency_id)
        try:
            self.log.record(AccessEntry(*who, "API", action, query, incident_ids, positions, caller.purpose))
        except AccessLogError:
            raise ProblemError(
                503, "NOT_LOGGED", "the access log does not answer, so nothing is shown", headers={"Retry-After": "5"}
            ) from None


def _unavailable() -> ProblemError:
    return ProblemError(503, "UNAVAILABLE", "the read store does not answer; try again", headers={"Retry-After": "5"})
