"""The SDK over HTTPS, by the API: the same outbox, the same signed bytes, the same receipts."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local import ports
from producers import IncidentProducer, Outcome
from projections.api import LocalIssuer
from projections.api.backend import Backend
from projections.api.bodies import MOST_BYTES
from projections.api.limits import Limits
from schemas.codec import FRAME_BYTES, MAX_SUBMISSION_BYTES, codec
from schemas.directory import read_members
from schemas.identity import partition_of
from schemas.keys import SigningKey
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import INCIDENTS, SUBMISSIONS
from tests.integration.exchange import CONTENT, stages
from tests.integration.serving import client, serving

pytestmark = pytest.mark.stack


@pytest.fixture
def agency(settings: Settings, make_agency: Callable[..., str]) -> str:
    """An agency of the test's own, whose focal point has its name."""
    name = make_agency(f"far-{uuid.uuid4().hex[:12]}")
    assert name in read_members(settings).focal_points
    return name


@pytest.fixture
def behind_a_firewall(settings: Settings) -> Settings:
    """The same home without any address but the API's."""
    return replace(settings, bootstrap="", registry_url="", database_url="", reader_url="")


@pytest.fixture
def token(settings: Settings, agency: str) -> Callable[[], str]:
    """Tokens of the agency's focal point."""
    return lambda: LocalIssuer(settings).token(agency, ["publish"], 5)


@pytest.fixture(scope="module")
def admitting(running: Any) -> Iterator[None]:
    """Admission at work."""
    with stages(running.settings, "admit"):
        yield


def _backend(settings: Settings, limits: Limits | None = None) -> Backend:
    return Backend(settings, limits or Limits(10_000, 10_000))


@pytest.mark.usefixtures("admitting")
def test_report_amend_and_receipts(
    settings: Settings, behind_a_firewall: Settings, agency: str, token: Callable[[], str], tmp_path: Path
) -> None:
    """Reports go through with the agency's own signature; a later program finds their receipts."""
    file = tmp_path / "token"
    file.write_text(token() + "\n", "ascii")
    with serving(_backend(settings)) as address:
        with IncidentProducer(
            agency, reporting_country="NZL", settings=behind_a_firewall, token=file, api_url=address
        ) as producer:
            first = producer.report(CONTENT, source_ref="far-1")
            receipt = producer.wait(first, 60)
            assert (receipt.outcome, receipt.revision) == (Outcome.ACCEPTED, 1)
            assert (receipt.submission_partition, receipt.submission_offset) == (None, None)
            changed = producer.amend(first.incident, receipt, {"narrative": "weighed"}, reason="scales")
            again = producer.report(CONTENT, source_ref="far-2")
            assert [each.outcome for each in producer.wait([changed, again], 60)] == [Outcome.ACCEPTED] * 2
            assert producer.flush().remaining == 0
        with IncidentProducer(agency, settings=behind_a_firewall, token=token, api_url=address) as later:
            found = later.receipt(first)
            assert found == receipt
            by_event = later.receipt(changed.event_id)
            assert by_event is not None
            assert by_event.signed_digest == changed.signed_digest

    sent = [r for r in read_topic(settings, SUBMISSIONS.name) if _source(agency) in r.headers]
    assert sorted((r.key, r.partition) for r in sent) == sorted(
        (key, partition_of(key)) for key in [e.incident_id.encode() for e in (first, changed, again)]
    )
    own = SigningKey.load(settings.home / "keys" / f"{agency}.key").key_id
    admitted = [codec("admitted").decode((r.value or b"")[FRAME_BYTES:]) for r in read_topic(settings, INCIDENTS.name)]
    assert [a["admission"]["key_id"] for a in admitted if a["incident"]["agency_id"] == agency] == [own] * 3


def _source(agency: str) -> tuple[str, bytes]:
    return "ce_source", f"/agencies/{agency}".encode()


@pytest.mark.usefixtures("admitting")
def test_the_api_away_and_back(
    settings: Settings, behind_a_firewall: Settings, agency: str, token: Callable[[], str]
) -> None:
    """Without an answer, or with a bad token, everything stays in the outbox, and goes when it can, in order."""
    port = ports.choose([])
    address = f"http://127.0.0.1:{port}"
    given = ["not a token"]
    with IncidentProducer(
        agency, reporting_country="NZL", settings=behind_a_firewall, token=lambda: given[0], api_url=address
    ) as producer:
        first = producer.report(CONTENT, source_ref="away")
        second = producer.amend(first.incident, first, {"narrative": "more"}, reason="more is known")
        result = producer.flush(10)
        assert (result.delivered, result.remaining) == (0, 2)
        assert "no answer from the API" in str(result.error)
        with serving(_backend(settings), port):
            assert "UNAUTHENTICATED" in str(producer.flush(10).error)
            given[0] = token()
            assert producer.flush(10).remaining == 0
            assert [each.revision for each in producer.wait([first, second], 60)] == [1, 2]


