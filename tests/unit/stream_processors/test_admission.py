"""Admission: one decision for each submission, by rules that do not depend on batches or restarts."""

import copy
import hashlib
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.codec import MAX_SUBMISSION_BYTES, RecordCodec, codec, frame, unframe
from schemas.directory import AgencyKey
from schemas.identity import content_digest, incident_id, partition_of
from schemas.topics import AUDIT, DEAD_LETTERS, DECISIONS, INCIDENTS, SUBMISSIONS
from stream_processors.runtime import MemoryCluster, Output, Partition
from tests.unit.stream_processors.world import (
    CUSTOMS,
    DICTIONARY,
    FIRST_INCIDENT_ID,
    INCIDENT_ID,
    NEVER,
    POLICE,
    FakeSources,
    body,
    decisions,
    drain,
    outcomes,
    submission,
    submitted,
    values,
    worker,
)

R1, R2, R3, R4 = (body(revision=number) for number in (1, 2, 3, 4))
OTHER_R1 = R1 | {"narrative": "told otherwise"}
RECEIPTS = "ionics.receipts.nzl-customs"


def _run(*outputs: Output, sources: FakeSources | None = None) -> MemoryCluster:
    cluster = submitted(outputs)
    drain(worker(cluster, sources=sources))
    return cluster


def _admitted(cluster: MemoryCluster) -> list[dict[str, Any]]:
    return [codec("admitted").decode(value[5:]) for _, _, value, _ in values(cluster, INCIDENTS.name)]


HISTORIES = {
    "a report": ([R1], ["ACCEPTED"], [1]),
    "a report and its amendments": ([R1, R2, R3], ["ACCEPTED"] * 3, [1, 2, 3]),
    "a report twice": ([R1, R1], ["ACCEPTED", "DUPLICATE"], [1]),
    "the same content by another event": (
        [R1, R1 | {"provenance": R1["provenance"] | {"producer_id": "x"}}],
        ["ACCEPTED", "DUPLICATE"],
        [1],
    ),
    "another content under one revision": ([R1, OTHER_R1, R2], ["ACCEPTED", "CONFLICT", "ACCEPTED"], [1, 2]),
    "a gap": ([R1, R4], ["ACCEPTED", "ACCEPTED"], [1, 4]),
    "a first revision that is not 1": ([R3], ["ACCEPTED"], [3]),
    "history, once": ([R4, R2, R2, R1], ["ACCEPTED", "SUPERSEDED", "SUPERSEDED", "SUPERSEDED"], [4, 2, 1]),
    "history in conflict": ([R4, R1, OTHER_R1], ["ACCEPTED", "SUPERSEDED", "CONFLICT"], [4, 1]),
    "the current one again after history": ([R2, R1, R2], ["ACCEPTED", "SUPERSEDED", "DUPLICATE"], [2, 1]),
}


@pytest.mark.parametrize("one_by_one", [False, True], ids=["in one batch", "one by one"])
@pytest.mark.parametrize(("stated", "expected", "kept"), HISTORIES.values(), ids=HISTORIES)
def test_revisions_stand_to_each_other(
    stated: list[dict[str, Any]], expected: list[str], kept: list[int], *, one_by_one: bool
) -> None:
    """Above the current one accepted, the same a duplicate or a conflict, below it history that is kept once."""
    cluster = submitted(submission(each) for each in stated)
    drain(worker(cluster, batch=1 if one_by_one else 100))
    assert expected == outcomes(cluster)
    found = _admitted(cluster)
    assert kept == [record["incident"]["revision"] for record in found]
    highest = [max(kept[: n + 1]) for n in range(len(kept))]
    assert [number < top for number, top in zip(kept, highest, strict=True)] == [
        record["admission"]["superseded"] for record in found
    ]


