"""Verifying a history: what admission wrote is sound, and whatever is done to it is found and named."""

from dataclasses import replace

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.evidence import bulk
from projections.evidence.findings import MEANINGS
from projections.evidence.verifying import Verdict, verify_history
from schemas.codec import codec, frame
from schemas.directory.commands import KeyRevoke
from schemas.identity import partition_of
from schemas.keys import SigningKey
from schemas.reading import Record
from schemas.topics import DECISIONS, DIRECTORY, INCIDENTS, SCHEMAS
from tests.unit.evidence.history import ADMINISTRATORS, History, history
from tests.unit.stream_processors.world import CUSTOMS, DICTIONARY, NEVER, POLICE, body, submission

SOUND = history()


def codes(verdict: Verdict) -> set[str]:
    """What was found; each code has words for what it means and what to do."""
    assert set(verdict.findings.counts) <= set(MEANINGS)
    return set(verdict.findings.counts)


def wheres(verdict: Verdict, code: str) -> list[str]:
    """Where it was found."""
    return [finding.where for finding in verdict.findings if finding.code == code]


def where(record: Record) -> str:
    """The position of a record."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def without(history: History, record: Record) -> History:
    """The history as if a record had been taken out."""
    return history.spoil(record.topic, lambda each: None if each == record else each)


def test_what_admission_wrote_is_sound() -> None:
    """Every outcome, amendments, a late revision, and a key that was revoked afterwards."""
    verdict = verify_history(SOUND)
    assert codes(verdict) == set()
    assert set(verdict.outcomes) == {"ACCEPTED", "DUPLICATE", "SUPERSEDED", "REJECTED", "UNVERIFIED"}
    assert verdict.sound
    assert verdict.founders == tuple(sorted(key.key_id for key in ADMINISTRATORS))


def test_batches_do_not_matter() -> None:
    """Cut anyhow, the verdict and the digests are the same."""
    cut = SOUND.copy()
    cut.cuts = 2
    verdict = verify_history(cut)
    assert verdict.sound
    assert verdict.extents == verify_history(SOUND).extents


@pytest.mark.parametrize("revision", [1, 2])
@given(data=st.data())
@hypothesis.settings(max_examples=20, deadline=None)
def test_a_flipped_bit_is_found(revision: int, data: st.DataObject) -> None:
    """Any bit of a record: of the frame, of what admission noted, of what was signed."""
    victim = SOUND.admitted("three", revision)
    value = victim.value or b""
    place, bit = data.draw(st.integers(0, len(value) - 1)), data.draw(st.integers(0, 7))
    changed = value[:place] + bytes([value[place] ^ 1 << bit]) + value[place + 1 :]
    alone = SOUND.only(victim.partition)
    spoilt = alone.spoil(INCIDENTS.name, lambda each: replace(each, value=changed) if each == victim else each)
    assert where(victim) in {finding.where for finding in verify_history(spoilt).findings}


def test_another_key_is_found() -> None:
    """The key of a record is that of its incident."""
    victim = SOUND.admitted("three", 2)
    other = SOUND.spoil(INCIDENTS.name, lambda each: replace(each, key=b"x" * 36) if each == victim else each)
    assert wheres(verify_history(other), "PARTITION") == [where(victim)]


def test_a_removed_middle_revision_is_found() -> None:
    """By its decision, and by the revision that names it."""
    middle, last = SOUND.admitted("three", 2), SOUND.admitted("three", 3)
    verdict = verify_history(without(SOUND, middle))
    assert wheres(verdict, "MISSING_INCIDENT")[0] == where(SOUND.decision_of(middle))
    assert wheres(verdict, "CHAIN") == [where(last)]
    (finding,) = [finding for finding in verdict.findings if finding.code == "CHAIN"]
    assert finding.revision == 3
    assert "names revision 2" in finding.what


def test_a_removed_middle_revision_is_found_without_its_decisions() -> None:
    """Who takes out decision and incident leaves a hole in the positions, and the chain."""
    middle = SOUND.admitted("three", 2)
    verdict = verify_history(without(without(SOUND, middle), SOUND.decision_of(middle)))
    assert {"CHAIN", "MISSING_DECISION"} <= codes(verdict)


@pytest.mark.parametrize(("key", "code"), [(NEVER, "UNKNOWN_KEY"), (POLICE, "OWNERSHIP")])
def test_a_foreign_key_is_found(key: SigningKey, code: str) -> None:
    """An insider signs a report with a key of their own, or of another agency, and writes incident and decision."""
    victim = SOUND.admitted("one-3", 1)
    forged = forge(victim, key)
    verdict = verify_history(SOUND.spoil(INCIDENTS.name, lambda each: forged if each == victim else each))
    assert wheres(verdict, code) == [where(victim)]


def forge(victim: Record, key: SigningKey) -> Record:
    """The same incident, signed anew by another key."""
    record = codec("admitted").decode((victim.value or b"")[5:])
    output = submission(record["incident"], key)
    record["admission"] |= {"key_id": key.key_id, "signature": dict(output.headers)["ionics-sig"]}
    return replace(victim, value=frame(DICTIONARY.id_of("admitted")) + codec("admitted").encode(record))


def test_a_removed_decision_is_found() -> None:
    """The position has no decision, and its incident was never admitted."""
    victim = SOUND.admitted("three", 2)
    verdict = verify_history(without(SOUND, SOUND.decision_of(victim)))
    assert codes(verdict) == {"MISSING_DECISION", "UNDECIDED_INCIDENT"}
    assert wheres(verdict, "UNDECIDED_INCIDENT") == [where(victim)]


def test_an_incident_without_decision_is_found() -> None:
    """Written into the log of truth past admission, rightly signed."""
    stated = body("smuggled")
    output = submission(stated)
    like = codec("admitted").decode((SOUND.admitted("after", 1).value or b"")[5:])
    like["incident"] = stated
    like["admission"] |= {
        "admitted_event_id": stated["event_id"],
        "submission_partition": output.partition,
        "submission_offset": 99,
        "signature": dict(output.headers)["ionics-sig"],
    }
    value = frame(DICTIONARY.id_of("admitted")) + codec("admitted").encode(like)
    place = partition_of(output.key or b"")
    smuggled = Record(INCIDENTS.name, place, 99, 0, output.key, value, ())
    spoilt = SOUND.copy()
    spoilt.records[INCIDENTS.name].append(smuggled)
    assert where(smuggled) in wheres(verify_history(spoilt), "UNDECIDED_INCIDENT")


def test_an_accepted_decision_without_incident_is_found() -> None:
    """It names the decision and the incident."""
    victim = SOUND.admitted("one-5", 1)
    verdict = verify_history(without(SOUND, victim))
    assert codes(verdict) == {"MISSING_INCIDENT"}
    (finding,) = verdict.findings
    assert finding.where == where(SOUND.decision_of(victim))
    assert finding.incident_id == (victim.key or b"").decode()


@pytest.mark.parametrize(("topic", "code"), [(INCIDENTS, "DOUBLED_INCIDENT"), (DECISIONS, "DOUBLED_DECISION")])
def test_a_doubled_record_is_found(topic: object, code: str) -> None:
    """The same record once more, at the end of its partition."""
    victim = SOUND.admitted("one-5", 1)
    if topic is DECISIONS:
        victim = SOUND.decision_of(victim)
    again = replace(victim, offset=1_000)
    spoilt = SOUND.copy()
    spoilt.records[victim.topic].append(again)
    assert where(again) in wheres(verify_history(spoilt), code)


def test_a_later_decision_that_says_otherwise_is_found() -> None:
    """Incident and decision must agree in each field that both hold."""
    victim = SOUND.admitted("one-5", 1)
    decision = SOUND.decision_of(victim)
    stated = codec("decision").decode((decision.value or b"")[5:]) | {"rules_version": "other"}
    changed = replace(decision, value=(decision.value or b"")[:5] + codec("decision").encode(stated))
    verdict = verify_history(SOUND.spoil(DECISIONS.name, lambda each: changed if each == decision else each))
    (finding,) = verdict.findings
    assert (finding.code, finding.where) == ("DISAGREEMENT", where(victim))
    assert "rules_version" in finding.what


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content_digest", "0" * 64),
        ("signed_digest", "0" * 64),
        ("admitted_event_id", "other"),
        ("doubts", ["CLOCK_IN_DOUBT"]),
        ("doubts", ["CHAIN_IN_DOUBT"]),
        ("superseded", True),
    ],
)
def test_what_admission_noted_is_computed_anew(field: str, value: object) -> None:
    """Also where somebody changed incident and decision alike."""
    victim = SOUND.admitted("one-5", 1)
    decision = SOUND.decision_of(victim)
    noted = codec("admitted").decode((victim.value or b"")[5:])
    noted["admission"][field] = value
    stated = codec("decision").decode((decision.value or b"")[5:])
    name = "event_id" if field == "admitted_event_id" else field
    stated |= {name: value} if name in stated else {}
    stated |= {"outcome": "SUPERSEDED"} if field == "superseded" else {}
    values = {
        victim: (victim.value or b"")[:5] + codec("admitted").encode(noted),
        decision: (decision.value or b"")[:5] + codec("decision").encode(stated),
    }
    spoilt = SOUND
    for record, new in values.items():
        spoilt = spoilt.spoil(record.topic, lambda r, of=record, to=new: replace(r, value=to) if r == of else r)
    assert [(each.code, each.where) for each in verify_history(spoilt).findings] == [
        ("CHAIN" if field == "superseded" or value == ["CHAIN_IN_DOUBT"] else "ADMISSION", where(victim))
    ]


def test_a_directory_with_a_hole_or_too_short_is_found() -> None:
    """Keys cannot be judged by it."""
    hole = SOUND.spoil(DIRECTORY.name, lambda each: None if each.offset == 2 else each)
    assert "DIRECTORY_GAP" in codes(verify_history(hole))
    short = SOUND.spoil(DIRECTORY.name, lambda each: None if each.offset >= 6 else each)
    assert "DIRECTORY_SHORT" in codes(verify_history(short))
    none = SOUND.spoil(DIRECTORY.name, lambda _: None)
    assert {"DIRECTORY_GAP", "DIRECTORY_SHORT"} <= codes(verify_history(none))


def test_a_key_counts_as_it_did_at_the_position_that_admission_noted() -> None:
    """Revoked later, it stays good for what came before; a revocation smuggled in before the report does not."""
    police = SOUND.admitted("police", 1)
    assert KeyRevoke(key_id=POLICE.key_id).entry_id in {
        (record.key or b"").decode() for record in SOUND.records[DIRECTORY.name]
    }
    later = codec("admitted").decode((police.value or b"")[5:])
    later["admission"]["directory_offset"] = len(SOUND.records[DIRECTORY.name])
    value = (police.value or b"")[:5] + codec("admitted").encode(later)
    spoilt = SOUND.spoil(INCIDENTS.name, lambda each: replace(each, value=value) if each == police else each)
    assert wheres(verify_history(spoilt), "KEY_NOT_GOOD") == [where(police)]


def test_a_schema_that_was_changed_is_found() -> None:
    """The dictionary says the SHA-256 of each schema."""
    first = SOUND.records[SCHEMAS.name][0]
    entry = codec("schema_entry").decode((first.value or b"")[5:])
    entry["schema"] = entry["schema"].replace("Incident", "Incidemt")
    value = (first.value or b"")[:5] + codec("schema_entry").encode(entry)
    verdict = verify_history(
        SOUND.spoil(SCHEMAS.name, lambda each: replace(each, value=value) if each == first else each)
    )
    assert codes(verdict) == {"UNREADABLE"}


def test_founders_that_are_not_trusted_are_found() -> None:
    """Who makes up a whole deployment signs it with keys of its own."""
    assert codes(verify_history(SOUND, [CUSTOMS.key_id])) == {"FOREIGN_DIRECTORY"}
    assert codes(verify_history(SOUND, [key.key_id for key in ADMINISTRATORS])) == set()


def test_many_records_are_checked_in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings name the same records."""
    monkeypatch.setattr(bulk, "_PAYS", 1)
    monkeypatch.setattr(bulk, "_PART", 3)
    victim = SOUND.admitted("one-3", 1)
    forged = forge(victim, NEVER)
    verdict = verify_history(SOUND.spoil(INCIDENTS.name, lambda each: forged if each == victim else each))
    assert wheres(verdict, "UNKNOWN_KEY") == [where(victim)]
