"""The state of deliveries in PostgreSQL; see `stream_processors.disseminate.ports.DeliveryStore`."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool, PoolTimeout

from projections.deliveries import statements
from projections.migrate import schema_name
from schemas.acknowledgement import Acknowledgement, Said
from schemas.errors import ProjectionError
from schemas.settings import Settings
from stream_processors.disseminate.ports import Delivery, Position

_CONNECTIONS = 12
_WAIT_S = 5.0
_A_LANE = 8
"""Deliveries of one lane that are leased at once."""


class PostgresDeliveries:
    """The schema ``dissemination``, judged by the views of one generation.

    Args:
        settings: with a generation, and the address of the writer.
        worker: name of the worker that leases.
        lease_s: after which what one process leased may be taken by another.
    """

    def __init__(self, settings: Settings, worker: str = "0", lease_s: float = 60.0) -> None:
        self._generation, self._worker, self._lease_s = settings.generation, worker, lease_s
        self._safe, self._quick = (
            ConnectionPool(
                settings.require("database_url"),
                min_size=1,
                max_size=_CONNECTIONS,
                open=False,
                timeout=_WAIT_S,
                kwargs={"autocommit": True, "options": f"-c synchronous_commit={commits}"},
            )
            for commits in ("on", "off")
        )
        views = sql.Identifier(schema_name(self._generation), "positions")
        self._claim = sql.SQL(statements.CLAIM).format(views=views)
        self._claim_group = sql.SQL(statements.CLAIM_GROUP).format(views=views)

    def open(self) -> None:
        """Connect."""
        self._safe.open()
        self._quick.open()

    def close(self) -> None:
        """Let go of the connections."""
        self._safe.close()
        self._quick.close()

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection]:
        """One that is on the disk when it is left: of what is acknowledged afterwards."""
        with self._connected(self._safe) as connection, connection.transaction():
            yield connection

    @contextmanager
    def _statement(self) -> Iterator[psycopg.Connection]:
        """Single statements; lost with a crash of the database, they are made again: sent again under the same id."""
        with self._connected(self._quick) as connection:
            yield connection

    @contextmanager
    def _connected(self, pool: ConnectionPool) -> Iterator[psycopg.Connection]:
        try:
            with pool.connection() as connection:
                yield connection
        except (psycopg.Error, PoolTimeout) as error:
            line = (str(error).splitlines() or ["no answer"])[0]
            raise ProjectionError(f"the state of deliveries cannot be read or written: {line}") from error

    def add(self, deliveries: Sequence[tuple[Delivery, Position]]) -> None:
        """See `DeliveryStore.add`."""
        rows = [
            {**_row(delivery), **vars(position), "generation": self._generation} for delivery, position in deliveries
        ]
        with self._transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(statements.ADD, rows)

    def acknowledge(self, said: Acknowledgement) -> None:
        """See `DeliveryStore.acknowledge`."""
        named = said.model_dump(mode="json")
        with self._transaction() as connection:
            if said.what is Said.SEEN:
                connection.execute(statements.SEEN, named)
                return
            connection.execute(statements.KEEP_ACKNOWLEDGEMENT, named)
            connection.execute(statements.ACKNOWLEDGE, named)

    def adopt(self) -> int:
        """See `DeliveryStore.adopt`."""
        with self._transaction() as connection:
            connection.execute(statements.LET_GO, {"worker": self._worker})
            return connection.execute(statements.ADOPT, {"generation": self._generation}).rowcount

    def claim(self, limit: int, busy: Collection[tuple[str, str]]) -> list[Delivery]:
        """See `DeliveryStore.claim`."""
        wanted = self._wanted(busy) | {"limit": limit, "a_lane": _A_LANE}
        with self._turn() as connection, connection.cursor(row_factory=class_row(Delivery)) as cursor:
            return cursor.execute(self._claim, wanted).fetchall()

    def claim_group(self, busy: Collection[tuple[str, str]]) -> tuple[str, list[Delivery]] | None:
        """See `DeliveryStore.claim_group`."""
        with self._turn() as connection, connection.cursor(row_factory=class_row(Delivery)) as cursor:
            first = connection.execute(self._claim_group, self._wanted(busy) | {"new": uuid.uuid4()}).fetchone()
            if first is None:
                return None
            leased = {"group": first[0], "lease_s": self._lease_s, "worker": self._worker}
            return str(first[0]), cursor.execute(statements.LEASE_GROUP, leased).fetchall()

    @contextmanager
    def _turn(self) -> Iterator[psycopg.Connection]:
        """A transaction in which no other worker leases."""
        with self._statement() as connection, connection.transaction():
            connection.execute(statements.TURN)
            yield connection

    def _wanted(self, busy: Collection[tuple[str, str]]) -> dict[str, Any]:
        named = {"recipients": [each[0] for each in busy], "ways": [each[1] for each in busy]}
        return {**named, "generation": self._generation, "lease_s": self._lease_s, "worker": self._worker}

    def waiting(self) -> bool:
        """See `DeliveryStore.waiting`."""
        with self._statement() as connection:
            return connection.execute(statements.WAITING, {"generation": self._generation}).fetchone() is not None

    def told_before(self, delivery: Delivery) -> bool:
        """See `DeliveryStore.told_before`."""
        with self._statement() as connection:
            return connection.execute(statements.TOLD_BEFORE, _row(delivery)).fetchone() is not None

    def told_lately(self, lanes: Sequence[tuple[str, str]]) -> list[int]:
        """See `DeliveryStore.told_lately`."""
        named = {"recipients": [each[0] for each in lanes], "ways": [each[1] for each in lanes]}
        with self._statement() as connection:
            return [int(count) for (count,) in connection.execute(statements.TOLD_LATELY, named)]

    def delivered(self, deliveries: Sequence[Delivery], group: str | None = None) -> None:
        """See `DeliveryStore.delivered`."""
        with self._statement() as connection:
            connection.execute(statements.DELIVERED, {"ids": _ids(deliveries), "group": group})

    def failed(self, delivery: Delivery, again_s: float | None, error: str) -> None:
        """See `DeliveryStore.failed`."""
        named = {"id": delivery.delivery_id, "again_s": again_s, "error": error[:200]}
        with self._statement() as connection:
            if again_s is None:
                connection.execute(statements.GIVE_UP, named)
                return
            connection.execute(statements.FAILED, named)
            lane = dict(zip(("recipient", "via"), delivery.lane, strict=True))
            connection.execute(statements.HOLD_LANE, named | lane)

    def passed_over(self, delivery: Delivery) -> None:
        """See `DeliveryStore.passed_over`."""
        with self._statement() as connection:
            connection.execute(statements.PASSED_OVER, {"id": delivery.delivery_id})

    def put_off(self, delivery: Delivery, after_s: float) -> None:
        """See `DeliveryStore.put_off`."""
        with self._statement() as connection:
            connection.execute(statements.PUT_OFF, {"id": delivery.delivery_id, "after_s": after_s})

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """See `DeliveryStore.release`."""
        with self._statement() as connection:
            connection.execute(statements.RELEASE, {"ids": _ids(deliveries)})

    def overdue(self, limit: int) -> list[Delivery]:
        """See `DeliveryStore.overdue`."""
        with self._statement() as connection, connection.cursor(row_factory=class_row(Delivery)) as cursor:
            return cursor.execute(statements.OVERDUE, {"limit": limit}).fetchall()

    def escalate(self, delivery: Delivery, to: Sequence[Delivery]) -> None:
        """See `DeliveryStore.escalate`."""
        with self._transaction() as connection, connection.cursor() as cursor:
            named = {"id": delivery.delivery_id}
            if connection.execute(statements.ESCALATED, named).rowcount:
                cursor.executemany(statements.ADD_LIKE, [_row(each) | {"like": delivery.delivery_id} for each in to])


def _row(delivery: Delivery) -> dict[str, Any]:
    return {**vars(delivery), "delivery_id": delivery.delivery_id}


def _ids(deliveries: Sequence[Delivery]) -> list[str]:
    return [each.delivery_id for each in deliveries]