def test_what_is_admitted_is_what_was_signed() -> None:
    """The bytes are the agency's own; the admission says when, by which key, over which bytes and position."""
    cluster = _run(sent := submission(R1))
    [(partition, key, value, headers)] = values(cluster, INCIDENTS.name)
    [record] = cluster.records[Partition(SUBMISSIONS.name, partition)]
    admission = codec("admitted").decode(value[5:])["admission"]
    [decision] = decisions(cluster)
    assert value.endswith((sent.value or b"")[5:])
    assert (R1["incident_id"].encode(), partition_of(key or b"")) == (key, partition)
    assert (record.offset, record.timestamp_ms) == (
        admission["submission_offset"],
        int(admission["admitted_at"].timestamp() * 1000),
    )
    assert (CUSTOMS.key_id, 9, dict(sent.headers)["ionics-sig"]) == (
        admission["key_id"],
        admission["directory_offset"],
        admission["signature"],
    )
    assert content_digest(R1) == admission["content_digest"] == decision["content_digest"]
    assert admission["signed_digest"] == decision["signed_digest"]
    assert dict(headers)["ce_id"] == R1["event_id"].encode()


def test_a_receipt_says_what_the_decision_says() -> None:
    """For the agency alone, field by field."""
    cluster = _run(submission(R1), submission(OTHER_R1))
    receipts = [codec("receipt").decode(value[5:]) for _, _, value, _ in values(cluster, RECEIPTS)]
    assert [receipt["outcome"] for receipt in receipts] == ["ACCEPTED", "REJECTED"]
    for receipt, decision in zip(receipts, decisions(cluster), strict=True):
        assert {name: decision[name] for name in receipt if name in decision} == receipt


AUS = body("r9", agency="aus-police")
PADDED = codec("incident").encode(R1).replace(b"\x02", b"\x82\x00", 1)
DELEGATED = R1 | {"delegation": {"audience": ["COMMUNITY"], "tlp": "GREEN"}, "tlp": "RED"}
REJECTED = {
    "OWNERSHIP": submission(AUS, CUSTOMS),
    "COUNTRY": submission(R1 | {"reporting_country": "AUS"}),
    "IDENTITY": submission(R1 | {"source_ref": "of another agency"}),
    "IDENTITY of the event": submission(R1 | {"event_id": R2["event_id"]}),
    "IDENTITY of another agency": submission(R1 | {"incident_id": incident_id("dev-test", "aus-police", "r1")}),
    "EVENT_TYPE": submission(R2, signed_as="WITHDRAWN"),
    "PARTITION": submission(R1, partition=(partition_of(R1["incident_id"].encode()) + 1) % 12),
    "PARTITION by the key": submission(R1, key=b"another", partition=partition_of(R1["incident_id"].encode())),
    "MALFORMED_BODY": submission(b"rubbish"),
    "MALFORMED_BODY cut": submission(codec("incident").encode(R1)[:-1]),
    "MALFORMED_BODY with surplus": submission(codec("incident").encode(R1) + b"\x00"),
    "MALFORMED_BODY not canonical": submission(PADDED),
    "TLP_AUDIENCE": submission(R1 | {"tlp": "RED"}),
    "UNLISTED_CODE": submission(R1 | {"incident_type": "PARTY"}),
    **{
        f"DELEGATION_AUDIENCE {' '.join(audience)}": submission(DELEGATED | {"audience": audience})
        for audience in (
            ["country:NZL"],
            ["group:hq"],
            ["agency:hq", "group:hq"],
            ["agency:hq", "agency:aus-police"],
            ["agency:hq", "agency:nobody"],
            ["agency:nzl-customs"],
        )
    },
    "DELEGATION_AUDIENCE COMMUNITY": submission(DELEGATED | {"audience": ["COMMUNITY"], "tlp": "GREEN"}),
    "TLP_AUDIENCE of the delegation": submission(
        DELEGATED | {"audience": ["agency:hq"], "delegation": {"audience": ["country:AUS"], "tlp": "CLEAR"}}
    ),
}


@pytest.mark.parametrize("code", REJECTED)
def test_what_is_signed_but_breaks_a_rule_is_rejected_with_a_receipt(code: str) -> None:
    """Its agency learns why; it owns, shadows and blocks nothing."""
    cluster = _run(REJECTED[code], submission(R1))
    by_time = decisions(cluster)
    assert [code.split(maxsplit=1)[0], "ACCEPTED"] == outcomes(cluster)
    assert (by_time[0]["outcome"], by_time[0]["agency_id"]) == ("REJECTED", "nzl-customs")
    assert by_time[0]["path"]
    assert tuple(len(values(cluster, name)) for name in (RECEIPTS, INCIDENTS.name, DEAD_LETTERS.name)) == (2, 1, 0)