@pytest.mark.usefixtures("admitting")
def test_many_while_the_api_is_short_of_patience(
    settings: Settings, behind_a_firewall: Settings, agency: str, token: Callable[[], str]
) -> None:
    """Told to come back later the SDK does, within its time, and nothing is lost or sent out of order."""
    with (
        serving(_backend(settings, Limits(10, 3))) as address,
        IncidentProducer(
            agency, reporting_country="NZL", settings=behind_a_firewall, token=token, api_url=address
        ) as producer,
    ):
        sent = producer.report_many((CONTENT, f"many-{number}") for number in range(15))
        assert producer.flush(60).remaining == 0
        assert {receipt.outcome for receipt in producer.wait(sent, 60)} == {Outcome.ACCEPTED}


def test_what_the_api_passes_on(settings: Settings, agency: str, make_agency: Callable[..., str]) -> None:
    """Only what a key of the caller's own agency is said to have signed, of a size that admission takes."""
    other = make_agency(f"near-{uuid.uuid4().hex[:12]}")
    keys = {name: SigningKey.load(settings.home / "keys" / f"{name}.key").key_id for name in (agency, other)}
    headers = {
        "Content-Type": "application/avro",
        "ionics-sig": "0" * 128,
        "ionics-kid": keys[agency],
        "ionics-alg": "Ed25519",
        "ionics-schema": "0" * 64,
        "ce-id": "00000000-0000-5000-8000-000000000000",
        "ce-subject": "00000000-0000-5000-8000-000000000000",
        "ce-type": "ionics.incident.REPORTED",
        "ce-time": "2026-03-14T00:00:00.000Z",
    }

    def code(who: httpx.Client, body: bytes = b"x", **changes: str) -> tuple[int, str]:
        changed = headers | {name.replace("_", "-"): value for name, value in changes.items()}
        found = who.post("/submissions", headers=changed, content=body)
        return found.status_code, found.json()["code"]

    with serving(_backend(settings)) as address, client(address, settings, agency, "publish") as who:
        foreign, unknown = code(who, ionics_kid=keys[other]), code(who, ionics_kid="0" * 32)
        assert foreign == unknown == (403, "KEY")
        assert code(who) == (409, "UNKNOWN_SCHEMA")
        assert code(who, ionics_alg="none")[0] == 400
        assert code(who, ce_type="ionics.incident.OTHER")[0] == 400
        assert code(who, b"x" * MAX_SUBMISSION_BYTES) == (413, "SIZE")
        assert code(who, b"x" * (MOST_BYTES + 1)) == (413, "SIZE")
        streamed = who.post("/submissions", headers=headers, content=(b"x" * 65_536 for _ in range(100)))
        assert (streamed.status_code, streamed.json()["code"]) == (413, "SIZE")
        with client(address, settings, agency, "read") as reading:
            assert code(reading) == (403, "NO_RIGHT")
    assert not [r for r in read_topic(settings, SUBMISSIONS.name) if _source(agency) in r.headers]


@pytest.mark.usefixtures("admitting")
def test_receipts_page_by_page(settings: Settings, agency: str, make_agency: Callable[..., str]) -> None:
    """In order, without positions; a cursor fits nobody else, and another agency sees none of it."""
    with IncidentProducer(agency, reporting_country="NZL", settings=settings) as producer:
        sent = producer.report_many((CONTENT, f"page-{number}") for number in range(5))
        producer.wait(sent, 60)
    other = make_agency(f"near-{uuid.uuid4().hex[:12]}")
    with (
        serving(_backend(settings)) as address,
        client(address, settings, agency) as who,
        client(address, settings, other) as stranger,
    ):
        found, after, more = [], {}, True
        while more:
            page = who.get("/receipts", params={"limit": 2, **after}).json()
            found += page["receipts"]
            after, more = {"after": page["next"]}, page["more"]
        assert sorted(each.event_id for each in sent) == sorted(row["event_id"] for row in found)
        assert not [name for row in found for name in row if "submission" in name or "offset" in name]
        assert who.get("/receipts", params=after).json()["receipts"] == []
        assert stranger.get("/receipts").json()["receipts"] == []
        assert stranger.get("/receipts", params=after).json()["code"] == "CURSOR"
        assert who.get("/receipts", params={"end": True}).json()["more"] is False
