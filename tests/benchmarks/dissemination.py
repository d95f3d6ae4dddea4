"""From `report()` to the webhook received, with 1,500 focal points and 10,000 subscriptions; and matching alone."""

import os
import platform
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import product
from random import Random
from typing import Any

import psutil
import psycopg

from deploy.agencies import add_agencies
from deploy.changes import make_changes
from deploy.home import administrator_keys
from producers import IncidentProducer
from schemas.directory import Agency, Subscriptions, read_members
from schemas.directory.commands import FocalPointSet, SubscriptionSet, WebhookHostsSet
from schemas.settings import Settings
from stream_processors.disseminate.events import Event
from stream_processors.disseminate.index import SubscriptionIndex
from stream_processors.reference import Reference
from tests.integration.receivers import Receiver, receiving

AGENCIES, PEOPLE, SUBSCRIPTIONS = 100, 1_500, 10_000
_RATE, _SECONDS, _WARM_S = 100, 30, 20
_SEED = 7
_REPORTER = "bench-dis-0"
_NAMES = (
    *("methamphetamine", "cocaine", "heroin", "ketamine", "fentanyl", "carfentanil", "protonitazene", "metonitazene"),
    *("tramadol", "MDMA", "amphetamine", "mephedrone", "LSD", "morphine", "codeine", "oxycodone", "diazepam"),
    *("alprazolam", "buprenorphine", "methadone"),
)
_FROM = ("CHN", "IND", "MEX", "COL", "NLD", "MMR", "AFG", "PAK", "TUR", "BRA", "PER", "BOL", "THA", "VNM", "LAO", "HKG")
_FROM += ("DEU", "BEL", "ESP", "POL", "CZE", "NGA", "ZAF", "KEN", "CAN")
_TO = ("NZL", "AUS", "USA", "GBR", "FRA", "ITA", "SWE", "NOR", "FIN", "DNK", "JPN", "KOR", "SGP", "MYS", "ARE", "IRL")
_TO += ("PRT", "AUT", "CHE", "EST")


def measure_dissemination(settings: Settings, stage: int) -> Iterator[str]:
    """Lines: the machine, matching alone, p50 and p99 of the whole way; all stages are processes, ours is `stage`."""
    memory, load = psutil.virtual_memory().total / 2**30, os.getloadavg()[0]
    yield (
        f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, load "
        f"{load:.1f} before; Python {platform.python_version()}; broker, database, stages, agency, receiver all on it"
    )
    with receiving() as receiver:
        begun = time.perf_counter()
        asked = _subscribe(settings, receiver)
        yield (
            f"{PEOPLE:,} focal points of {AGENCIES} agencies, {len(asked):,} subscriptions to a substance on a route, "
            f"seed {_SEED}; signed and in the directory after {time.perf_counter() - begun:.1f} s"
        )
        yield from _matching(settings, asked)
        yield from _whole_way(settings, stage, receiver, asked)


def _subscribe(settings: Settings, receiver: Receiver) -> list[tuple[str, str]]:
    """What each subscription asks for, as name and route."""
    agencies = [f"bench-dis-{number}" for number in range(AGENCIES)]
    add_agencies(settings, [Agency(id_, id_, "CUSTOMS", "NZL") for id_ in agencies])
    each = PEOPLE // AGENCIES
    people = [[agency, *(f"{agency}-{number}" for number in range(1, each))] for agency in agencies]
    reference = Reference.load()
    named = [(name, reference.substance(name).substance_id) for name in _NAMES]
    pairs = list(product([(name, id_) for name, id_ in named if id_], product(_FROM, _TO)))
    chance = Random(_SEED)  # noqa: S311  # a load, not a secret
    chance.shuffle(pairs)
    everybody = [name for names in people for name in names]
    commands: list[Any] = [WebhookHostsSet(agency_id=id_, hosts=[receiver.host]) for id_ in agencies]
    named_people = {"role": "duty", "issuer": settings.local_issuer, "rights": ["read"]}
    commands += [
        FocalPointSet.model_validate({"focal_point_id": name, "agency_id": agency, "subject": name, **named_people})
        for agency, names in zip(agencies, people, strict=True)
        for name in names[1:]
    ]
    asked = []
    for number in range(SUBSCRIPTIONS):
        (name, id_), ends = pairs[number % len(pairs)]
        asked.append((name, ">".join(ends)))
        commands.append(
            SubscriptionSet(
                subscription_id=f"bench-sub-{number}",
                focal_point_id=everybody[number % len(everybody)],
                events=["incident"],
                substances=[str(id_)],
                routes=[">".join(ends)],
                channel="webhook",
                address=receiver.address(),
            )
        )
    make_changes(settings, commands, *administrator_keys(settings))
    return asked


