"""The state of deliveries in PostgreSQL: kept once, leased to one, carried over to another generation."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from projections.deliveries import PostgresDeliveries
from projections.migrate import drop, migrate
from schemas.settings import Settings
from stream_processors.disseminate.ports import Delivery, Position

pytestmark = pytest.mark.stack

_OLD, _NEW = 925, 926
_HERE = Position("test", 0, 5, 0, 0)


@pytest.fixture
def stores(settings: Settings) -> Iterator[tuple[PostgresDeliveries, PostgresDeliveries]]:
    """One store for each of two generations, the tables of deliveries empty."""
    with psycopg.connect(settings.database_url, autocommit=True) as writer:
        writer.execute("TRUNCATE dissemination.delivery")
    with ExitStack() as left:
        found = []
        for generation in (_OLD, _NEW):
            drop(settings.database_url, generation)
            migrate(settings.database_url, generation)
            left.callback(drop, settings.database_url, generation)
            store = PostgresDeliveries(replace(settings, generation=generation), f"worker-{generation}")
            store.open()
            left.callback(store.close)
            found.append(store)
        yield found[0], found[1]


def _delivery(recipient: str = "officer") -> Delivery:
    return Delivery(
        *("sub", recipient, "police", "sub", "alert", str(uuid4())),
        revision=1,
        digest="d",
        event_at=datetime(2026, 1, 1, tzinfo=UTC),
        severity="HIGH",
        code="SURGE",
        withdrawn=False,
    )


def _projected(settings: Settings, generation: int, following: int) -> None:
    with psycopg.connect(settings.database_url) as writer:
        writer.execute(
            f"INSERT INTO g{generation}.positions VALUES ('test', 0, %s) "
            "ON CONFLICT (topic, partition) DO UPDATE SET next = EXCLUDED.next",
            [following],
        )


def _kept(*deliveries: Delivery) -> list[tuple[Delivery, Position]]:
    return [(each, _HERE) for each in deliveries]


def _state(settings: Settings, delivery: Delivery) -> str:
    with psycopg.connect(settings.database_url) as writer:
        found = writer.execute(
            "SELECT state FROM dissemination.delivery WHERE delivery_id = %s", [delivery.delivery_id]
        ).fetchone()
    assert found is not None
    return str(found[0])


def test_what_is_due_is_leased_to_one_once_the_views_have_come_as_far(
    settings: Settings, stores: tuple[PostgresDeliveries, PostgresDeliveries]
) -> None:
    """A lane to one worker; what a worker held is free when it begins anew; what was taken is not kept again."""
    store, delivery, other = stores[0], _delivery(), _delivery("clerk")
    store.add(_kept(delivery, other, delivery))
    _projected(settings, _OLD, 4)
    assert store.claim(10, []) == []
    assert store.waiting()
    _projected(settings, _OLD, 5)
    assert store.claim(10, [other.lane]) == [delivery]
    assert store.claim(10, []) == [other]
    assert store.claim(10, []) == []
    store.add(_kept(another := replace(delivery, digest="e")))
    assert store.claim(10, []) == []  # of a lane in which something is leased
    assert not store.told_before(other)
    store.adopt()
    assert store.claim(10, [other.lane]) == [delivery, another]
    store.delivered([delivery])
    store.failed(delivery, 0.0, "too late")
    store.add(_kept(delivery))
    assert (_state(settings, delivery), store.told_lately([other.lane, delivery.lane])) == ("DELIVERED", [0, 1])
    assert store.told_before(another)


def test_what_waits_goes_over_to_another_generation(
    settings: Settings, stores: tuple[PostgresDeliveries, PostgresDeliveries]
) -> None:
    """It is not passed over before the other one has met it; then it is judged like all else, and told once."""
    old, new = stores
    waiting, told = _delivery(), _delivery("clerk")
    old.add(_kept(waiting, told))
    _projected(settings, _OLD, 5)
    assert sorted(each.recipient for each in old.claim(10, [])) == ["clerk", "officer"]
    old.delivered([told])
    assert new.adopt() == 1
    assert new.claim(10, []) == [waiting]
    assert old.claim(10, []) == []
    new.passed_over(waiting)  # its views do not show it yet
    assert _state(settings, waiting) == "PENDING"
    new.add(_kept(waiting, told))
    assert _state(settings, told) == "DELIVERED"
    with psycopg.connect(settings.database_url) as writer:
        writer.execute("UPDATE dissemination.delivery SET due_at = clock_timestamp() WHERE state = 'PENDING'")
    assert new.claim(10, []) == []
    _projected(settings, _NEW, 5)
    assert new.claim(10, []) == [waiting]
    new.passed_over(waiting)
    assert _state(settings, waiting) == "WITHDRAWN"


def test_a_lane_in_which_thousands_wait_holds_up_nobody(
    settings: Settings, stores: tuple[PostgresDeliveries, PostgresDeliveries]
) -> None:
    """What is leased is found without looking at each of them for each of them: that took minutes for so many."""
    store, slow, other = stores[0], _delivery(), _delivery("clerk")
    _projected(settings, _OLD, 5)
    store.add(_kept(slow))
    with psycopg.connect(settings.database_url, autocommit=True) as writer:
        names = [row[0] for row in writer.execute(_COLUMNS).fetchall()]
        rest = sql.SQL(", ").join(map(sql.Identifier, names))
        copied = sql.SQL(
            "INSERT INTO dissemination.delivery (delivery_id, {rest}) "
            "SELECT gen_random_uuid(), {rest} FROM dissemination.delivery, generate_series(1, 20000)"
        )
        writer.execute(copied.format(rest=rest))
        writer.execute("ALTER ROLE ionics_writer SET statement_timeout = '5s'")
    patient = PostgresDeliveries(replace(settings, generation=_OLD))
    patient.open()
    try:
        patient.add(_kept(other))
        assert len(patient.claim(64, [])) == 8
        assert patient.claim(64, []) == [other]
        assert patient.claim(64, []) == []
    finally:
        patient.close()
        with psycopg.connect(settings.database_url, autocommit=True) as writer:
            writer.execute("ALTER ROLE ionics_writer RESET statement_timeout")


_COLUMNS = """SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'dissemination' AND table_name = 'delivery' AND column_name <> 'delivery_id'"""
