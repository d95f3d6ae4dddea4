"""Hostile submissions through the real stage of admission: each is decided, none gets through, none blocks another.

Not judged by the code under test: what is accepted must be, byte for byte, what the agency that owns it signed, as
libsodium and fastavro see it; and the honest report in each batch must be accepted.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from schemas.codec import FRAME_BYTES, codec
from schemas.columnar import ColumnarDecoder
from schemas.identity import incident_id, partition_of, signed_message
from schemas.reading import Record
from schemas.topics import DEAD_LETTERS, DECISIONS, INCIDENTS, SUBMISSIONS
from stream_processors.admit import Admission
from stream_processors.runtime import MemoryCluster, MemoryLog, Output, Partition
from tests.adversary.mutations import mutated, spoilt
from tests.unit.stream_processors.world import (
    COUNTRIES,
    CUSTOMS,
    DICTIONARY,
    HERE,
    INCIDENT_ID,
    POLICE,
    FakeSources,
    body,
    submission,
)

BATCH = 200
_AGENCY_OF = {CUSTOMS.key_id: ("nzl-customs", CUSTOMS), POLICE.key_id: ("aus-police", POLICE)}
_DECODER = ColumnarDecoder(DICTIONARY.schemas[INCIDENT_ID])


class BreachError(AssertionError):
    """Something hostile got through, or blocked an honest report."""


def fuzz(seed: int, inputs: int) -> Iterator[Counter[str]]:
    """Run batches of hostile submissions until so many were tried; gives the outcomes of each batch.

    Raises:
        BreachError: a guarantee does not hold; names seed and batch.
    """
    for number in range(-(-inputs // BATCH)):
        chance = Random(f"{seed} {number}")  # noqa: S311  # repeatable, not secret
        try:
            yield _batch(chance)
        except Exception as error:
            raise BreachError(f"seed {seed}, batch {number}: {error!r}") from error


def _batch(chance: Random) -> Counter[str]:
    stated = [body(f"r{n}", agency=agency) for n in range(4) for agency in COUNTRIES]
    signers = {"nzl-customs": CUSTOMS, "aus-police": POLICE}
    honest = [_record(submission(each, signers[each["agency_id"]]), n) for n, each in enumerate(stated)]
    values = [record.value or b"" for record in honest]
    hostile = [spoilt(chance, chance.choice(honest[:-1]), values) for _ in range(BATCH)]
    hostile.insert(chance.randrange(BATCH), honest[-1])
    records = [replace(record, offset=offset) for offset, record in enumerate(hostile)]
    outputs = _admission(records)
    decisions = _decisions(records, outputs)
    sent = records[next(n for n, record in enumerate(hostile) if record is honest[-1])]
    if decisions[sent.partition, sent.offset]["outcome"] not in {"ACCEPTED", "DUPLICATE"}:
        raise BreachError(f"an honest report was refused: {decisions[sent.partition, sent.offset]}")
    _check_admitted(records, decisions, outputs)
    _check_columns(chance, values)
    return Counter(decision["code"] or decision["outcome"] for decision in decisions.values())


def _record(output: Output, offset: int) -> Record:
    return Record(
        SUBMISSIONS.name, output.partition, offset, 1_700_000_000_000, output.key, output.value, output.headers
    )


def _admission(records: list[Record]) -> list[Output]:
    stage = Admission(FakeSources())
    log = MemoryLog(MemoryCluster(), "fuzzing", SUBMISSIONS.name, 12)
    stage.restore(log, {Partition(SUBMISSIONS.name, number): 0 for number in range(12)})
    return stage.process(records).outputs


def _decisions(records: list[Record], outputs: list[Output]) -> dict[tuple[int, int], dict[str, Any]]:
    """The one decision of each submission, which lies in the partition of the same number."""
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for output in outputs:
        if output.topic == DECISIONS.name:
            decision = codec("decision").decode((output.value or b"")[FRAME_BYTES:])
            place = decision["submission_partition"], decision["submission_offset"]
            if place in found or place[0] != output.partition:
                raise BreachError(f"submission {place} was decided twice, or elsewhere")
            found[place] = decision
    if set(found) != {(record.partition, record.offset) for record in records}:
        raise BreachError("a submission has no decision, or a decision has no submission")
    return found


def _check_admitted(
    records: list[Record], decisions: dict[tuple[int, int], dict[str, Any]], outputs: list[Output]
) -> None:
    admitted = {output.value for output in outputs if output.topic == INCIDENTS.name}
    parked = sum(output.topic == DEAD_LETTERS.name for output in outputs)
    if parked != sum(decision["outcome"] == "UNVERIFIED" for decision in decisions.values()):
        raise BreachError("the dead letters are not the submissions that do not verify")
    kept = 0
    for record in records:
        decision = decisions[record.partition, record.offset]
        if decision["outcome"] == "UNVERIFIED":
            if any(decision[name] is not None for name in ("agency_id", "incident_id", "signed_digest")):
                raise BreachError("a decision uses what does not verify")
            continue
        headers = dict(record.headers)
        agency, key = _AGENCY_OF[headers["ionics-kid"].decode()]
        signed = (record.value or b"")[FRAME_BYTES:]
        event_type = headers["ce_type"].decode().removeprefix("ionics.incident.")
        try:
            VerifyKey(key.public).verify(
                signed_message(HERE, event_type, DICTIONARY.fingerprints[INCIDENT_ID], signed), headers["ionics-sig"]
            )
        except BadSignatureError:
            raise BreachError(f"decided {decision['outcome']} without a good signature") from None
        if decision["agency_id"] != agency:
            raise BreachError(f"signed by {agency}, decided for {decision['agency_id']}")
        if decision["outcome"] in {"ACCEPTED", "SUPERSEDED"}:
            kept += 1
            _check_incident(record, signed, agency, admitted)
    if kept != len(admitted):
        raise BreachError(f"{kept} submissions were accepted, {len(admitted)} incidents written")


def _check_incident(record: Record, signed: bytes, agency: str, admitted: set[bytes | None]) -> None:
    incident = codec("incident").decode(signed)
    if codec("incident").encode(incident) != signed:
        raise BreachError("an incident was admitted whose bytes are not canonical")
    if not any((value or b"").endswith(signed) for value in admitted):
        raise BreachError("an incident was admitted with other bytes than were signed")
    own = incident_id(HERE, agency, incident["source_ref"])
    if incident["agency_id"] != agency or incident["incident_id"] != own:
        raise BreachError(f"{agency} got an incident admitted that is not its own")
    if record.key != own.encode() or record.partition != partition_of(own.encode()):
        raise BreachError("an incident was admitted from a partition that is not its own")


def _check_columns(chance: Random, values: list[bytes]) -> None:
    """Readers meet only what was admitted; a damaged log must be a fault of its value all the same."""
    damaged = [values[0], *(mutated(chance, value, values) for value in values), values[-1]]
    decoded = _DECODER.decode(INCIDENT_ID, damaged)
    if 0 in decoded.faults or len(damaged) - 1 in decoded.faults:
        raise BreachError("damage spread to an undamaged value")
    if decoded.columns.height + len(decoded.faults) != len(damaged):
        raise BreachError("a damaged value is neither a row nor a fault")
