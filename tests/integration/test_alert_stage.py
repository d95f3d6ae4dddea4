"""Alerts on real parts: the stage is killed, and what people report, watch and write becomes alerts."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from deploy.agencies import add_agencies
from deploy.workers import spawn_stage
from producers import IncidentProducer
from schemas.codec import FRAME_BYTES, codec, frame
from schemas.dictionary import read_dictionary
from schemas.directory import Agency
from schemas.known_schemas import KnownSchemas
from schemas.publishing import publish
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import SPECIAL_ALERTS, WATCHES, alerts, enriched
from stream_processors.alert import alert_group
from stream_processors.alert.reading import FactReader
from stream_processors.runtime.lag import committed, lag
from tests.integration.exchange import CONTENT, until
from tests.integration.generations import own_generation
from tests.unit.alert.expected import contents, folded
from tests.unit.alert.world import history, special, watch

pytestmark = pytest.mark.stack

_KILLED, _WORKING = 89, 90
"""Generations of these tests alone."""


def _publish(settings: Settings, topic: str, kind: str, bodies: Sequence[tuple[str, bytes]]) -> None:
    head = frame(read_dictionary(settings).id_of(kind))
    publish(settings, topic, [(key.encode(), head + body) for key, body in bodies])


def _stands(settings: Settings) -> dict[str, dict[str, Any]]:
    records = read_topic(settings, alerts(settings.generation).name)
    return folded(codec("alert").decode_canonical((record.value or b"")[FRAME_BYTES:]) for record in records)


def _follows(settings: Settings) -> dict[str, dict[str, Any]]:
    """What follows from all that is in the log."""
    topics = enriched(settings.generation).name, WATCHES.name, SPECIAL_ALERTS.name
    records = [record for topic in topics for record in read_topic(settings, topic)]
    return contents(FactReader(KnownSchemas.of(settings)).facts(records))


def _fresh(settings: Settings) -> bool:
    group, topic = alert_group(settings.generation), enriched(settings.generation)
    return lag(settings, topic, committed(settings, group, topic)).fresh


@pytest.fixture
def killed(settings: Settings) -> Iterator[Settings]:
    """A generation with no stage at work."""
    with own_generation(settings, _KILLED) as ours:
        yield ours


@pytest.mark.faults
def test_each_revision_is_told_once_though_the_stage_is_killed(
    killed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kill -9` in the middle of its work, again and again; folding the stream gives the alerts of all facts."""
    ours = killed
    monkeypatch.setenv("IONICS_GENERATION", str(_KILLED))
    random = Random(7)  # noqa: S311  # the same each time, nothing secret
    values = history(random, 500)
    said = [watch(7, "PLACE", "FJI", at=datetime(2022, 1, 1, tzinfo=UTC))]
    _publish(ours, WATCHES.name, "watch", [(each.key, each.body()) for each in said])
    topic = enriched(_KILLED)
    for begin in range(0, len(values), 420):
        part = values[begin : begin + 420]
        _publish(ours, topic.name, "enriched", [(f"{n}", value[FRAME_BYTES:]) for n, value in enumerate(part)])
        before = sum(committed(ours, alert_group(_KILLED), topic).values())
        with spawn_stage(ours.home, "alert") as worker:
            until(lambda before=before: sum(committed(ours, alert_group(_KILLED), topic).values()) > before)  # type: ignore[misc]  # mypy cannot infer a default
            worker.kill()
    with spawn_stage(ours.home, "alert") as worker:
        until(lambda: _fresh(ours))
        worker.terminate()
    stands = _stands(ours)
    assert {each["kind"] for each in stands.values()} >= {"SURGE", "LARGE", "STOPPABLE", "WATCHED"}
    assert stands == _follows(ours)


@pytest.fixture
def at_work(settings: Settings) -> Iterator[Settings]:
    """A generation with the stages that alerts come from."""
    add_agencies(settings, [Agency(id_, id_, "CUSTOMS", "NZL") for id_ in ("alert-nzl", "alert-aus")])
    with own_generation(settings, _WORKING, "admit", "enrich", "alert") as ours:
        yield ours


def test_reports_watches_and_special_alerts_become_alerts(at_work: Settings) -> None:
    """A name nobody knows, a parcel on its way, something watched, a word of the secretariat; and one is withdrawn."""
    now = datetime.now(UTC)
    name = f"blue dust {now:%f}"
    number = 3_000_000 + int(f"{now:%f}")
    watching = watch(number, "SUBSTANCE", name, at=now - timedelta(minutes=1), audience=("agency:alert-aus",))
    written = special(number, audience=("country:AUS",), tlp="AMBER", at=now)
    _publish(at_work, WATCHES.name, "watch", [(watching.key, watching.body())])
    _publish(at_work, SPECIAL_ALERTS.name, "special_alert", [(written.key, written.body())])
    content = CONTENT | {
        "occurred_on": now.date(),
        "items": [{"substance_text": name, "amount_text": "3", "unit_text": "g"}],
        "shipment": {"status": "IN_TRANSIT", "expected_on": now.date() + timedelta(days=2)},
        "action_requested": "HOLD",
    }

    def ours() -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for alert in _stands(at_work).values():
            named = {each["incident_id"] for each in alert["incidents"]}
            if sent.incident_id in named or alert["text"] == written.text:
                found.setdefault(alert["kind"], []).append(alert)
        return found

    with IncidentProducer("alert-nzl", reporting_country="NZL", settings=at_work) as producer:
        sent = producer.report(content)
        receipt = producer.wait(sent, 60)
        until(lambda: ours().keys() >= {"UNKNOWN_NAME", "STOPPABLE", "WATCHED", "SPECIAL"})
        found = ours()
        [stoppable], [watched], [special_] = found["STOPPABLE"], found["WATCHED"], found["SPECIAL"]
        assert (stoppable["severity"], stoppable["act_before"].date()) == ("CRITICAL", now.date() + timedelta(days=2))
        assert [each["audience"] for each in watched["policies"]] == [["agency:alert-aus"]]
        assert [(each["owner"], each["audience"]) for each in special_["policies"]] == [("hq", ["country:AUS"])]
        gone = producer.withdraw(sent.incident, receipt, reason="an error")
        assert producer.wait(gone, 60).outcome == "ACCEPTED"
        until(lambda: ours().keys() == {"SPECIAL"})
    assert _stands(at_work) == _follows(at_work)
