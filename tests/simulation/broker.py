"""A broker in memory, with what of Kafka's transactions and groups the guarantees rest on.

Records of a transaction stand in the log from the moment they are written; markers decide them later, partition by
partition. So the last stable offset may lie far before the high watermark. A request that was under way when its
client gave up may still arrive. Requests are refused by the epoch of their producer, and positions of a group by the
member that stores them, never by anything else. Every method is one request and takes effect at once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from schemas.errors import ProducerFencedError
from schemas.reading import Record
from stream_processors.runtime import Output, Partition

if TYPE_CHECKING:
    from tests.simulation.groups import Group


class Fate(Enum):
    """What is known of an entry of the log."""

    OPEN = "open"
    COMMITTED = "committed"
    ABORTED = "aborted"
    MARKER = "marker"


@dataclass
class Entry:
    """What stands at one offset."""

    record: Record | None
    fate: Fate
    writer: str | None = None


class PartitionLog:
    """One partition. An entry's index is its offset.

    Attributes:
        stable: the last stable offset: nothing before it is open.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.stable = 0
        self._open: dict[str, list[int]] = {}

    @property
    def end(self) -> int:
        """The high watermark."""
        return len(self.entries)

    def append(self, record: Record, writer: str | None) -> None:
        """Add a record, open if it has a writer."""
        if writer is not None:
            self._open.setdefault(writer, []).append(self.end)
        self.entries.append(Entry(record, Fate.COMMITTED if writer is None else Fate.OPEN, writer))
        self._settle()

    def decide(self, writer: str, fate: Fate) -> None:
        """Add a marker."""
        for offset in self._open.pop(writer, ()):
            self.entries[offset].fate = fate
        self.entries.append(Entry(None, Fate.MARKER, writer))
        self._settle()

    def _settle(self) -> None:
        self.stable = min((offsets[0] for offsets in self._open.values()), default=self.end)

    def committed(self, start: int, end: int) -> Iterator[Record]:
        """Committed records between two offsets, no further than is stable."""
        for offset in range(start, min(end, self.stable)):
            entry = self.entries[offset]
            if entry.record is not None and entry.fate is Fate.COMMITTED:
                yield entry.record

    def holds_more(self, start: int) -> bool:
        """Whether a committed record can be read from an offset on."""
        return start < self.stable and next(self.committed(start, self.stable), None) is not None


class Phase(Enum):
    """Where the coordinator stands with a transaction."""

    NONE = "none"
    ONGOING = "ongoing"
    DECIDING = "deciding"


@dataclass
class Coordinated:
    """The coordinator's knowledge of one transactional id."""

    epoch: int = 0
    phase: Phase = Phase.NONE
    committing: bool = False
    number: int = 0
    markers: int = 0
    partitions: set[Partition] = field(default_factory=set)
    positions: dict[tuple[str, Partition], int] = field(default_factory=dict)