def _matching(settings: Settings, asked: list[tuple[str, str]]) -> Iterator[str]:
    members = read_members(settings)
    begun = time.perf_counter()
    held = Subscriptions().of(members)
    verified = time.perf_counter() - begun
    ours = [each for each in held.values() if each.subscription_id.startswith("bench-sub-")]
    begun = time.perf_counter()
    index = SubscriptionIndex(ours)
    built = time.perf_counter() - begun
    reference, chance = Reference.load(), Random(_SEED)  # noqa: S311  # a load, not a secret
    events = [_event(reference, *chance.choice(asked)) for _ in range(2_000)]
    taken, found = [], 0
    for event in events:
        begun = time.perf_counter()
        found += sum(1 for _ in index.met(event))
        taken.append((time.perf_counter() - begun) * 1e6)
    taken.sort()
    yield (
        f"matching one event with {len(ours):,} subscriptions: {taken[0]:.1f}/{taken[len(taken) // 2]:.1f}/"
        f"{taken[-1]:.1f} µs min/median/max of {len(events):,}, {found / len(events):.2f} met; signatures of all "
        f"verified in {verified:.2f} s, index made in {built * 1e3:.0f} ms"
    )


def _event(reference: Reference, name: str, route: str) -> Event:
    match = reference.substance(name)
    return Event(
        kind="incident",
        event_id="id",
        revision=1,
        digest="1",
        at_ms=2**50,
        severity="LOW",
        code="SEIZURE",
        withdrawn=False,
        substances=frozenset({str(match.substance_id)}),
        countries=frozenset({"NZL", *route.split(">")}),
        routes=frozenset({route}),
        agencies=frozenset({_REPORTER}),
    )


def _whole_way(settings: Settings, stage: int, receiver: Receiver, asked: list[tuple[str, str]]) -> Iterator[str]:
    chance, reported = Random(_SEED + 1), dict[str, float]()  # noqa: S311  # the same
    with IncidentProducer(_REPORTER, reporting_country="NZL", settings=settings) as producer:
        producer.wait(producer.report(_content(*asked[0])), 120)
        used = _cpu_s(stage)
        begun = time.perf_counter()
        for number in range(_RATE * (_WARM_S + _SECONDS)):
            pause = begun + number / _RATE - time.perf_counter()
            if pause > 0:
                time.sleep(pause)  # the rate is what is asked for
            at = time.time()
            made = producer.report(_content(*chance.choice(asked)))
            if number >= _RATE * _WARM_S:
                reported[made.incident_id] = at
        took = time.perf_counter() - begun
        producer.flush()
    _until_nothing_waits(settings)
    each = (_cpu_s(stage) - used) / (_RATE * (_WARM_S + _SECONDS))
    yield f"the stage itself: {each * 1e3:.1f} ms of one core for each report, read, matched, kept, judged and sent"
    yield _parts(settings, reported)
    waits = sorted(
        (receiver.arrived_at[body["id"]] - reported[event]) * 1e3
        for body in receiver.taken
        if (event := body["link"].rpartition("/")[2]) in reported
    )
    middle, late = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    yield (
        f"report() → webhook received at {_RATE * (_WARM_S + _SECONDS) / took:.0f}/s for {_SECONDS} s after "
        f"{_WARM_S} s: p50 {middle:.0f} ms, p99 {late:.0f} ms, max {waits[-1]:.0f} ms; {len(waits):,} webhooks of "
        f"{len(reported):,} reports, {len(waits) / len(reported):.2f} each"
    )


def _cpu_s(process: int) -> float:
    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


def _parts(settings: Settings, reported: dict[str, float]) -> str:
    """Where the time went, by the database's clock, which is this machine's."""
    with psycopg.connect(settings.database_url) as connection:
        rows = connection.execute(
            "SELECT event_id::text, extract(epoch FROM created_at)::float, extract(epoch FROM sent_at)::float "
            "FROM dissemination.delivery WHERE state = 'DELIVERED'"
        ).fetchall()
    ours = [(reported[id_], kept, sent) for id_, kept, sent in rows if id_ in reported]
    kept = sorted((kept - at) * 1e3 for at, kept, _ in ours)
    sent = sorted((sent - kept) * 1e3 for _, kept, sent in ours)
    return (
        f"of that, until it is kept: p50 {kept[len(kept) // 2]:.0f} ms; from there until it is marked as taken: p50 "
        f"{sent[len(sent) // 2]:.0f} ms, p99 {sent[int(len(sent) * 0.99)]:.0f} ms"
    )


def _content(name: str, route: str) -> dict[str, Any]:
    start, end = route.split(">")
    return {
        "incident_type": "SEIZURE",
        "occurred_on": date(2026, 3, 14),
        "location": {"country": "NZL", "place_text": "Auckland"},
        "items": [{"substance_text": name, "amount_text": "1.2", "unit_text": "kg"}],
        "route": [{"role": "DEPARTURE", "country": start}, {"role": "DESTINATION", "country": end}],
        "audience": ["COMMUNITY"],
        "tlp": "AMBER",
    }


def _until_nothing_waits(settings: Settings) -> None:
    """Until all deliveries are settled for three seconds, or two minutes have passed."""
    still, deadline = 0.0, datetime.now(UTC).timestamp() + 120
    waiter = threading.Event()
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        seen = -1
        while still < 3 and time.time() < deadline:
            row = connection.execute(
                "SELECT count(*) FILTER (WHERE state IN ('PENDING', 'GROUPED')), count(*) FROM dissemination.delivery"
            ).fetchone()
            waiting, count = row or (0, 0)
            still = still + 0.5 if not waiting and count == seen else 0.0
            seen = count
            waiter.wait(0.5)
