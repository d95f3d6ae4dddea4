"""Reconciliation on a real broker and database: what is missing or doubled is found and named."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import psycopg
import pytest
from click.testing import CliRunner
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from cli.verify import verify
from projections.migrate import drop, migrate
from projections.reconciliation.reconciling import Reconciled, reconcile
from projections.replay.decoding import KindDecoder
from projections.replay.log_source import LogSource
from projections.sink import ViewSink
from schemas.codec import FRAME_BYTES, RecordCodec, avro_schema, codec, frame
from schemas.errors import ForbiddenError
from schemas.reading import Record
from schemas.requests import Kind
from schemas.settings import Settings
from schemas.topics import (
    DECISIONS,
    FOR_EVER,
    INCIDENTS,
    JUDGEMENTS,
    MESSAGES,
    SCHEMAS,
    SUBMISSIONS,
    WATCHES,
    Topic,
    alerts,
    cases,
    create_topics,
    enriched,
    links,
)
from tests.unit.evidence.history import history
from tests.unit.projections.alerts import Alerts
from tests.unit.projections.alerts import history as alerted_history
from tests.unit.projections.matches import Matches
from tests.unit.projections.matches import history as matched_history
from tests.unit.requests.said import BEGUN, request, said
from tests.unit.requests.said import record as record_of
from tests.unit.requests.said import uuid as uuid_of
from tests.unit.stream_processors.world import DICTIONARY

pytestmark = pytest.mark.stack

_GENERATION = 931
_TOPIC = enriched(_GENERATION).name
_LINKS, _CASES = links(_GENERATION).name, cases(_GENERATION).name
_ALERTS = alerts(_GENERATION).name
_MATCHED = (_LINKS, JUDGEMENTS.name, _CASES, MESSAGES.name, _ALERTS, WATCHES.name)
_COPIED = (SUBMISSIONS.name, INCIDENTS.name, DECISIONS.name, SCHEMAS.name, _TOPIC, *_MATCHED)
_ENRICHMENT = RecordCodec(avro_schema("enrichment"))


def _enriched(incident: Record) -> Record:
    """An incident with an enrichment that resolves nothing."""
    items = codec("admitted").decode((incident.value or b"")[FRAME_BYTES:])["incident"]["items"]
    substance = {"candidates": [], "substance_how": "unknown", "substance_confidence": "none", "schedules": []}
    derived = {
        "reference_version": "r1",
        "period_first": date(2023, 5, 4),
        "period_last": date(2023, 5, 4),
        "period": "2023-05",
        "place_country_how": "unresolved",
        "place_how": "unresolved",
        "legs": [{"country": None, "how": "unresolved"}],
        "substances": [{**substance, "schedule_listed": False, "plausibility": "UNREADABLE"} for _ in items],
    }
    value = frame(DICTIONARY.id_of("enriched")) + (incident.value or b"")[FRAME_BYTES:] + _ENRICHMENT.encode(derived)
    return replace(incident, topic=_TOPIC, value=value)


SOUND = history()
SOUND.records[_TOPIC] = [_enriched(record) for record in SOUND.records[INCIDENTS.name]]
_HEADS = {kind: frame(DICTIONARY.id_of(kind)) for kind in ("match_event", "judgement", "case_event", "alert", "watch")}
for _record in (
    *matched_history(1, 12, into=Matches(_HEADS, _GENERATION)),
    *alerted_history(1, 12, into=Alerts(_HEADS, _GENERATION)),
):
    SOUND.records.setdefault(_record.topic, []).append(_record)
_SAID = [
    request("agency:aus"),
    said(2, Kind.NOTE, "onlooker"),
    said(3, Kind.NOTE, "aus-officer"),
    request("agency:fji", thread_id=uuid_of(2), message_id=uuid_of(7)),
    request("agency:fji", thread_id=uuid_of(3)),
]
SOUND.records[MESSAGES.name] = [
    replace(each, value=frame(DICTIONARY.id_of("message")) + message.body())
    for n, message in enumerate(_SAID)
    for each in [record_of(message, n, BEGUN)]
]
VICTIM = SOUND.admitted("three", 2)


@dataclass
class Scratch:
    """A history in topics and tables of its own."""

    settings: Settings
    connection: psycopg.Connection
    names: dict[str, str]

    def write(self, topic: str, records: Sequence[Record]) -> None:
        """Append records with a plain producer."""
        producer = Producer(self.settings.client_config())
        for record in records:
            producer.produce(self.names[topic], record.value, record.key, record.partition)
        assert producer.flush(30) == 0

    def reconciled(self) -> Reconciled:
        """What reconciling gives."""
        return reconcile(LogSource(self.settings, names=self.names), self.connection, _GENERATION, {})


@pytest.fixture
def scratch(settings: Settings) -> Iterator[Callable[..., Scratch]]:
    """Makes a scratch history, in which given records are left out."""
    drop(settings.database_url, _GENERATION)
    migrate(settings.database_url, _GENERATION)
    with psycopg.connect(settings.database_url, autocommit=True) as connection:

        def make(*left_out: tuple[str, Record]) -> Scratch:
            names = {topic: f"verify-{uuid.uuid4().hex[:8]}-{topic}" for topic in _COPIED}
            topics = [Topic(name, "", "", 12, FOR_EVER, (), ()) for name in names.values()]
            create_topics(AdminClient(settings.client_config()), topics)
            made = Scratch(settings, connection, names)
            without = {(topic, record.partition, record.offset) for topic, record in left_out}
            kept = {
                topic: [r for r in SOUND.records[topic] if (topic, r.partition, r.offset) not in without]
                for topic in _COPIED
            }
            for topic, records in kept.items():
                made.write(topic, records)
            decoder = KindDecoder(DICTIONARY, "enriched")
            sink = ViewSink(connection, _GENERATION, lambda values: decoder.decode(values).columns)
            ends = {(_TOPIC, number): (0, 100) for number in range(12)} | {(topic, 0): (0, 999) for topic in _MATCHED}
            others = [record for topic in _MATCHED for record in kept[topic]]
            sink.apply([record.value or b"" for record in kept[_TOPIC]], ends, others)
            return made

        yield make
    drop(settings.database_url, _GENERATION)


def _found(done: Reconciled) -> list[tuple[str, str | None, int | None]]:
    return [(finding.code, finding.incident_id, finding.revision) for finding in done.findings]


def test_a_whole_history_is_reconciled_until_an_incident_is_doubled(scratch: Callable[..., Scratch]) -> None:
    """Every outcome, late revisions too; then one record once more in the log of truth, by a plain producer."""
    made = scratch()
    done = made.reconciled()
    assert _found(done) == []
    incidents = len(SOUND.records[INCIDENTS.name])
    assert (done.counts["incidents"], done.counts["enriched"], done.counts["rows: revisions"]) == (incidents,) * 3
    assert done.counts["decisions"] == done.counts["submissions kept"] == len(SOUND.records[SUBMISSIONS.name])
    assert not any(done.waiting.values())
    made.write(INCIDENTS.name, [VICTIM])
    assert {("DOUBLED_INCIDENT", (VICTIM.key or b"").decode(), 2)} == set(_found(made.reconciled()))


def test_an_incident_that_was_not_enriched_is_found(scratch: Callable[..., Scratch]) -> None:
    """It was decided and admitted, enrichment went past it, and no view has it."""
    id_ = (VICTIM.key or b"").decode()
    assert ("MISSING_ENRICHED", id_, 2) in _found(scratch((_TOPIC, VICTIM)).reconciled())


def test_one_that_enrichment_has_not_come_to_waits(scratch: Callable[..., Scratch]) -> None:
    """It is counted, and is no finding."""
    last = max((r for r in SOUND.records[_TOPIC] if r.partition == VICTIM.partition), key=lambda r: r.offset)
    done = scratch((_TOPIC, last)).reconciled()
    assert _found(done) == []
    assert done.waiting["enrich"] == 1


def test_an_enriched_incident_twice_or_of_nothing_is_found(scratch: Callable[..., Scratch]) -> None:
    """Written by a stage outside its transaction, or by somebody else."""
    made = scratch((INCIDENTS.name, VICTIM))
    twice = next(record for record in SOUND.records[_TOPIC] if record.key != VICTIM.key)
    made.write(_TOPIC, [twice])
    id_ = (VICTIM.key or b"").decode()
    found = _found(made.reconciled())
    assert ("FOREIGN_ENRICHED", id_, 2) in found
    assert ("MISSING_INCIDENT", id_, 2) in found
    assert ("DOUBLED_ENRICHED", (twice.key or b"").decode(), 1) in found


def test_rows_that_are_deleted_changed_or_invented_are_found(scratch: Callable[..., Scratch]) -> None:
    """In each table; named by table, incident and revision."""
    made = scratch()
    gone, stale, less, lost = (SOUND.admitted(f"one-{n}", 1) for n in range(4))
    ids = {name: (record.key or b"").decode() for name, record in zip("gslr", (gone, stale, less, lost), strict=True)}
    statements = {
        "DELETE FROM g931.incident WHERE incident_id = %s": ids["g"],
        "UPDATE g931.incident SET signed_digest = 'x' WHERE incident_id = %s": ids["s"],
        "DELETE FROM g931.item WHERE incident_id = %s": ids["l"],
        "DELETE FROM g931.incident_revision WHERE incident_id = %s": ids["r"],
        "UPDATE g931.incident_revision SET revision = 9 WHERE incident_id = %s AND revision = 2": (
            VICTIM.key or b""
        ).decode(),
    }
    for statement, id_ in statements.items():
        assert made.connection.execute(statement.encode(), [id_]).rowcount == 1
    three = (VICTIM.key or b"").decode()
    assert {
        ("MISSING_ROW", ids["g"], 1),
        ("FOREIGN_ROW", ids["g"], None),
        ("STALE_ROW", ids["s"], 1),
        ("MISSING_ITEMS", ids["l"], 1),
        ("MISSING_REVISION", ids["r"], 1),
        ("MISSING_REVISION", three, 2),
        ("FOREIGN_REVISION", three, 9),
    } == set(_found(made.reconciled()))


def test_alerts_and_watches_that_are_deleted_changed_or_invented_are_found(scratch: Callable[..., Scratch]) -> None:
    """In each table; and revisions of an alert that are not one after the other."""
    made = scratch()
    statements = (
        "DELETE FROM g931.alert_incident WHERE ctid = (SELECT min(ctid) FROM g931.alert_incident)",
        "UPDATE g931.alert SET severity = 'x' WHERE ctid = (SELECT min(ctid) FROM g931.alert)",
        "UPDATE g931.watch SET watch_id = gen_random_uuid() WHERE ctid = (SELECT min(ctid) FROM g931.watch)",
    )
    for statement in statements:
        assert made.connection.execute(statement.encode()).rowcount == 1
    made.write(_ALERTS, [SOUND.records[_ALERTS][-1]])
    assert sorted((finding.code, finding.where) for finding in made.reconciled().findings) == [
        ("ALERT_REVISION", _ALERTS),
        ("FOREIGN_MATCH", "g931.watch"),
        ("MISSING_MATCH", "g931.alert_incident"),
        ("MISSING_MATCH", "g931.watch"),
        ("STALE_MATCH", "g931.alert"),
    ]


def test_links_and_cases_that_are_deleted_changed_or_invented_are_found(scratch: Callable[..., Scratch]) -> None:
    """In each table; and versions of a case that are not one after the other."""
    made = scratch()
    statements = (
        "DELETE FROM g931.link WHERE ctid = (SELECT min(ctid) FROM g931.link)",
        "UPDATE g931.match_key SET closed = NOT closed WHERE ctid = (SELECT min(ctid) FROM g931.match_key)",
        "UPDATE g931.judgement SET verdict = 'x' WHERE ctid = (SELECT min(ctid) FROM g931.judgement)",
        'UPDATE g931."case" SET version = 99 WHERE ctid = (SELECT min(ctid) FROM g931."case")',
        "DELETE FROM g931.case_member WHERE ctid = (SELECT min(ctid) FROM g931.case_member)",
        "UPDATE g931.case_link SET case_id = gen_random_uuid() WHERE ctid = (SELECT min(ctid) FROM g931.case_link)",
    )
    for statement in statements:
        assert made.connection.execute(statement.encode()).rowcount == 1
    last = SOUND.records[_CASES][-1]
    made.write(_CASES, [last])
    made.write(_LINKS, [replace(last, value=b"\x00no link")])
    findings = sorted((finding.code, finding.where) for finding in made.reconciled().findings)
    assert findings == [
        ("CASE_VERSION", _CASES),
        ("FOREIGN_MATCH", "g931.case_link"),
        ("MISSING_MATCH", "g931.case_link"),
        ("MISSING_MATCH", "g931.case_member"),
        ("MISSING_MATCH", "g931.link"),
        ("STALE_MATCH", "g931.case"),
        ("STALE_MATCH", "g931.judgement"),
        ("STALE_MATCH", "g931.match_key"),
        ("UNREADABLE", f"{_LINKS}/0/{len(SOUND.records[_LINKS])}"),
    ]


def test_threads_that_are_deleted_changed_or_invented_are_found(scratch: Callable[..., Scratch]) -> None:
    """By their ids, and nothing of what was said."""
    made = scratch()
    for statement in (
        f"DELETE FROM g931.thread WHERE thread_id = '{uuid_of(2)}'",
        f"UPDATE g931.thread SET thread_id = '{uuid_of(4)}' WHERE thread_id = '{uuid_of(3)}'",
        f"UPDATE g931.message SET number = 9 WHERE thread_id = '{uuid_of(1)}' AND number IS NULL",
    ):
        assert made.connection.execute(statement.encode()).rowcount == 1
    made.write(MESSAGES.name, [replace(SOUND.records[MESSAGES.name][0], value=b"\x00no message")])
    findings = [(finding.code, finding.what.split()[-1]) for finding in made.reconciled().findings]
    threads = [each for each in findings if each[0] != "UNREADABLE"]
    assert [code for code, _ in threads] == ["STALE_THREAD", "MISSING_THREAD", "MISSING_THREAD", "FOREIGN_THREAD"]
    assert [id_ for _, id_ in threads[1:]] == [uuid_of(2), uuid_of(3), uuid_of(4)]
    assert len(findings) == 5


def test_a_link_that_the_projector_has_not_come_to_waits(scratch: Callable[..., Scratch]) -> None:
    """It is counted, and is no finding."""
    made = scratch()
    made.connection.execute(
        "UPDATE g931.positions SET next = %s WHERE topic = %s", [len(SOUND.records[_LINKS]), _LINKS]
    )
    made.write(_LINKS, SOUND.records[_LINKS][:2])
    done = made.reconciled()
    assert _found(done) == []
    assert done.waiting["project"] == 2


def test_a_submission_without_decision_is_found(scratch: Callable[..., Scratch]) -> None:
    """A later one of its partition has one, so it does not merely wait."""
    decision = SOUND.decision_of(VICTIM)
    done = scratch((DECISIONS.name, decision)).reconciled()
    assert {"MISSING_DECISION", "UNDECIDED_INCIDENT"} == {code for code, _, _ in _found(done)}


def test_the_command_says_it_in_words(
    settings: Settings, make_agency: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shared deployment is clean, whatever its tests sent; it takes a right."""
    monkeypatch.setenv("IONICS_HOME", str(settings.home))
    result = CliRunner().invoke(verify, [])
    assert result.exit_code == 0, result.output
    assert "nothing missing, nothing doubled" in result.stdout
    monkeypatch.setenv("IONICS_VIEWER", make_agency("verify-nzl"))
    refused = CliRunner().invoke(verify, [])
    assert isinstance(refused.exception, ForbiddenError)
    assert refused.stdout == ""