class Broker:
    """Topics, groups and transactions.

    Args:
        now: the clock, in milliseconds.
        later: has something happen after a delay drawn for it: a marker, a time-out.
    """

    def __init__(self, now: Callable[[], int], later: Callable[[str, Callable[[], None]], None]) -> None:
        self._now, self._later = now, later
        self.logs: dict[Partition, PartitionLog] = defaultdict(PartitionLog)
        self.groups: dict[str, Group] = {}
        self.positions: dict[tuple[str, Partition], int] = {}
        self._coordinated: dict[str, Coordinated] = defaultdict(Coordinated)

    def append(self, out: Output) -> int:
        """Write a record without a transaction; its offset."""
        return self._append(out, None)

    def _append(self, out: Output, writer: str | None) -> int:
        log = self.logs[Partition(out.topic, out.partition)]
        offset = log.end
        log.append(Record(out.topic, out.partition, offset, self._now(), out.key, out.value, out.headers), writer)
        return offset

    def fence(self, id_: str) -> int:
        """A new epoch for a producer, from now on the only good one; what was ongoing is aborted."""
        known = self._coordinated[id_]
        known.epoch += 1
        if known.phase is Phase.ONGOING:
            self._decide(id_, committing=False)
        return known.epoch

    def decided(self, id_: str) -> bool:
        """Whether nothing of a producer is open any more."""
        return self._coordinated[id_].phase is Phase.NONE

    def deciding(self, id_: str) -> bool:
        """Whether markers of a decided transaction are still being written."""
        return self._coordinated[id_].phase is Phase.DECIDING

    def enlist(self, id_: str, epoch: int, partition: Partition) -> None:
        """Take a partition into the transaction, which begins with the first; it must be `decided` or ongoing.

        Raises:
            ProducerFencedError: the epoch is an old one.
        """
        known = self._good(id_, epoch)
        self._ongoing(id_, known)
        known.partitions.add(partition)

    def write(self, id_: str, epoch: int, out: Output) -> None:
        """Write a record in the transaction.

        Raises:
            ProducerFencedError: the epoch is an old one, or its partition is not in the transaction.
        """
        known = self._good(id_, epoch)
        where = Partition(out.topic, out.partition)
        if known.phase is not Phase.ONGOING or where not in known.partitions:
            raise ProducerFencedError(f"{id_}: {where.topic}/{where.number} is in no transaction of this producer")
        self._append(out, id_)

    def store(self, id_: str, epoch: int, member: tuple[str, str, int], positions: Mapping[Partition, int]) -> None:
        """Store positions of a group, as its `member` (group, instance, the number it was given), in the transaction.

        Raises:
            ProducerFencedError: the epoch is an old one, or the group does not know the member any more.
        """
        known = self._good(id_, epoch)
        group, instance, number = member
        if self.groups[group].numbers.get(instance) != number:
            raise ProducerFencedError(f"{group}: {instance} is a member no more")
        self._ongoing(id_, known)
        known.positions |= {(group, where): offset for where, offset in positions.items()}

    def end(self, id_: str, epoch: int, *, committing: bool) -> None:
        """Decide a transaction. Where there is none the last one was decided before, and this is an echo.

        Raises:
            ProducerFencedError: the epoch is an old one, or it was decided otherwise.
        """
        known = self._good(id_, epoch)
        if known.phase is Phase.ONGOING:
            self._decide(id_, committing=committing)
        elif known.committing is not committing:
            raise ProducerFencedError(f"{id_}: the transaction was decided otherwise")

    def unstable(self, group: str, partitions: list[Partition]) -> bool:
        """Whether a transaction that is not decided holds positions of these partitions."""
        wanted = {(group, where) for where in partitions}
        return any(wanted & known.positions.keys() for known in self._coordinated.values())

    def _good(self, id_: str, epoch: int) -> Coordinated:
        known = self._coordinated[id_]
        if known.epoch != epoch:
            raise ProducerFencedError(f"{id_}: epoch {epoch} is fenced by {known.epoch}")
        return known

    def _ongoing(self, id_: str, known: Coordinated) -> None:
        if known.phase is Phase.DECIDING:
            raise ProducerFencedError(f"{id_}: the last transaction is still being decided")
        if known.phase is Phase.NONE:
            known.phase = Phase.ONGOING
            known.number += 1
            number = known.number
            self._later("time-out", lambda: self._time_out(id_, number))

    def _time_out(self, id_: str, number: int) -> None:
        known = self._coordinated[id_]
        if known.phase is Phase.ONGOING and known.number == number:
            self.fence(id_)

    def _decide(self, id_: str, *, committing: bool) -> None:
        known = self._coordinated[id_]
        known.phase, known.committing = Phase.DECIDING, committing
        known.markers = len(known.partitions) + 1
        fate = Fate.COMMITTED if committing else Fate.ABORTED
        for where in sorted(known.partitions):
            self._later("marker", partial(self._mark, id_, where, fate))
        self._later("marker", partial(self._settle, known))

    def _mark(self, id_: str, where: Partition, fate: Fate) -> None:
        self.logs[where].decide(id_, fate)
        self._marked(self._coordinated[id_])

    def _settle(self, known: Coordinated) -> None:
        """The marker in the topic of positions."""
        if known.committing:
            self.positions |= known.positions
        known.positions = {}
        self._marked(known)

    @staticmethod
    def _marked(known: Coordinated) -> None:
        known.markers -= 1
        if not known.markers:
            known.phase, known.partitions = Phase.NONE, set()
