"""The SDK against a real broker: what it delivers, what survives a kill, what it leaves on the disk, receipts."""

import subprocess
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from producers import IncidentProducer, Outcome, Submission, kafka_sender
from schemas.codec import FRAME_BYTES, codec, frame
from schemas.dictionary import read_dictionary
from schemas.errors import LogError, TopologyError
from schemas.identity import partition_of, signed_message
from schemas.keys import SigningKey, verifies
from schemas.reading import Record, read_topic
from schemas.settings import Settings
from schemas.topics import SUBMISSIONS, receipts

pytestmark = pytest.mark.stack

MARK = "a marked sentence"
CONTENT: dict[str, Any] = {
    "incident_type": "DIVERSION",
    "occurred_on": "2025-03-04",
    "location": {"country": "NZL"},
    "items": [{"substance_text": "Isotonitazene"}],
    "audience": ["COMMUNITY"],
    "tlp": "GREEN",
    "narrative": MARK,
}
REPORTING = """
import sys
from pathlib import Path
from producers import IncidentProducer
from schemas.settings import Settings
home, deployment, bootstrap, agency, content = sys.argv[1:]
settings = Settings(home=Path(home), deployment=deployment, bootstrap=bootstrap)
producer = IncidentProducer(agency, reporting_country="NZL", settings=settings)
content = eval(content)
known = producer.report(content, source_ref="chain")
print(known.event_id, flush=True)
batches = producer.report_batches((content, f"r{i}") for i in range(1_000_000))
for batch in batches:
    print(*[each.event_id for each in batch], sep="\\n", flush=True)
    for step in range(5):
        known = producer.amend(known.incident, known, {"narrative": f"step {step}"}, reason="step")
        print(known.event_id, flush=True)
"""


@pytest.fixture
def agency(make_agency: Callable[..., str]) -> str:
    """An agency of the test's own."""
    return make_agency(f"sdk-{uuid.uuid4().hex[:12]}")


def submitted(settings: Settings, agency: str) -> list[Record]:
    """What lies in the topic, as any consumer reads it."""
    source = ("ce_source", f"/agencies/{agency}".encode())
    return [record for record in read_topic(settings, SUBMISSIONS.name) if source in record.headers]


def event_ids(records: list[Record]) -> list[str]:
    """Event ids, as the headers hint."""
    return [dict(record.headers)["ce_id"].decode() for record in records]


def revisions(records: list[Record]) -> dict[str, list[int]]:
    """Incident → revisions in the order of the topic, each where it stands first."""
    found: dict[str, list[int]] = {}
    for record in records:
        body = codec("incident").decode((record.value or b"")[FRAME_BYTES:])
        seen = found.setdefault(body["incident_id"], [])
        if body["revision"] not in seen:
            seen.append(body["revision"])
    return found


def test_offline_then_online(settings: Settings, agency: str) -> None:
    """What was reported without a connection is delivered in order, signed, with its headers, in its partition."""
    with IncidentProducer(agency, reporting_country="NZL", settings=replace(settings, bootstrap="")) as offline:
        chains = []
        for name in ("a", "b", "c"):
            first = offline.report(CONTENT, source_ref=name)
            second = offline.amend(first.incident, first, {"narrative": "more"}, reason="more is known")
            chains += [first, second, offline.withdraw(second.incident, second, reason="never happened")]

    with IncidentProducer(agency, reporting_country="NZL", settings=settings) as online:
        assert online.flush().remaining == 0
    records = submitted(settings, agency)

    assert {each.incident_id: [1, 2, 3] for each in chains} == revisions(records)
    schema_id = read_dictionary(settings).id_of("incident")
    fingerprint = read_dictionary(settings).fingerprints[schema_id]
    public = SigningKey.load(settings.home / "keys" / f"{agency}.key").public
    by_event = {each.event_id: each for each in chains}
    for record in records:
        headers = dict(record.headers)
        value = record.value or b""
        submission = by_event[headers["ce_id"].decode()]
        what = submission.incident.event_type.value
        assert frame(schema_id) == value[:FRAME_BYTES]
        message = signed_message(settings.deployment, what, fingerprint, value[FRAME_BYTES:])
        assert verifies(public, message, headers["ionics-sig"])
        assert record.key == submission.incident_id.encode()
        assert partition_of(record.key) == record.partition
        assert [name for name, _ in record.headers] == [
            "ionics-sig", "ionics-kid", "ionics-alg", "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time",
            "content-type",
        ]  # fmt: skip
        assert (b"Ed25519", b"1.0", f"ionics.incident.{what}".encode(), b"application/avro") == (
            headers["ionics-alg"],
            headers["ce_specversion"],
            headers["ce_type"],
            headers["content-type"],
        )


def test_nothing_is_left_on_the_disk(settings: Settings, agency: str) -> None:
    """Once delivered, no file of the outbox holds any text of a report."""

    def is_there() -> bool:
        found = False
        for file in (settings.home / "outbox").glob(f"{agency}*"):
            with suppress(FileNotFoundError):  # one that the outbox made for a moment
                found = found or MARK.encode() in file.read_bytes()
        return found

    with IncidentProducer(agency, settings=replace(settings, bootstrap="")) as offline:
        offline.report_many((CONTENT, f"r{i}") for i in range(500))
    assert is_there()

    with IncidentProducer(agency, settings=settings) as online:
        assert online.flush().remaining == 0
        assert not is_there()


