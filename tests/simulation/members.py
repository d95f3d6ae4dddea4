"""The tables of members in memory, what is told of members in a seed, and what the tables must hold at each commit."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from random import Random

from projections.members.projector import openings
from projections.members.sink import Opening, positions_of
from schemas.codec import codec, frame
from schemas.delegation import DelegationLink, DelegationLinks
from schemas.directory import Directory, Members, signed_act
from schemas.directory.commands import GroupSet
from schemas.errors import ProjectionError
from schemas.identity import incident_id
from schemas.reading import Record
from schemas.topics import ACCESS, DELEGATIONS, DIRECTORY, DIRECTORY_CLOSED
from stream_processors.runtime import Output, Partition
from tests.simulation.agencies import references
from tests.simulation.broker import Broker
from tests.simulation.parties import AGENCIES, HQ, ONE, SECRETARIAT
from tests.simulation.process import Process
from tests.unit.stream_processors.world import DICTIONARY, HERE

TOPICS = (DIRECTORY, DIRECTORY_CLOSED, ACCESS, DELEGATIONS)


@dataclass
class MemberTables:
    """What is committed."""

    positions: dict[str, int] = field(default_factory=dict)
    suspended: dict[str, bool] = field(default_factory=dict)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    opened: set[Opening] = field(default_factory=set)
    links: dict[tuple[str, str], DelegationLink] = field(default_factory=dict)


class MemoryMembers:
    """See `projections.members.MembersSink`. Each transaction takes effect at once when it is committed.

    Args:
        on_commit: called after each transaction.
    """

    def __init__(self, tables: MemberTables, process: Process, on_commit: Callable[[], None] = lambda: None) -> None:
        self._tables, self._process, self._on_commit = tables, process, on_commit

    def opened_up_to(self) -> int:
        """See `MembersSink.opened_up_to`."""
        self._process.call("position of the access log")
        return self._tables.positions.get(ACCESS.name, 0)

    def write(self, members: Members) -> None:
        """See `MembersSink.write`."""
        self._begin("members")
        self._move(positions_of(members))
        self._tables.suspended = {each.agency_id: each.suspended for each in members.directory.agencies.values()}
        self._tables.groups = {each.group_id: each.members for each in members.groups.values()}
        self._end()

    def write_links(self, links: Iterable[DelegationLink], following: int) -> None:
        """See `MembersSink.write_links`."""
        self._begin("links")
        self._move({DELEGATIONS.name: following})
        self._tables.links = {(link.delegated_id, link.agency_id): link for link in links}
        self._end()

    def keep_opened(self, openings: Sequence[Opening], following: int) -> None:
        """See `MembersSink.keep_opened`."""
        self._begin("openings")
        self._move({ACCESS.name: following})
        self._tables.opened |= set(openings)
        self._end()

    def _begin(self, what: str) -> None:
        self._process.call(f"write {what}")
        if self._process.faults.happens("database refuses"):
            raise ProjectionError("the database refused")

    def _move(self, positions: dict[str, int]) -> None:
        if any(self._is_behind(topic, following) for topic, following in positions.items()):
            raise ProjectionError("another one has come further")
        self._tables.positions |= positions

    def _is_behind(self, topic: str, following: int) -> bool:
        return following < self._tables.positions.get(topic, 0)

    def _end(self) -> None:
        self._on_commit()
        if self._process.faults.happens("answer lost"):
            raise ProjectionError("the connection was lost after the commit")


def told(random: Random, number: int) -> Output:
    """Something that is told of members: an incident that was opened, a group, the link of a delegated report."""
    match random.randrange(3):
        case 0:
            return _opened(random.randrange(20), random.choice(sorted(AGENCIES)))
        case 1:
            return _group(number, random.random() < 0.5)
        case _:
            return _link(random.randrange(6), random.randint(1, 3), random.random() < 0.5)


@cache
def _opened(incident: int, agency: str) -> Output:
    id_ = incident_id(HERE, agency, references(agency)[incident])
    entry = {
        "request_id": "r",
        "at": datetime(2023, 11, 14, tzinfo=UTC),
        "channel": "API",
        "action": "DETAIL",
        "focal_point_id": "f",
        "agency_id": agency,
        "purpose": None,
        "query": "{}",
        "positions": None,
        "incident_ids": [id_],
    }
    return _output(ACCESS.name, "access", entry)


@cache
def _group(number: int, both: bool) -> Output:  # a cache wants positions
    members = sorted(AGENCIES)[: 1 + both]
    command = GroupSet(group_id="lab", name="Lab", members=members, act_id=str(number))
    act = signed_act(HERE, "ACT", command.kind, command.entry_id, command.body(), ONE)
    return _output(DIRECTORY_CLOSED.name, "directory_act", act)


@cache
def _link(report: int, revision: int, published: bool) -> Output:  # a cache wants positions
    owner = min(AGENCIES)
    link = DelegationLink(
        delegated_id=incident_id(HERE, owner, references(owner)[report]),
        owner=owner,
        agency_id=SECRETARIAT,
        source_ref=f"published {report}",
        delegated_revision=revision,
        state="PUBLISHED" if published else "RESERVED",
    )
    return _output(DELEGATIONS.name, "delegation_link", link.signed(HERE, HQ))


def _output(topic: str, kind: str, fields: dict[str, object]) -> Output:
    return Output(topic, 0, None, frame(DICTIONARY.id_of(kind)) + codec(kind).encode(fields))


def expected(broker: Broker, positions: dict[str, int]) -> MemberTables:
    """The tables that are the fold of exactly what lies before some positions."""

    def before(topic: str) -> list[Record]:
        return list(broker.logs[Partition(topic, 0)].committed(0, positions.get(topic, 0)))

    directory = Directory(HERE).fold(before(DIRECTORY.name))
    members = Members(directory).fold(before(DIRECTORY_CLOSED.name))
    return MemberTables(
        dict(positions),
        {each.agency_id: each.suspended for each in directory.agencies.values()},
        {each.group_id: each.members for each in members.groups.values()},
        {opening for record in before(ACCESS.name) for opening in openings(record)},
        DelegationLinks(directory).fold(before(DELEGATIONS.name)).links,
    )