def test_the_name_that_takes_a_delegated_report_too_far_is_named() -> None:
    """By its place in the audience, in a receipt that names the event."""
    audience = ["agency:hq", "agency:nzl-customs", "agency:aus-police"]
    [decision] = decisions(_run(submission(DELEGATED | {"audience": audience})))
    found = decision["code"], decision["path"], decision["event_id"]
    assert found == ("DELEGATION_AUDIENCE", "audience[2]", R1["event_id"])
    assert "agency:aus-police" in decision["message"]


@pytest.mark.parametrize("audience", [["agency:hq"], ["agency:nzl-customs", "agency:hq"]], ids=" ".join)
def test_a_delegated_report_is_admitted_for_its_owner_and_the_secretariat(audience: list[str]) -> None:
    """Who the secretariat is, the directory says."""
    cluster = _run(submission(DELEGATED | {"audience": audience}))
    assert outcomes(cluster) == ["ACCEPTED"]
    assert _admitted(cluster)[0]["incident"]["delegation"] == DELEGATED["delegation"]


def test_what_an_older_outbox_signed_is_admitted_in_its_own_bytes() -> None:
    """Under the frame of its version; reported again under the current one it is a duplicate."""
    sent = submission({k: v for k, v in R1.items() if k != "delegation"}, schema_id=FIRST_INCIDENT_ID)
    cluster = _run(sent, submission(R1))
    assert outcomes(cluster) == ["ACCEPTED", "DUPLICATE"]
    [(_, _, value, _)] = values(cluster, INCIDENTS.name)
    schema_id, body_ = unframe(value)
    admitted = RecordCodec(DICTIONARY.schemas[schema_id]).decode(body_)
    assert admitted["incident"]["source_ref"] == R1["source_ref"]
    assert "delegation" not in admitted["incident"]
    assert value.endswith((sent.value or b"")[5:])


def test_bytes_that_fastavro_reads_and_others_do_not_never_enter_the_log() -> None:
    """A negative index of an enum is its last symbol to fastavro; admitted, it would stop every reader of columns."""
    good = codec("incident").encode(R1)
    where = next(n for n in range(len(good)) if _symbol(good, n) == "WITHDRAWN")
    cluster = _run(submission(good[:where] + b"\x01" + good[where + 1 :], signed_as="WITHDRAWN"))
    assert outcomes(cluster) == ["MALFORMED_BODY"]


def _symbol(good: bytes, where: int) -> str | None:
    try:
        return str(codec("incident").decode(good[:where] + b"\x01" + good[where + 1 :])["event_type"])
    except Exception:  # noqa: BLE001  # not the byte that is looked for
        return None


def _headers(**changed: bytes | None) -> Output:
    good = submission(R1)
    headers = {**dict(good.headers), **{name.replace("_", "-"): value for name, value in changed.items()}}
    return replace(good, headers=tuple((name, value) for name, value in headers.items() if value is not None))


UNVERIFIED = {
    "BAD_SIGNATURE": submission(R1, NEVER, ionics_kid=CUSTOMS.key_id.encode()),
    "BAD_SIGNATURE by another agency": submission(R1, POLICE, ionics_kid=CUSTOMS.key_id.encode()),
    "BAD_SIGNATURE for another deployment": submission(R1, deployment="ionics"),
    "BAD_SIGNATURE none": _headers(ionics_sig=None),
    "BAD_SIGNATURE short": _headers(ionics_sig=b"short"),
    "BAD_SIGNATURE body altered": replace(submission(R1), value=(submission(R1).value or b"") + b"\x00"),
    "UNKNOWN_KEY": submission(R1, NEVER),
    "UNKNOWN_KEY none": _headers(ionics_kid=None),
    "UNKNOWN_KEY not ASCII": _headers(ionics_kid=b"\xff\xfe"),
    "ALGORITHM": _headers(ionics_alg=b"none"),
    "ALGORITHM missing": _headers(ionics_alg=None),
    "SIZE": submission(b"x" * (MAX_SUBMISSION_BYTES + 1)),
    "SIZE of nothing": replace(submission(R1), value=None),
    "WIRE_FORMAT": replace(submission(R1), value=b"\x01" + (submission(R1).value or b"")[1:]),
    "UNKNOWN_SCHEMA": replace(submission(R1), value=frame(9) + (submission(R1).value or b"")[5:]),
    "UNKNOWN_SCHEMA of another kind": replace(
        submission(R1), value=frame(INCIDENT_ID + 1) + (submission(R1).value or b"")[5:]
    ),
}