def test_kill(settings: Settings, agency: str) -> None:
    """Killed while it delivers, the SDK loses nothing that was durable, and order holds within each incident."""
    arguments = [str(settings.home), settings.deployment, settings.bootstrap, agency, repr(CONTENT)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", REPORTING, *arguments], stdout=subprocess.PIPE, text=True, cwd=root
    ) as reporting:
        assert reporting.stdout is not None
        durable = [reporting.stdout.readline().strip() for _ in range(9_000)]
        reporting.kill()
        durable += [line.strip() for line in reporting.stdout if line.endswith("\n")]
    before = set(event_ids(submitted(settings, agency)))
    assert before, "killed before anything was delivered: the test shows nothing"

    with IncidentProducer(agency, reporting_country="NZL", settings=settings) as following:
        assert following.flush(60).remaining == 0
    records = submitted(settings, agency)

    assert set(durable) <= set(event_ids(records))
    assert all(order == sorted(order) for order in revisions(records).values())
    assert max(map(len, revisions(records).values())) > 10


def test_another_partition_count(settings: Settings, agency: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is delivered into a topic with another number of partitions than the catalogue's."""
    monkeypatch.setattr(kafka_sender, "PARTITIONS", 13)
    with IncidentProducer(agency, settings=settings) as producer:
        producer.report(CONTENT)
        result = producer.flush()

    assert result.remaining == 1
    assert isinstance(result.error, TopologyError)
    assert submitted(settings, agency) == []


def decide(settings: Settings, agency: str, decided: list[tuple[Submission, Outcome]], *, commit: bool = True) -> None:
    """Write receipts as admission does, in a transaction."""
    head = frame(read_dictionary(settings).id_of("receipt"))
    writer = Producer(settings.client_config(**{"transactional.id": f"decide-{agency}"}))
    writer.init_transactions(30)
    writer.begin_transaction()
    for offset, (submission, outcome) in enumerate(decided):
        fields = {
            "submission_partition": 3,
            "submission_offset": offset,
            "outcome": outcome.value,
            "agency_id": agency,
            "incident_id": submission.incident_id,
            "event_id": submission.event_id,
            "revision": submission.revision,
            "content_digest": submission.content_digest,
            "signed_digest": submission.signed_digest,
            "admitted_at": datetime(2025, 1, 2, tzinfo=UTC),
        }
        writer.produce(receipts(agency).name, head + codec("receipt").encode(fields), submission.incident_id, 0)
    if commit:
        writer.commit_transaction(30)
    else:
        writer.abort_transaction(30)


def test_receipts(settings: Settings, agency: str) -> None:
    """A receipt is found by its submission, in this process or a later one; the first counts, aborted ones do not."""
    with IncidentProducer(agency, reporting_country="NZL", settings=settings) as producer:
        first = producer.report(CONTENT, source_ref="a")
        assert producer.flush().remaining == 0
        decide(settings, agency, [(first, Outcome.REJECTED)], commit=False)
        assert producer.receipt(first) is None
        decide(settings, agency, [(first, Outcome.ACCEPTED), (first, Outcome.DUPLICATE)])
        receipt = producer.wait(first, 30)
        assert (receipt.outcome, receipt.revision, receipt.submission_partition) == (Outcome.ACCEPTED, 1, 3)
        assert datetime(2025, 1, 2, tzinfo=UTC) == receipt.admitted_at

        again = producer.report({**CONTENT, "narrative": "other"}, source_ref="a")
        assert again.event_id == first.event_id
        with pytest.raises(LogError, match="1 receipts have not come within 2 s"):
            producer.wait([first, again], 2)
        decide(settings, agency, [(again, Outcome.REJECTED)])
        assert [each.outcome for each in producer.wait([again, first], 30)] == [Outcome.REJECTED, Outcome.ACCEPTED]

    with IncidentProducer(agency, settings=settings) as asking:
        found = asking.receipt(first)
        assert found == receipt

    with IncidentProducer(agency, reporting_country="NZL", settings=settings) as later:
        late = later.report(CONTENT, source_ref="b")
        assert later.flush().remaining == 0
        decide(settings, agency, [(late, Outcome.ACCEPTED)])
        assert later.wait(late, 30).outcome == Outcome.ACCEPTED
        by_event = later.receipt(first.event_id)
        assert by_event is not None
        assert by_event.signed_digest == first.signed_digest
        rejected = later.receipt(again)
        assert rejected is not None
        assert rejected.outcome == Outcome.REJECTED


def test_many_receipts(settings: Settings, agency: str) -> None:
    """Thousands of receipts are waited for at once and come back in the order of their submissions."""
    with IncidentProducer(agency, reporting_country="NZL", settings=settings) as producer:
        done = producer.report_many((CONTENT, f"r{i}") for i in range(5000))
        decide(settings, agency, [(each, Outcome.ACCEPTED) for each in reversed(done)])
        found = producer.wait(done, 60)

    assert [each.event_id for each in done] == [receipt.event_id for receipt in found]
