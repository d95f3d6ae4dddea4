"""Hostile submissions on a real broker: each is refused and listed, and honest agencies go on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from confluent_kafka import Producer

from cli.audit import audit
from deploy.home import key_path
from producers import IncidentProducer
from schemas.codec import FRAME_BYTES, MAX_SUBMISSION_BYTES, codec, frame
from schemas.dictionary import read_dictionary
from schemas.identity import event_id, incident_id, partition_of, signed_message
from schemas.incident import validate_incident
from schemas.keys import SigningKey
from schemas.reading import Record, read_topic
from schemas.settings import Settings
from schemas.topics import DECISIONS, INCIDENTS, SUBMISSIONS
from tests.integration.exchange import CONTENT, stages


class Hostile:
    """Somebody with a connection to the broker, keys of their own, and all that was ever sent."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.dictionary = read_dictionary(settings)
        self.schema_id = self.dictionary.id_of("incident")
        self._producer = Producer(settings.client_config(**{"message.max.bytes": 8 << 20}))

    def body(self, agency: str, ref: str, revision: int = 1, **fields: Any) -> dict[str, Any]:
        """An incident that claims to be of an agency."""
        id_ = incident_id(self.settings.deployment, agency, ref)
        kind = {"event_type": "REPORTED"} if revision == 1 else {"event_type": "AMENDED", "reason": "mine now"}
        stated = CONTENT | kind | {"incident_id": id_, "event_id": event_id(id_, revision), "source_ref": ref}
        stated |= {"revision": revision, "agency_id": agency, "reporting_country": "NZL"}
        chain = {} if revision == 1 else {"previous_revision": revision - 1, "previous_digest": "0" * 64}
        stated |= {"provenance": {"producer_id": "x", "sdk_version": "1"} | chain}
        stated |= {"reported_at": "2026-01-01T00:00:00Z"}
        return validate_incident(stated | fields).body()

    def sign(
        self, body: bytes, key: SigningKey, deployment: str | None = None, event_type: str = "REPORTED"
    ) -> list[tuple[str, Any]]:
        """Headers with the key's signature."""
        fingerprint = self.dictionary.fingerprints[self.schema_id]
        message = signed_message(deployment or self.settings.deployment, event_type, fingerprint, body)
        return [
            ("ce_type", f"ionics.incident.{event_type}".encode()),
            ("ionics-sig", key.sign(message)),
            ("ionics-kid", key.key_id.encode()),
            ("ionics-alg", b"Ed25519"),
        ]

    def send(self, key: bytes, value: bytes, headers: list[tuple[str, Any]], partition: int | None = None) -> str:
        """Append a submission; its position."""
        places: list[str] = []
        where = partition_of(key) if partition is None else partition

        def delivered(error: object, message: Any) -> None:
            assert error is None
            places.append(f"{SUBMISSIONS.name}/{message.partition()}/{message.offset()}")

        self._producer.produce(SUBMISSIONS.name, value, key, where, headers=headers, on_delivery=delivered)
        assert self._producer.flush(30) == 0
        return places[0]

    def signed(self, stated: dict[str, Any], key: SigningKey, **how: Any) -> str:
        """Append an incident signed with a key."""
        body = codec("incident").encode(stated)
        headers = self.sign(body, key, how.pop("deployment", None), str(stated["event_type"]))
        return self.send(stated["incident_id"].encode(), frame(self.schema_id) + body, headers, **how)


@pytest.fixture
def hostile(settings: Settings, make_agency: Callable[..., str]) -> Iterator[Hostile]:
    """Against a deployment with a victim, a neighbour that signs with its own key, and admission at work."""
    for agency in ("nzl-victim", "nzl-neighbour"):
        make_agency(agency)
    with stages(settings, "admit"):
        yield Hostile(settings)


def _sent_by(settings: Settings, ref: str) -> Record:
    key = incident_id(settings.deployment, "nzl-victim", ref).encode()
    return next(record for record in read_topic(settings, SUBMISSIONS.name) if record.key == key)


def _outcomes(settings: Settings, places: list[str]) -> dict[str, str]:
    """Outcome, or its code, of each position, once all are decided."""
    found: dict[str, str] = {}
    for _ in range(600):
        for record in read_topic(settings, DECISIONS.name):
            decision = codec("decision").decode((record.value or b"")[FRAME_BYTES:])
            place = f"{SUBMISSIONS.name}/{decision['submission_partition']}/{decision['submission_offset']}"
            found[place] = decision["code"] or decision["outcome"]
        if set(places) <= set(found):
            return {place: found[place] for place in places}
    raise AssertionError(f"not decided: {set(places) - set(found)}")


