"""Lines of defence taken out, one at a time, to see that the simulation notices."""

from collections.abc import Mapping, Sequence

from deploy.stages import Surroundings
from producers.kafka_sender import Fates
from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from schemas.topics import DIRECTORY, SCHEMAS
from stream_processors.admit import Admission, DirectoryReader
from stream_processors.admit.stage import Admitted
from stream_processors.alert import Alerts
from stream_processors.alert.judging import KeptAlerts
from stream_processors.enrich import Enrichment
from stream_processors.runtime import Log, Partition, Processed, following_schemas
from tests.simulation.agencies import SimulatedSender
from tests.simulation.log import SimulatedLog
from tests.simulation.members import MemoryMembers
from tests.simulation.tables import MemorySink, Place
from tests.simulation.world import Parts


class _NoTransaction(SimulatedLog):
    """Outputs are there for everybody as soon as they are written."""

    def _send_one(self) -> None:
        where = self._process.shuffled(sorted(self._queues))[0]
        self._process.scheduler.point()
        self.broker.append(self._queues[where].pop(0))
        if not self._queues[where]:
            del self._queues[where]


class _NoGuard(MemorySink):
    """The positions of the views are overwritten, whatever they are."""

    def _stands(self, place: Place, old: int) -> bool:  # noqa: ARG002  # that is the mutation
        return True


class _LastStable(SimulatedLog):
    """State is restored up to the last stable offset, which an open transaction holds back."""

    def high_watermark(self, partition: Partition) -> int:
        return min(super().high_watermark(partition), self.broker.logs[partition].stable)


class _NoWait(SimulatedLog):
    """State is restored without regard to what a worker that held the partitions before may still commit."""

    def committed(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        stored = self.broker.positions
        return {where: stored[self._group_name, where] for where in partitions if (self._group_name, where) in stored}


class _FoldedEarly(Admission):
    """What a record changes becomes state as soon as it was looked at."""

    def process(self, batch: Sequence[Record]) -> Processed[Admitted]:
        outputs = []
        for record in batch:
            done = super().process([record])
            self.apply(done.delta)
            outputs += done.outputs
        return Processed(outputs, Admitted())


class _NotRetired(SimulatedLog):
    """The producer goes on after its commit was retried in silence."""

    def _doubted(self) -> None:
        pass


class _AheadForEver(SimulatedLog):
    """What was read while a transaction was open is processed next, however that transaction ended."""

    def resume(self, positions: Mapping[Partition, int]) -> None:
        ahead = self._ahead
        super().resume(positions)
        self._ahead = ahead


class _WithoutLook(Enrichment):
    """Enrichment goes by the stored positions alone."""

    def _last_done(self, log: Log, partition: int) -> int:  # noqa: ARG002  # that is the mutation
        return -1


class _AdmissionByStoredPosition(Admission):
    """Admission goes by the stored positions alone."""

    def restore(self, log: Log, stored: Mapping[Partition, int]) -> dict[Partition, int]:
        super().restore(log, stored)
        return dict(stored)


class _AlertsByStoredPosition(Alerts):
    """Alerts go by the stored positions alone."""

    def restore(self, log: Log, stored: Mapping[Partition, int]) -> dict[Partition, int]:
        super().restore(log, stored)
        self._kept = KeptAlerts()
        return dict(stored)


def _without_look(around: Surroundings) -> Enrichment:
    return _WithoutLook(_following(around), around.reference(), around.generation)


def _following(around: Surroundings) -> KnownSchemas:
    return KnownSchemas(following_schemas(around.topic(SCHEMAS.name)))


def _sources(around: Surroundings) -> DirectoryReader:
    return DirectoryReader(around.deployment, around.topic(DIRECTORY.name), around.topic(SCHEMAS.name))


class _NoGuardOfMembers(MemoryMembers):
    """Members, links and openings are written whatever was written before."""

    def _is_behind(self, topic: str, following: int) -> bool:  # noqa: ARG002  # that is the mutation
        return False


class _UnlessRefused(Fates):
    """What was not refused was taken."""

    def sure(self) -> list[int]:
        return [position for position in self.all() if position not in self.refused]


class _TakenUnlessRefused(SimulatedSender):
    """After a fault a report leaves the outbox unless it was refused."""

    fates = _UnlessRefused


MUTATIONS: dict[str, Parts] = {
    "no transaction": Parts(log=_NoTransaction),
    "no guard of the views' positions": Parts(sink=_NoGuard),
    "no guard of the members' positions": Parts(members=_NoGuardOfMembers),
    "restore to the last stable offset": Parts(log=_LastStable),
    "restore without waiting for other workers": Parts(log=_NoWait),
    "state before commit": Parts(stages={"admit": lambda around: _FoldedEarly(_sources(around))}),
    "no retirement of the producer": Parts(log=_NotRetired),
    "records read ahead outlive a takeover": Parts(log=_AheadForEver),
    "enrichment without a look at its output": Parts(stages={"enrich": _without_look}),
    "admission without a look at its decisions": Parts(
        stages={"admit": lambda around: _AdmissionByStoredPosition(_sources(around))}
    ),
    "alerts without what was before": Parts(
        stages={"alert": lambda around: _AlertsByStoredPosition(_following(around), around.generation)}
    ),
    "acknowledged unless refused": Parts(sender=_TakenUnlessRefused),
}
"""Each with the world in which it is made."""