@pytest.mark.parametrize("code", UNVERIFIED)
def test_what_does_not_verify_is_named_by_position_alone(code: str) -> None:
    """No receipt, no id, nothing of it believed; its bytes are put aside, and the true one is not in its way."""
    sent = UNVERIFIED[code]
    cluster = _run(sent, submission(R1))
    refused = decisions(cluster)[0]
    assert [code.split(maxsplit=1)[0], "ACCEPTED"] == outcomes(cluster)
    assert {"UNVERIFIED"} == {refused["outcome"]}
    named = ("agency_id", "incident_id", "event_id", "revision", "content_digest", "signed_digest", "path")
    assert [refused[name] for name in named] == [None] * 7
    assert hashlib.sha256(sent.value or b"").hexdigest() == refused["raw_sha256"]
    [(_, key, value, headers)] = values(cluster, DEAD_LETTERS.name)
    assert (sent.key, sent.value or b"", sent.headers) == (key, value, headers[: len(sent.headers)])
    assert dict(headers)["ionics-dl-position"] == f"ionics.submissions/{sent.partition}/0".encode()
    assert len(values(cluster, RECEIPTS)) == 1


def _refusals(cluster: MemoryCluster) -> list[dict[str, Any]]:
    return [codec("audit").decode(value[5:]) for _, _, value, _ in values(cluster, AUDIT.name)]


@pytest.mark.parametrize("code", UNVERIFIED)
def test_a_refusal_for_security_can_be_listed(code: str) -> None:
    """By position, without a word of what the submission claims; the same record if it is processed again."""
    cluster = _run(UNVERIFIED[code], submission(R1))
    [refusal] = _refusals(cluster)
    position = f"ionics.submissions/{UNVERIFIED[code].partition}/0"
    assert ("SUBMISSION_REFUSED", code.split(maxsplit=1)[0], position, None) == tuple(
        refusal[name] for name in ("kind", "code", "subject", "agency_id")
    )
    assert _refusals(_run(UNVERIFIED[code], submission(R1))) == [refusal]


def test_a_claim_to_what_is_anothers_is_listed_and_a_mistake_is_not() -> None:
    """Who signed is named, because the signature verified."""
    claims = _run(submission(R1, POLICE), submission(body(occurred_precision="DAY", items=[]), CUSTOMS))
    assert [(each["code"], each["agency_id"]) for each in _refusals(claims)] == [("OWNERSHIP", "aus-police")]


@pytest.mark.parametrize(
    "key",
    [
        AgencyKey(CUSTOMS.key_id, "nzl-customs", CUSTOMS.public, 0, revoked=True),
        AgencyKey(CUSTOMS.key_id, "nzl-customs", CUSTOMS.public, 2**42),
        AgencyKey(CUSTOMS.key_id, "nzl-customs", CUSTOMS.public, 0, end_ms=1),
    ],
    ids=["revoked", "not yet", "no more"],
)
def test_a_key_out_of_its_time_signs_nothing(key: AgencyKey) -> None:
    """At the append time of the submission."""
    assert outcomes(_run(submission(R1), sources=FakeSources({key.key_id: key}))) == ["KEY_NOT_GOOD"]


@pytest.mark.parametrize(
    ("stated", "doubts"),
    [
        ([R1], []),
        ([R1 | {"reported_at": R1["reported_at"].replace(year=2999)}], ["CLOCK_IN_DOUBT"]),
        ([R1, R2], ["CHAIN_IN_DOUBT"]),
        ([R3], ["CHAIN_IN_DOUBT"]),
    ],
)
def test_doubts_are_noted_and_stop_nothing(stated: list[dict[str, Any]], doubts: list[str]) -> None:
    """A clock ahead, or a predecessor that was never admitted."""
    found = _admitted(_run(*(submission(each) for each in stated)))
    assert (len(stated), doubts) == (len(found), found[-1]["admission"]["doubts"])