def test_nothing_hostile_gets_through(settings: Settings, hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forged, replayed, foreign, stolen, oversized and malformed: each has its refusal, none shadows the victim."""
    monkeypatch.setenv("IONICS_HOME", str(settings.home))
    stranger, neighbour = SigningKey.generate(), SigningKey.load(key_path(settings, "nzl-neighbour"))
    victim = SigningKey.load(key_path(settings, "nzl-victim"))
    with IncidentProducer("nzl-victim", reporting_country="NZL", settings=settings) as producer:
        honest = producer.report(CONTENT, source_ref="REF-1")
        assert producer.wait(honest, 30).outcome == "ACCEPTED"
        true = _sent_by(settings, "REF-1")
        headers = [(name, value) for name, value in true.headers]
        stated, key, value = hostile.body("nzl-victim", "REF-2"), true.key or b"", true.value or b""
        claimed = stated["incident_id"].encode()
        forged = [(n, bytes(64) if n == "ionics-sig" else v) for n, v in headers]
        injected = [*headers, ("ionics-kid", b"' OR 1=1 --"), ("ce_type", b"x\r\nionics-alg: none")]
        own = hostile.body("nzl-neighbour", "REF-1")
        expected = {
            hostile.signed(stated, stranger): "UNKNOWN_KEY",
            hostile.send(key, value, forged): "BAD_SIGNATURE",
            hostile.send(key, value[:-1] + b"\x01", headers): "BAD_SIGNATURE",
            hostile.send(key, value, [h for h in headers if h[0] != "ionics-alg"]): "ALGORITHM",
            hostile.send(key, value, injected): "UNKNOWN_KEY",
            hostile.send(key, value, headers): "DUPLICATE",
            hostile.send(claimed, value, headers): "PARTITION",
            hostile.send(key, value, headers, partition=(partition_of(key) + 1) % 12): "PARTITION",
            hostile.signed(stated, victim, deployment="dev-elsewhere"): "BAD_SIGNATURE",
            hostile.signed(stated, neighbour): "OWNERSHIP",
            hostile.signed(own | {"incident_id": true.key.decode()} if true.key else own, neighbour): "IDENTITY",
            hostile.signed(hostile.body("nzl-victim", "REF-1", 2), neighbour): "OWNERSHIP",
            hostile.signed(own | {"event_type": "WITHDRAWN", "reason": "no"}, neighbour): "REVISION",
            hostile.send(claimed, b"\x00" * (MAX_SUBMISSION_BYTES + 1), headers): "SIZE",
            hostile.send(claimed, b"no frame at all", headers): "WIRE_FORMAT",
            hostile.send(claimed, frame(99_999) + b"x", headers): "UNKNOWN_SCHEMA",
            hostile.send(b"\xff\x00", frame(hostile.schema_id), hostile.sign(b"", neighbour)): "MALFORMED_BODY",
        }
        assert _outcomes(settings, list(expected)) == expected
        assert producer.wait(producer.report(CONTENT, source_ref="REF-2"), 30).outcome == "ACCEPTED"
    kept = [record.key for record in read_topic(settings, INCIDENTS.name)]
    assert kept.count(claimed) == kept.count(key) == 1
    listed = CliRunner().invoke(audit, ["list", "--json", "--limit", "1000"]).output
    harmless = {"DUPLICATE", "MALFORMED_BODY", "REVISION"}
    assert [place for place, code in expected.items() if code not in harmless and place not in listed] == []
    assert str(honest.incident_id) not in listed


def test_the_audit_is_for_those_with_the_right(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """And reading it is written to the access log."""
    monkeypatch.setenv("IONICS_HOME", str(settings.home))
    assert CliRunner().invoke(audit, ["access", "--json"]).exit_code == 0
    assert '"AUDIT"' in CliRunner().invoke(audit, ["access", "--json"]).output
    monkeypatch.setenv("IONICS_VIEWER", "analyst")
    for what in ("list", "access"):
        assert "needs the right audit" in str(CliRunner().invoke(audit, [what]).exception)
