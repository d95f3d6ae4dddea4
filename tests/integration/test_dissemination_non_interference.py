"""Guarantee 7 of what is told: messages and inboxes are those of a world in which what is hidden does not exist."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any

import psycopg
import pytest

from projections.deliveries import PostgresDeliveries, ViewSight
from projections.deliveries.inbox import inbox
from projections.members import write_members
from projections.migrate import drop, migrate
from projections.projector import EnrichedDecoder
from projections.sink import ViewSink
from projections.viewing import viewing
from schemas.codec import codec, frame
from schemas.dictionary import read_dictionary
from schemas.directory import Agency, Group, Members, Subscription
from schemas.reading import Record
from schemas.settings import Settings
from stream_processors.disseminate import Backoff
from stream_processors.disseminate.channels import Message
from stream_processors.disseminate.delivering import Delivering
from stream_processors.disseminate.events import Event
from stream_processors.disseminate.index import SubscriptionIndex
from stream_processors.disseminate.kinds.alerts import read_alert
from stream_processors.disseminate.kinds.incidents import read_incident
from stream_processors.disseminate.matching import delivery_of
from stream_processors.disseminate.ports import Delivery, Position
from stream_processors.disseminate.standing import Standing
from tests.unit.projections.alerts import COMMUNITY, Alerts, Shared
from tests.unit.projections.people import members, person, visible
from tests.unit.projections.worlds import World

pytestmark = pytest.mark.stack

_GENERATION = 923
_MEMBERS = members(
    [Agency(id_, id_, "POLICE", c) for id_, c in (("police", "NLD"), ("post", "FJI"), ("agency-1", "USA"))],
    [person("officer", "police"), person("clerk", "post"), person("owner", "agency-1")],
    [Group("lab", "Lab", frozenset({"post"}))],
)
_VIEWERS = ("officer", "clerk", "owner")
_AUDIENCES = [["COMMUNITY"], ["COMMUNITY"], ["agency:police"], ["group:lab"], ["country:USA"]]
_SHARED: Sequence[Shared] = (COMMUNITY, ("agency-1", ("agency:police",)), ("agency-2", ("group:lab",)))


def _subscription(person_id: str, channel: str) -> Subscription:
    return Subscription(
        subscription_id=f"{person_id}-{channel}",
        focal_point_id=person_id,
        agency_id=_MEMBERS.focal_points[person_id].agency_id,
        events=frozenset({"incident", "alert"}),
        **dict.fromkeys(("substances", "classes", "countries", "routes", "agencies", "kinds"), frozenset[str]()),
        minimum_severity="LOW",
        channel=channel,
        address="https://hooks.example/",
        content=True,
        acknowledge_minutes=None,
        escalate_to=(),
        limit_a_minute=4,
        since_ms=0,
    )


_SUBSCRIPTIONS = {
    each.subscription_id: each
    for name in _VIEWERS
    for channel in ("webhook", "console")
    for each in [_subscription(name, channel)]
}
_STANDING = Standing(_MEMBERS, _SUBSCRIPTIONS, SubscriptionIndex(_SUBSCRIPTIONS.values()))
_WHERE = Position("test", 0, 1, 0, 0)


@pytest.fixture
def tables(settings: Settings) -> Iterator[Settings]:
    """The tables of a generation."""
    drop(settings.database_url, _GENERATION)
    migrate(settings.database_url, _GENERATION)
    yield replace(settings, generation=_GENERATION)
    drop(settings.database_url, _GENERATION)


def _records(seed: int) -> list[dict[str, Any]]:
    world, chance = World(seed), Random(seed)  # noqa: S311  # a world, not a secret
    found = []
    for number in range(12):
        for revision in range(1, chance.choice([2, 2, 3])):
            kind = "REPORTED" if revision == 1 else chance.choice(["AMENDED", "WITHDRAWN"])
            audience = chance.choice(_AUDIENCES)
            tlp = "GREEN" if audience == ["COMMUNITY"] else "AMBER"
            found.append(world.record(number, revision, kind, audience=audience, tlp=tlp))
    return found


def _alerts(seed: int, heads: dict[str, bytes]) -> list[tuple[Record, tuple[Shared, ...]]]:
    chance, made = Random(seed), Alerts(heads, _GENERATION)  # noqa: S311  # the same
    found = []
    for number in range(12):
        shared = tuple(chance.sample(_SHARED, chance.randint(1, 2)))
        for status in ("RAISED", "WITHDRAWN")[: chance.choice([1, 1, 2])]:
            made.alert(number, (), shared, status=status, severity=chance.choice(["LOW", "HIGH"]))
            found.append((made.records[-1], shared))
    return found


def _allows(viewer: str, shared: tuple[Shared, ...], directory: Members) -> bool:
    agency = directory.focal_points[viewer].agency_id
    names = {
        "COMMUNITY",
        f"agency:{agency}",
        *(f"group:{g.group_id}" for g in directory.groups.values() if agency in g.members),
    }
    return all(owner == agency or names & set(audience) for owner, audience in shared)


def _told(
    settings: Settings, records: list[dict[str, Any]], alerts: list[Record], viewer: str
) -> tuple[list[Any], list[Any]]:
    """The messages that the viewer gets, and the inbox, of a world."""
    head = frame(read_dictionary(settings).id_of("enriched"))
    with psycopg.connect(settings.database_url, autocommit=True) as writer:
        drop(settings.database_url, _GENERATION)
        migrate(settings.database_url, _GENERATION)
        writer.execute("TRUNCATE dissemination.delivery")
        values = [head + codec("enriched").encode(record) for record in records]
        ViewSink(writer, _GENERATION, EnrichedDecoder(settings)).apply(values, {}, alerts)
        write_members(writer, _GENERATION, _MEMBERS)
        writer.execute(f"INSERT INTO g{_GENERATION}.positions VALUES ('test', 0, 1)")
    events = [read_incident(record) for record in records]
    events += [read_alert(codec("alert").decode((record.value or b"")[5:])) for record in alerts]
    sent = asyncio.run(_delivered(settings, events))
    with (
        psycopg.connect(settings.reader_url, autocommit=True) as reader,
        viewing(reader, _GENERATION, viewer) as connection,
    ):
        rows = inbox(connection, _GENERATION, limit=500)
    lines = [{name: value for name, value in row.items() if name != "sent_at"} for row in rows]
    mine = [message.document("https://ionics.example") for to, message in sent if to.recipient == viewer]
    # When what is beyond the limit is collected, and so how many groups it makes, is a matter of time.
    together = [line for each in mine for line in each.get("messages", ())]
    alone = [each for each in mine if "messages" not in each]
    told = alone + [{**line, "together": True} for line in sorted(together, key=str)]
    return told, sorted(lines, key=lambda line: line["delivery_id"])


async def _delivered(settings: Settings, events: list[Event]) -> list[tuple[Delivery, Message]]:
    store, sight, sent = PostgresDeliveries(settings), ViewSight(settings), list[tuple[Delivery, Message]]()

    async def send(_: Standing, delivery: Delivery, message: Message) -> None:
        sent.append((delivery, message))

    store.open()
    sight.open()
    try:
        for event in events:
            store.add([(delivery_of(event, each), _WHERE) for each in _STANDING.index.met(event)])
        with ThreadPoolExecutor(8) as threads:
            delivering = Delivering(store, sight, lambda _: _STANDING, send, lambda _: None, threads, Backoff(), 0.5)
            running = asyncio.ensure_future(delivering.run())
            while _open(settings):  # noqa: ASYNC110  # the database says so
                await asyncio.sleep(0.02)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    finally:
        store.close()
        sight.close()
    return sent


def _open(settings: Settings) -> bool:
    with psycopg.connect(settings.database_url) as connection:
        found = connection.execute(
            "SELECT FROM dissemination.delivery WHERE state IN ('PENDING', 'GROUPED') LIMIT 1"
        ).fetchone()
    return found is not None


def test_what_is_hidden_is_told_to_nobody(tables: Settings) -> None:
    """For each viewer the messages, also those of a storm, and the inbox are equal in both worlds."""
    seed = 5
    records, made = _records(seed), _alerts(seed, {"alert": frame(read_dictionary(tables).id_of("alert"))})
    for viewer in _VIEWERS:
        seen = visible(viewer, records, _MEMBERS)
        allowed = [record for record, shared in made if _allows(viewer, shared, _MEMBERS)]
        assert 0 < len(seen) < len(records)
        assert 0 < len(allowed) < len(made)
        whole = _told(tables, records, [record for record, _ in made], viewer)
        assert whole == _told(tables, seen, allowed, viewer)
        assert any(message.get("together") for message in whole[0])
        assert len(whole[1]) > 4