def test_a_revision_that_names_its_predecessor_rightly_is_in_no_doubt() -> None:
    """By the signed digest of its receipt."""
    [first] = decisions(_run(submission(R1)))
    known = R2["provenance"] | {"previous_digest": first["signed_digest"]}
    found = _admitted(_run(submission(R1), submission(R2 | {"provenance": known})))
    assert [record["admission"]["doubts"] for record in found] == [[], []]


POOL = [
    *(submission(body(ref, revision)) for ref in ("r1", "r2", "r3") for revision in (1, 2, 3)),
    submission(OTHER_R1),
    submission(AUS, POLICE),
    *REJECTED.values(),
    *(output for name, output in UNVERIFIED.items() if name != "SIZE"),
]
TOPICS = (AUDIT.name, DECISIONS.name, INCIDENTS.name, RECEIPTS, "ionics.receipts.aus-police", DEAD_LETTERS.name)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sent=st.lists(st.sampled_from(POOL), min_size=1, max_size=14),
    cuts=st.lists(st.integers(1, 5), max_size=6),
    restarts=st.sets(st.integers(0, 6)),
)
def test_neither_cuts_nor_restarts_change_a_record(sent: list[Output], cuts: list[int], restarts: set[int]) -> None:
    """Any cut into batches, with fresh workers in between, writes what one batch writes: one decision for each."""
    whole, cut = submitted(sent), submitted(sent)
    drain(worker(whole, batch=1000))
    running = worker(cut)
    for number, limit in enumerate(cuts):
        running = worker(cut) if number in restarts else running
        running._limit = limit
        running.step(0)
    drain(running)
    for topic in TOPICS[:2]:
        assert values(whole, topic) == values(cut, topic)
    for topic in TOPICS[2:]:
        assert Counter(values(whole, topic)) == Counter(values(cut, topic))
    positions = Counter((d["submission_partition"], d["submission_offset"]) for d in decisions(cut))
    arrived = [records for where, records in cut.records.items() if where.topic == SUBMISSIONS.name]
    assert Counter((r.partition, r.offset) for records in arrived for r in records) == positions


@pytest.mark.parametrize("expired", [False, True], ids=["with submissions", "submissions expired"])
def test_a_fresh_admission_knows_what_the_old_one_knew(*, expired: bool) -> None:
    """From incidents and decisions alone; submissions expire, and their decisions are never made again."""
    cluster = submitted([submission(R2), submission(R1), submission(OTHER_R1), submission(AUS, POLICE)])
    first = worker(cluster)
    drain(first)
    before = copy.deepcopy(cluster.records)
    if expired:
        for where in [where for where in cluster.records if where.topic == SUBMISSIONS.name]:
            cluster.records[where].clear()
            before[where].clear()
    again = worker(cluster)
    drain(again)
    assert {w: r for w, r in before.items() if r} == {w: r for w, r in cluster.records.items() if r}
    known = {p: state for p, state in first._stage._state.partitions.items() if state}
    assert known == {p: state for p, state in again._stage._state.partitions.items() if state}
    for output in (submission(R2), submission(OTHER_R1), submission(R3)):
        cluster.append(output)
    drain(again)
    assert outcomes(cluster)[-3:] == ["DUPLICATE", "CONFLICT", "ACCEPTED"]


@pytest.mark.parametrize("topic", [INCIDENTS.name, DECISIONS.name])
@pytest.mark.parametrize("poison", [None, b"x", b"\x00\xff\xff\xff\xfex", frame(INCIDENT_ID) + b"x", "own frame"])
def test_a_fresh_admission_gets_over_what_no_admission_wrote(topic: str, poison: bytes | str | None) -> None:
    """It knows what the old one knew; else a single record in a trusted topic would stop the exchange for ever."""
    cluster = submitted([submission(R1), submission(R2)])
    drain(worker(cluster))
    kind = "admitted" if topic == INCIDENTS.name else "decision"
    value = frame(DICTIONARY.id_of(kind)) + b"\xff" * 9 if isinstance(poison, str) else poison
    cluster.append(Output(topic, partition_of(str(R1["incident_id"]).encode()), b"key", value))
    cluster.append(submission(R2))
    again = worker(cluster)
    drain(again)
    readable = [v for _, _, v, _ in values(cluster, DECISIONS.name) if v != (value or b"")]
    found = [codec("decision").decode(v[5:])["outcome"] for v in readable]
    assert found == ["ACCEPTED", "ACCEPTED", "DUPLICATE"]
