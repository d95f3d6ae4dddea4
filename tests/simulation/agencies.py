"""Agencies: what they report, amend, withdraw and repeat, through the real builder, outbox and delivery."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from producers.building import IncidentBuilder, Submission
from producers.delivery import Delivery
from producers.kafka_sender import KafkaSender
from producers.outbox import Envelope, Outbox
from schemas.errors import IonicsError, LogError
from schemas.identity import incident_id, partition_of
from schemas.incident import IncidentContent, validate_content
from schemas.keys import SigningKey
from schemas.known_schemas import KnownSchemas
from schemas.settings import Settings
from schemas.topics import SCHEMAS
from stream_processors.runtime import following_schemas
from tests.simulation.broker import Broker
from tests.simulation.client import SimulatedClient
from tests.simulation.faults import Crashed
from tests.simulation.following import SimulatedTopic
from tests.simulation.process import Process
from tests.unit.stream_processors.world import COUNTRIES, HERE

PARTITIONS_USED = 3
"""Incidents are named so that they fall into the first few partitions: they meet each other there."""

_SUBSTANCES = ("fentanyl", "ketamine", "nobody knows")


@cache
def content(substance: str, amount: str) -> IncidentContent:
    """What an officer states."""
    return validate_content(
        {
            "incident_type": "SEIZURE",
            "occurred_on": datetime(2023, 11, 4, tzinfo=UTC).date(),
            "location": {"country_text": "New Zealand", "place_text": "Auckland"},
            "items": [{"substance_text": substance, "amount_text": amount, "unit_text": "g"}],
            "tlp": "GREEN",
            "audience": ["COMMUNITY"],
        }
    )


@cache
def references(agency: str) -> list[str]:
    """Some references of an agency whose incidents fall into the partitions used."""
    names = (f"r{number}" for number in range(1000))
    return [r for r in names if partition_of(incident_id(HERE, agency, r).encode()) < PARTITIONS_USED][:30]


class SimulatedSender(KafkaSender):
    """That of the SDK, with a library that is not one, few reports at once, and the clock of the scheduler."""

    batch = 3

    def __init__(self, agency: str, broker: Broker, process: Process) -> None:
        schemas = KnownSchemas(following_schemas(SimulatedTopic(broker, process, SCHEMAS.name, lambda: None)))

        def client(settings: dict[str, Any]) -> Any:  # as much of a producer as is used
            return SimulatedClient(broker, process, settings)

        super().__init__(
            Settings(Path(), bootstrap="the scheduler"),
            agency,
            schemas,
            client,
            lambda: process.scheduler.now_ms / 1000,
        )


class Agency:
    """One agency with its outbox.

    Attributes:
        kept: what was durable in the outbox, in order: incident and signature.
        done: whether it has stated all it will, and its outbox is empty.
    """

    def __init__(
        self,
        name: str,
        key: SigningKey,
        folder: Path,
        broker: Broker,
        process: Process,
        sender: type[SimulatedSender] = SimulatedSender,
    ) -> None:
        self._sender = sender
        self.name, self._path = name, folder / name / "outbox"
        self._broker, self._process = broker, process
        self._random = process.scheduler.random
        self.kept: list[tuple[str, bytes]] = []
        self.waiting, self.done = 0, False
        self._known: list[Submission] = []
        self._builder = IncidentBuilder(HERE, name, COUNTRIES[name], key, "desk", self._now, self._random.randbytes)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._process.scheduler.now_ms / 1000, UTC)

    def act(self, acts: int) -> None:
        """Report and deliver for so many acts, through crashes of this process; then deliver until all is delivered."""
        done = 0
        while done < acts or self.waiting:
            try:
                outbox = Outbox(self._path, HERE, self.name)
            except IonicsError:
                continue
            delivery = Delivery(outbox, self._sender(self.name, self._broker, self._process), lambda: None)
            try:
                while done < acts or self.waiting:
                    done += 1
                    if done <= acts:
                        self._state(outbox)
                    if done >= acts or self._random.random() < 0.6:
                        self._deliver(delivery)
                    self.waiting = outbox.count()
            except Crashed:
                self._process.scheduler.note("  starts again")
            finally:
                self.waiting = outbox.count()
                outbox.close()
            self._process.scheduler.sleep(self._random.randrange(1, 2_000))
        self.done = True

    def _deliver(self, delivery: Delivery) -> None:
        try:
            delivery.deliver(3600)
        except LogError as error:
            self._process.scheduler.note(f"  not delivered: {error}")
            self._process.scheduler.sleep(self._random.randrange(1, 500))

    def _state(self, outbox: Outbox) -> None:
        for submission, envelope in self._stated():
            outbox.append([envelope])
            self.kept.append((envelope.incident_id, envelope.signature))
            self._known.append(submission)

    def _stated(self) -> list[tuple[Submission, Envelope]]:
        """One or two revisions. The officer amends any revision known, so gaps, conflicts and repetitions come up."""
        random = self._random
        amount = str(random.randrange(1, 4))
        what = random.choice(("report", "report", "amend", "amend", "withdraw", "repeat"))
        known = random.choice(self._known) if self._known else None
        if what == "report" or known is None:
            reference = random.choice(references(self.name))
            return [self._builder.report(content(random.choice(_SUBSTANCES), amount), reference)]
        if what == "withdraw":
            return [self._builder.withdraw(known.incident, known, "an error")]
        changed = content(known.incident.items[0].substance_text, amount)
        amended = self._builder.amend(known.incident, known, changed, "weighed again")
        if what == "repeat":
            return [amended, self._builder.amend(amended[0].incident, amended[0], changed, "weighed once more")]
        return [amended]
