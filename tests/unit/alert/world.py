"""Small worlds of incidents, watches and special alerts, and what follows from them at once."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from schemas.codec import codec, enriched_schema, frame
from schemas.columnar import ColumnarDecoder
from schemas.known_schemas import KnownSchemas
from schemas.special_alert import SpecialAlert
from schemas.topics import SPECIAL_ALERTS, WATCHES, alerts, enriched
from schemas.watch import Watch
from stream_processors.alert import Alerts, alert_group
from stream_processors.alert.facts import LOOKED_AT, Revised, revisions
from stream_processors.alert.judging import Alerting, Change, KeptAlerts, Told
from stream_processors.alert.reading import Given
from stream_processors.runtime import MemoryCluster, MemoryLog, Output, Worker
from tests.unit.match.worlds import SCHEMA_ID, incident_id, value
from tests.unit.stream_processors.world import DICTIONARY

T = TypeVar("T")
ENRICHED, ALERTS = enriched(1).name, alerts(1).name
NOON = datetime(2024, 3, 5, 12, tzinfo=UTC)
_DECODER = ColumnarDecoder(enriched_schema(), LOOKED_AT)
_ADMITTED_BYTES = len(frame(SCHEMA_ID))
_ADMISSION = codec("admission")


def report(number: int, revision: int = 1, event_type: str = "REPORTED", *, at: datetime = NOON, **body: Any) -> bytes:
    """An enriched incident as on the topic, admitted at a time, which happened on that day unless ``body`` says so."""
    stated = {"occurred_on": at.date()} | body
    made = value(number, revision, event_type, **stated)
    admission, rest = _ADMISSION.decode_first(made[_ADMITTED_BYTES:])
    return frame(SCHEMA_ID) + _ADMISSION.encode(admission | {"admitted_at": at}) + rest


def facts(values: Sequence[bytes]) -> list[Revised]:
    """The facts of values."""
    if not values:
        return []
    found = _DECODER.decode(SCHEMA_ID, values)
    assert not found.faults
    return revisions(found.columns)


def watch(number: int, kind: str, watched: str, *, at: datetime = NOON, revision: int = 1, **fields: Any) -> Watch:
    """A watch."""
    stated = {
        "watch_id": incident_id(1_000_000 + number),
        "revision": revision,
        "active": True,
        "kind": kind,
        "value": watched,
        "reason": "seen before",
        "audience": ("COMMUNITY",),
        "focal_point_id": "officer",
        "agency_id": "agency-1",
        "at": at,
    }
    return Watch.of(stated | fields)


def special(number: int, *, revision: int = 1, at: datetime = NOON, **fields: Any) -> SpecialAlert:
    """A special alert."""
    stated = {
        "alert_id": incident_id(2_000_000 + number),
        "revision": revision,
        "status": "RAISED",
        "severity": "HIGH",
        "title": "Nitazenes sold as oxycodone",
        "text": "Tablets marked M30.",
        "audience": ("COMMUNITY",),
        "tlp": "GREEN",
        "author_id": "secretary",
        "author_agency": "hq",
        "at": at,
    }
    return SpecialAlert.of(stated | fields)


def told(given: Iterable[Given]) -> dict[str, Told]:
    """What stands after facts that come one at a time, by the changes that they make."""
    alerting, standing = Alerting(KeptAlerts()), dict[str, Told]()
    for each in given:
        for change in taken(alerting, each):
            assert standing.get(change.alert_id) == change.was
            if change.now is None:
                del standing[change.alert_id]
            else:
                standing[change.alert_id] = change.now
    return standing


def taken(alerting: Alerting, given: Given) -> list[Change]:
    """What a fact changes."""
    if isinstance(given, Revised):
        return alerting.take(given)
    return alerting.take_watch(given) if isinstance(given, Watch) else alerting.take_special(given)


def output(given: bytes | Watch | SpecialAlert, partition: int = 0) -> Output:
    """A fact as a record."""
    if isinstance(given, bytes):
        head = frame(DICTIONARY.id_of("enriched"))
        return Output(ENRICHED, partition, b"key", head + given[len(head) :])
    topic, kind = (WATCHES.name, "watch") if isinstance(given, Watch) else (SPECIAL_ALERTS.name, "special_alert")
    return Output(topic, 0, given.key.encode(), frame(DICTIONARY.id_of(kind)) + given.body())


def worker(cluster: MemoryCluster, batch: int = 100) -> Worker[Any]:
    """A fresh worker with a fresh stage."""
    log = MemoryLog(cluster, alert_group(1), ENRICHED, 12, {SPECIAL_ALERTS.name: 1, WATCHES.name: 1})
    return Worker(log, Alerts(KnownSchemas(lambda: DICTIONARY), 1), batch)


def events(cluster: MemoryCluster) -> Iterator[dict[str, Any]]:
    """All alerts that were written, in order."""
    for where, records in sorted(cluster.records.items()):
        if where.topic == ALERTS:
            for record in records:
                event = codec("alert").decode_canonical((record.value or b"")[5:])
                assert record.key == event["alert_id"].encode()
                yield event


_NAMES = ("fentanyl", "heroin", "cocaine", "nobody knows", "blue dust", "ketamine")
_PLACES = ("New Zealand", "Australia", "Chile", "Fiji")
_WAYS = [("CHN", "NZL"), ("CHN", "AUS"), ("NLD", "NZL")]
AUDIENCES = (["agency:police"], ["country:NLD"])
START = datetime(2022, 1, 3, 12, tzinfo=UTC)


def history(random: Random, incidents: int, restricted: float = 0.25) -> list[bytes]:
    """Revisions of incidents over two years, of few kinds, so that much is a first, a surge or unusual."""
    values = []
    for number in range(incidents):
        at = START + timedelta(days=random.randrange(500), seconds=random.randrange(3))
        body = stated(random, at)
        for revision in range(1, random.choice((1, 1, 1, 2, 3)) + 1):
            gone = revision > 1 and random.random() < 0.4
            kind = "WITHDRAWN" if gone else "AMENDED" if revision > 1 else "REPORTED"
            if revision > 1 and random.random() < 0.5:
                body = stated(random, at)
            audience = {"tlp": "AMBER", "audience": random.choice(AUDIENCES)} if random.random() < restricted else {}
            values.append(report(number, revision, kind, at=at + timedelta(days=revision), **body, **audience))
    return values


def stated(random: Random, at: datetime) -> dict[str, Any]:
    """What an incident states."""
    way, later = random.choice([None, *_WAYS]), at.year > START.year
    crowd = later and random.random() < 0.6
    day = date(2023, 4, 10) + timedelta(days=random.randrange(15)) if crowd else at.date()
    body: dict[str, Any] = {
        "occurred_on": day - timedelta(days=0 if crowd else random.choice((0, 1, 20, 70))),
        "location": {"country_text": _PLACES[0] if crowd else random.choice(_PLACES), "place_text": "Suva"},
        "items": [
            {
                "substance_text": random.choice(_NAMES),
                "amount_text": random.choice(("3", "12.3", "80", "900000" if later else "5")),
                "unit_text": "g",
                "purity_pct": random.choice((None, "20", "22", "99" if later else "21")),
            }
            for _ in range(random.choice((1, 1, 2)))
        ],
        "route": []
        if way is None
        else [{"role": "DEPARTURE", "country": way[0]}, {"role": "DESTINATION", "country": way[1]}],
        "action_requested": random.choice(("NONE", "HOLD")),
    }
    if random.random() < 0.3:
        body["shipment"] = {
            "reference": random.choice(("RB123456789CN", "RB987654321CN")),
            "status": random.choice(("IN_TRANSIT", "DELIVERED")),
            "expected_on": at.date() + timedelta(days=random.randrange(4)),
        }
    return body


def said(random: Random) -> list[Watch | SpecialAlert]:
    """Watches and special alerts."""
    found: list[Watch | SpecialAlert] = [
        watch(1, "REFERENCE", "RB 1234 56789 CN", at=START),
        watch(2, "SUBSTANCE", "nobody knows", at=START, audience=("country:NLD",)),
        watch(2, "SUBSTANCE", "nobody knows", at=START + timedelta(days=300), revision=2, active=False),
        watch(3, "ROUTE", "CHN>NZL", at=START + timedelta(days=90), until=START + timedelta(days=400)),
        watch(4, "PLACE", "FJI", at=START, audience=("agency:police",), agency_id="agency-2"),
        special(1, audience=("country:NLD",), tlp="AMBER"),
        special(2),
        special(2, revision=2, title="Nitazenes in tablets"),
        special(3),
        special(3, revision=2, status="WITHDRAWN"),
    ]
    return random.sample(found, random.randrange(len(found) + 1))


def cut(random: Random, items: Sequence[T]) -> list[T]:
    """The same in another order."""
    return random.sample(list(items), len(items))
