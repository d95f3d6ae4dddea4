"""Who may change the directory, what is in it at the start, what changes, and what nobody should believe."""

from dataclasses import replace
from functools import cache
from random import Random

from schemas.codec import codec, frame
from schemas.directory import both_steps, signed_act
from schemas.directory.commands import AgencyAdd, AgencyRestore, AgencySuspend, KeyRegister
from schemas.identity import canonical_schema
from schemas.keys import SigningKey
from schemas.topics import DIRECTORY, SCHEMAS
from stream_processors.runtime import Output
from tests.simulation.agencies import PARTITIONS_USED, references
from tests.unit.stream_processors.world import COUNTRIES, CUSTOMS, DICTIONARY, HERE, NEVER, POLICE, body, submission

AGENCIES = {"nzl-customs": CUSTOMS, "aus-police": POLICE}
POISON = b"poison"
ONE, _TWO = SigningKey(b"\x11" * 32), SigningKey(b"\x12" * 32)
SECRETARIAT, HQ = "hq", SigningKey(b"\x13" * 32)


@cache
def founding() -> list[Output]:
    """The records of the directory before anything is submitted, and those of the dictionary."""
    named = {key.key_id: key.public.hex() for key in (ONE, _TWO)}
    acts = [signed_act(HERE, "GENESIS", "GENESIS", "administrators", {"administrators": named}, ONE)]
    for agency, key in (*AGENCIES.items(), (SECRETARIAT, HQ)):
        kind, country = ("CUSTOMS", COUNTRIES[agency]) if agency in AGENCIES else ("SECRETARIAT", None)
        add = AgencyAdd(agency_id=agency, name=agency, agency_type=kind, country=country)
        register = KeyRegister(key_id=key.key_id, agency_id=agency, public=key.public.hex())
        for command in (add, register):
            acts += both_steps(HERE, command.kind, command.entry_id, command.body(), ONE, _TWO)
    return [_output(DIRECTORY.name, "directory_act", act) for act in acts] + [
        _output(
            SCHEMAS.name,
            "schema_entry",
            {
                "schema_id": id_,
                "subject": DICTIONARY.subjects[id_],
                "sha256": DICTIONARY.fingerprints[id_],
                "schema": canonical_schema(schema).decode(),
            },
        )
        for id_, schema in DICTIONARY.schemas.items()
    ]


def _output(topic: str, kind: str, fields: dict[str, object]) -> Output:
    return Output(topic, 0, None, frame(DICTIONARY.id_of(kind)) + codec(kind).encode(fields))


def change(random: Random, number: int) -> list[Output]:
    """A change of the directory: an agency is suspended or restored. One or two records."""
    kind: type[AgencySuspend | AgencyRestore] = random.choice((AgencySuspend, AgencyRestore, AgencyRestore))
    return _change(kind, random.choice(sorted(AGENCIES)), number)


@cache
def _change(kind: type[AgencySuspend | AgencyRestore], agency: str, number: int) -> list[Output]:
    command = kind(agency_id=agency, act_id=str(number))
    if command.signers == "two":
        acts = both_steps(HERE, command.kind, command.entry_id, command.body(), ONE, _TWO)
    else:
        acts = [signed_act(HERE, "ACT", command.kind, command.entry_id, command.body(), ONE)]
    return [_output(DIRECTORY.name, "directory_act", act) for act in acts]


@cache
def unbelievable() -> list[Output]:
    """Submissions that must not be accepted, in the partitions used."""
    own = body(references("nzl-customs")[0])
    foreign = body(references("aus-police")[0], agency="aus-police")
    good = submission(own)
    where = (good.partition + 1) % PARTITIONS_USED
    return [
        submission(own, NEVER),
        submission(own, POLICE),
        submission(own, NEVER, ionics_kid=CUSTOMS.key_id.encode()),
        submission(foreign, CUSTOMS),
        replace(good, partition=where),
        submission(b"rubbish", partition=where),
        replace(good, value=(good.value or b"") + b"\x00"),
        replace(good, headers=(*good.headers, ("poison", POISON))),
    ]
