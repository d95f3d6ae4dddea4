"""Submissions spoilt in every part: bytes, frame, headers, key, partition, and bodies signed by a hostile agency."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from schemas.codec import FRAME_BYTES, MAX_SUBMISSION_BYTES, avro_long
from schemas.identity import PARTITIONS, signed_message
from schemas.reading import Record
from tests.unit.stream_processors.world import CUSTOMS, DICTIONARY, HERE, INCIDENT_ID, NEVER, POLICE

# Avro longs: small ones, negative counts, the ends of 32 and 64 bits, one beyond 64, and one that never ends.
_NUMBERS = (
    *(avro_long(number) for number in (0, 1, 2, 63, 64, 127, 128, 2**31 - 1, 2**31, 2**53, 2**63 - 1, 2**70)),
    *(b"\x01", b"\x03", b"\x7f", b"\xff\xff\xff\xff\x0f", b"\xff" * 9 + b"\x01", b"\x80" * 30),
)
_TEXTS = (b"'; DROP TABLE incident; --", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"${jndi:ldap://x}", b"\r\nce_type: x")
_HEADERS = ("ionics-sig", "ionics-kid", "ionics-alg", "ce_type", "ce_id", "ionics-dl-stage", "")


def spoilt(chance: Random, record: Record, others: Sequence[bytes]) -> Record:
    """One submission made hostile; now and then only its unsigned parts are, so that it may still be admitted."""
    return chance.choice((_bytes, _bytes, _signed_body, _signed_body, _headers, _elsewhere, _frame, _size))(
        chance, record, others
    )


def mutated(chance: Random, value: bytes, others: Sequence[bytes]) -> bytes:
    """Bytes with one to four changes: flips, cuts, copies, splices, numbers and texts put in or written longer."""
    changed = bytearray(value)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(changed) + 1)
        end = min(len(changed), place + chance.randrange(12))
        how = chance.randrange(7)
        if how == 0 and place < len(changed):
            changed[place] ^= 1 << chance.randrange(8)
        elif how == 1:
            del changed[place:end]
        elif how == 2:
            changed[place:place] = changed[place:end] * chance.choice((1, 2, 50))
        elif how == 3:
            other = chance.choice(others)
            changed[place:end] = other[chance.randrange(len(other)) :][: chance.randrange(80)]
        elif how == 4:
            changed[place:end] = chance.choice(_NUMBERS)
        elif how == 5:
            changed[place:end] = chance.choice(_TEXTS)
        elif place < len(changed):
            changed[place : place + 1] = bytes((changed[place] | 0x80, 0))  # the same number, written longer
    return bytes(changed)


def _bytes(chance: Random, record: Record, others: Sequence[bytes]) -> Record:
    return replace(record, value=mutated(chance, record.value or b"", others))


def _frame(chance: Random, record: Record, _: Sequence[bytes]) -> Record:
    head = chance.choice(
        (b"", b"\x00", b"\x01\x00\x00\x00\x65", chance.randbytes(FRAME_BYTES), b"\x00\xff\xff\xff\xff")
    )
    other = b"\x00" + chance.choice(list(DICTIONARY.schemas)).to_bytes(4, "big")
    return replace(record, value=chance.choice((head, other)) + (record.value or b"")[FRAME_BYTES:])


def _headers(chance: Random, record: Record, _: Sequence[bytes]) -> Record:
    headers = list(record.headers)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(headers) + 1)
        name = chance.choice(_HEADERS)
        value = chance.choice((b"", b"Ed25519", b"none", chance.randbytes(64), b"\xff" * 300, *_TEXTS))
        if chance.random() < 0.4 and headers:
            headers.pop(min(place, len(headers) - 1))
        elif chance.random() < 0.5:
            headers.insert(place, (name, value))
        else:
            headers = [(each, value if each == name else held) for each, held in headers]
    return replace(record, headers=tuple(headers))


def _elsewhere(chance: Random, record: Record, others: Sequence[bytes]) -> Record:
    how = chance.randrange(3)
    if how == 0:
        return replace(record, partition=(record.partition + chance.randrange(1, PARTITIONS)) % PARTITIONS)
    if how == 1:
        return replace(record, key=chance.choice((None, b"", chance.randbytes(40), (record.key or b"").upper())))
    return replace(record, value=chance.choice(others))  # the headers of one with the value of another


def _size(chance: Random, record: Record, _: Sequence[bytes]) -> Record:
    if chance.random() < 0.9:
        return replace(record, value=chance.choice((None, b"", (record.value or b"")[: chance.randrange(12)])))
    return replace(record, value=(record.value or b"").ljust(MAX_SUBMISSION_BYTES + chance.choice((-1, 0, 1)), b"\x00"))


def _signed_body(chance: Random, record: Record, others: Sequence[bytes]) -> Record:
    """A body that its own agency, another one or a stranger signed after spoiling it."""
    body = mutated(chance, (record.value or b"")[FRAME_BYTES:], [other[FRAME_BYTES:] for other in others])
    signer = chance.choice((CUSTOMS, CUSTOMS, POLICE, NEVER))
    event_type = chance.choice(("REPORTED", "REPORTED", "AMENDED", "WITHDRAWN", "", "\x00"))
    deployment = chance.choice((HERE, HERE, HERE, "dev-other", "production"))
    message = signed_message(deployment, event_type, DICTIONARY.fingerprints[INCIDENT_ID], body)
    headers = dict(record.headers) | {
        "ce_type": f"ionics.incident.{event_type}".encode(),
        "ionics-sig": signer.sign(message),
        "ionics-kid": signer.key_id.encode(),
    }
    return replace(record, value=(record.value or b"")[:FRAME_BYTES] + body, headers=tuple(headers.items()))
