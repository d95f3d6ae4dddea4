"""Generated reports with everything in them that a log of this version can hold, from fixed keys and clocks."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from producers.building import IncidentBuilder, Submission
from producers.outbox import Envelope
from schemas.codec import RecordCodec, frame
from schemas.dictionary import SchemaDictionary
from schemas.directory import Directory, signed_act
from schemas.directory.commands import AgencyAdd, AgencySuspend, Command, KeyRegister, KeyRevoke, KeyRotate
from schemas.identity import partition_of, signed_message
from schemas.keys import ALGORITHM, SigningKey
from schemas.topics import DECISIONS, DIRECTORY, INCIDENTS, SCHEMAS, SUBMISSIONS
from stream_processors.admit import GROUP, Admission
from stream_processors.runtime import MemoryCluster, MemoryLog, Output, Partition, Worker
from tests.unit.evidence.history import History, act_records, acts, schema_records
from tests.unit.stream_processors.world import DICTIONARY, HERE, drain

_BEGUN = datetime(2023, 11, 1, tzinfo=UTC)
_COUNTRIES: dict[str, str | None] = {"nzl-customs": "NZL", "aus-police": "AUS", "nld-health": "NLD", "hq": None}
_COMMUNITY = {"audience": ["COMMUNITY"], "tlp": "GREEN"}
_ALONE = {"audience": ["agency:aus-police"], "tlp": "RED"}
_NEIGHBOURS = {"audience": ["country:AUS", "country:NZL"], "tlp": "AMBER"}
_DELEGATED = {"audience": ["agency:hq"], "tlp": "RED", "delegation": _COMMUNITY}


class _Making:
    """Agencies that report, and the admission that decides at once."""

    def __init__(self) -> None:
        self._ticks = count()
        self.keys = {agency: SigningKey(sha256(agency.encode()).digest()) for agency in _COUNTRIES}
        self.directory_records = acts([command for agency in _COUNTRIES for command in self._registered(agency)])
        self.cluster = MemoryCluster()
        log = MemoryLog(self.cluster, GROUP, SUBMISSIONS.name, SUBMISSIONS.partitions)
        self._admitting = Worker(log, Admission(self), 100)

    def directory(self) -> Directory:
        """See `Sources.directory`."""
        return Directory(HERE).fold(self.directory_records)

    def dictionary(self) -> SchemaDictionary:
        """See `Sources.dictionary`."""
        return DICTIONARY

    def _registered(self, agency: str) -> list[Command]:
        kind, key = "SECRETARIAT" if agency == "hq" else "CUSTOMS", self.keys[agency]
        return [
            AgencyAdd(agency_id=agency, name=agency, agency_type=kind, country=_COUNTRIES[agency]),
            KeyRegister(agency_id=agency, key_id=key.key_id, public=key.public.hex()),
        ]

    def change(self, command: Command) -> None:
        """Change the directory by its administrators."""
        self.directory_records += acts([command], len(self.directory_records))

    def rotate(self, agency: str) -> None:
        """Give an agency a new key, signed by its old one."""
        new, at = SigningKey(sha256(self.keys[agency].public).digest()), len(self.directory_records)
        command = KeyRotate(agency_id=agency, key_id=new.key_id, public=new.public.hex(), act_id=f"{at:016x}")
        act = signed_act(HERE, "ACT", command.kind, command.entry_id, command.body(), self.keys[agency])
        self.directory_records += act_records([act], at)
        self.keys[agency] = new

    def builder(self, agency: str) -> IncidentBuilder:
        """What builds and signs for an agency with its key of now."""
        key = self.keys[agency]
        return IncidentBuilder(HERE, agency, _COUNTRIES[agency], key, f"desk-{agency}", self._clock, bytes)

    def _clock(self) -> datetime:
        return _BEGUN + timedelta(minutes=next(self._ticks))

    def submit(self, envelope: Envelope, **headers: bytes) -> None:
        """Send it and let admission decide."""
        key, id_ = envelope.incident_id.encode(), self._schema_id(envelope.fingerprint)
        sent = {
            "ionics-sig": envelope.signature,
            "ionics-kid": envelope.key_id.encode(),
            "ionics-alg": ALGORITHM.encode(),
            "ce_type": f"ionics.incident.{envelope.event_type}".encode(),
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        self.cluster.append(
            Output(SUBMISSIONS.name, partition_of(key), key, frame(id_) + envelope.body, tuple(sent.items()))
        )
        drain(self._admitting)

    def _schema_id(self, fingerprint: str) -> int:
        return next(id_ for id_ in DICTIONARY.ids_of("incident") if DICTIONARY.fingerprints[id_] == fingerprint)

    def report(self, agency: str, number: int, **stated: Any) -> Submission:
        """Report an incident."""
        made, envelope = self.builder(agency).report(_content(number) | stated, f"{agency}/{number}")
        self.submit(envelope)
        return made

    def amend(self, agency: str, known: Submission, **stated: Any) -> Submission:
        """Amend one."""
        made, envelope = self.builder(agency).amend(known.incident, known, stated, "looked at again")
        self.submit(envelope)
        return made

    def withdraw(self, agency: str, known: Submission) -> Submission:
        """Withdraw one."""
        made, envelope = self.builder(agency).withdraw(known.incident, known, "a mistake")
        self.submit(envelope)
        return made

    def old(self, agency: str, number: int, schema_id: int) -> None:
        """Report one under an earlier version of the schema."""
        _, envelope = self.builder(agency).report(_content(number) | _COMMUNITY, f"{agency}/{number}")
        incident = RecordCodec(DICTIONARY.schemas[DICTIONARY.id_of("incident")]).decode(envelope.body)
        earlier, fingerprint = (
            RecordCodec(DICTIONARY.schemas[schema_id]).encode(incident),
            DICTIONARY.fingerprints[schema_id],
        )
        signature = self.keys[agency].sign(signed_message(HERE, envelope.event_type, fingerprint, earlier))
        self.submit(envelope._replace(body=earlier, fingerprint=fingerprint, signature=signature))


def history() -> History:
    """The topics of it, as a source of history."""
    making = _Making()
    for schema_id in sorted(DICTIONARY.ids_of("incident"))[:-1]:
        for number, agency in enumerate(("nzl-customs", "aus-police"), 100 * schema_id):
            making.old(agency, number, schema_id)
    first = {
        agency: [making.report(agency, n, **_COMMUNITY) for n in range(6)] for agency in _COUNTRIES if agency != "hq"
    }
    _revisions(making, first)
    _restricted(making)
    _refused(making)
    making.rotate("nzl-customs")
    making.report("nzl-customs", 20, **_COMMUNITY)
    making.amend("nzl-customs", first["nzl-customs"][5], items=[_item(5, "ketamine")])
    making.change(KeyRevoke(key_id=making.keys["aus-police"].key_id))
    making.report("aus-police", 21, **_COMMUNITY)  # UNVERIFIED
    making.change(AgencySuspend(agency_id="nld-health"))
    making.report("nld-health", 22, **_COMMUNITY)  # UNVERIFIED
    making.report("nzl-customs", 23, **_COMMUNITY)
    found = History({DIRECTORY.name: making.directory_records, SCHEMAS.name: schema_records()})
    for topic in (SUBMISSIONS, INCIDENTS, DECISIONS):
        places = (Partition(topic.name, number) for number in range(topic.partitions))
        found.records[topic.name] = [record for where in places for record in making.cluster.records[where]]
    return found


def _revisions(making: _Making, first: Mapping[str, list[Submission]]) -> None:
    """Amendments, withdrawals, a submission sent again, and revisions that come in another order than made."""
    nzl, aus = first["nzl-customs"], first["aus-police"]
    second = making.amend("nzl-customs", nzl[0], items=[_item(1, "fentanyl"), _item(2, "heroin")])
    making.amend("nzl-customs", second, narrative="by the laboratory")
    making.withdraw("nzl-customs", nzl[1])
    making.withdraw("aus-police", making.amend("aus-police", aus[0], occurred_on=date(2023, 9, 30)))
    builder = making.builder("aus-police")
    late, late_envelope = builder.amend(aus[1].incident, aus[1], {"narrative": "late"}, "looked at again")
    _, latest_envelope = builder.amend(late.incident, late, {"narrative": "latest"}, "and again")
    for envelope in (latest_envelope, latest_envelope, late_envelope, late_envelope):  # DUPLICATE, SUPERSEDED twice
        making.submit(envelope)


def _restricted(making: _Making) -> None:
    """Audiences that are narrowed and widened, and a delegated report with what is published of it."""
    narrowed = making.report("nzl-customs", 10, **_COMMUNITY)
    making.amend("nzl-customs", narrowed, **_ALONE)
    widened = making.report("nzl-customs", 11, **_NEIGHBOURS)
    making.amend("nzl-customs", widened, **_COMMUNITY)
    making.report("nld-health", 12, audience=["group:laboratories"], tlp="AMBER")
    making.report("nld-health", 13, **_DELEGATED)
    making.report("hq", 14, **_COMMUNITY)


def _refused(making: _Making) -> None:
    """What admission rejects, and what it does not believe."""
    _, conflicting = making.builder("nzl-customs").report(_content(77) | _COMMUNITY, "nzl-customs/2")
    making.submit(conflicting)
    _, good = making.builder("nzl-customs").report(_content(78) | _COMMUNITY, "nzl-customs/78")
    making.submit(good, ionics_kid=making.keys["aus-police"].key_id.encode())
    making.submit(good._replace(signature=bytes(64)))


def _content(number: int) -> dict[str, Any]:
    substances = ("methamphetamine", "fentanyl", "ketamine", "isotonitazene", "no such substance")
    return {
        "incident_type": ("SEIZURE", "STOPPED_SHIPMENT", "CLANDESTINE_MANUFACTURE")[number % 3],
        "occurred_on": date(2023, 1 + number % 9, 1 + number % 28),
        "location": {"country_text": ("New Zealand", "Australia", "Fiji")[number % 3], "place_text": "Auckland"},
        "items": [_item(n, substances[(number + n) % len(substances)]) for n in range(1 + number % 3)],
        "route": [{"role": "DEPARTURE", "country_text": "Hong Kong"}, {"role": "DESTINATION", "country": "NZL"}],
        "narrative": f"generated report {number}",
    }


def _item(number: int, substance: str) -> dict[str, Any]:
    unit = ("kg", "g", "tablets")[number % 3]
    return {"substance_text": substance, "amount_text": f"{number + 1}.5", "unit_text": unit}
