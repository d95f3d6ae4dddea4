"""The cases as facts come in: after each one only the cases that it touches are worked out again.

A link that counts from now on joins two cases in time linear in their members; one between members of one case takes
constant time unless it changes seizures. Where links go, the case is searched anew, linear in its members and links.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.judgement import Pair
from stream_processors.match.cases.drafts import DraftMap, DraftSets
from stream_processors.match.cases.fold import DUPLICATE, Edge, Facts, KeptFacts, Standing
from stream_processors.match.cases.graph import UNKNOWN, Case, Neighbour, Order, cases_among, joined
from stream_processors.match.cases.reading import Fact, Link, Moved

CaseKey = tuple[int, str]
"""Class of policy and id of a case."""


class EdgeChange(NamedTuple):
    """How a link counted, and how it does."""

    pair: Pair
    was: Edge | None
    now: Edge | None


@dataclass(frozen=True)
class Step:
    """What one fact changed.

    Attributes:
        before: the cases that it touched, as they were.
        after: the same incidents' cases as they are.
        revised: members that are at another revision.
    """

    before: Mapping[CaseKey, Case]
    after: Mapping[CaseKey, Case]
    edges: list[EdgeChange]
    revised: list[str]


@dataclass
class KeptCases:
    """Facts, links that count, and cases, of all committed records.

    Attributes:
        pairs_of: incident → pairs with a link that counts.
    """

    facts: KeptFacts = field(default_factory=KeptFacts)
    edges: dict[Pair, Edge] = field(default_factory=dict)
    pairs_of: dict[str, set[Pair]] = field(default_factory=dict)
    case_of: dict[str, CaseKey] = field(default_factory=dict)
    cases: dict[CaseKey, Case] = field(default_factory=dict)


class Tracker:
    """The cases of all committed records and of some that are not; `commit` takes these over."""

    def __init__(self, kept: KeptCases) -> None:
        self._facts = Facts(kept.facts)
        self._edges = DraftMap(kept.edges)
        self._pairs_of = DraftSets(kept.pairs_of)
        self._case_of = DraftMap(kept.case_of)
        self._cases = DraftMap(kept.cases)

    def take(self, fact: Fact) -> Step | None:
        """Take in a fact; None where no case changes."""
        named = _incidents(fact)
        stood = {incident_id: self._facts.standings.get(incident_id) for incident_id in named}
        changed: list[EdgeChange] = []
        for pair in sorted(self._facts.take(fact)):
            was, now = self._edges.get(pair), self._facts.edge(pair)
            if was != now:
                changed += _changes(pair, was, now)
                self._put_edge(pair, now)
        moved = [one for one in named if self._case_of.get(one) and stood[one] != self._facts.standings.get(one)]
        if not changed and not moved:
            return None
        if len(changed) == 1 and not moved and changed[0].was is None and changed[0].now is not None:
            before, after = self._join(changed[0].pair, changed[0].now)
        else:
            ends = {incident_id for change in changed for incident_id in change.pair}
            before, after = self._search(ends.union(moved))
        if before != after:
            self._store(before, after)
        revised = [one for one in moved if _revision(stood[one]) != _revision(self._facts.standings.get(one))]
        return Step(before, after, changed, revised)

    def fold(self, fact: Fact) -> None:
        """Take in a fact without looking at cases; `find_all` is called after the last one."""
        self._facts.take(fact)

    def find_all(self, pairs: Iterator[Pair]) -> None:
        """Work out all cases of links that were folded.

        Args:
            pairs: all that have a link.
        """
        incidents: set[str] = set()
        for pair in pairs:
            edge = self._facts.edge(pair)
            if edge is not None:
                self._put_edge(pair, edge)
                incidents.update(pair)
        self._store({}, self._found(incidents))

    def _put_edge(self, pair: Pair, edge: Edge | None) -> None:
        self._edges.put(pair, edge)
        change = self._pairs_of.discard if edge is None else self._pairs_of.add
        for incident_id in pair:
            change(incident_id, pair)

    def _join(self, pair: Pair, edge: Edge) -> tuple[Mapping[CaseKey, Case], Mapping[CaseKey, Case]]:
        keys = [self._case_of.get(incident_id) for incident_id in pair]
        before = {key: case for key in keys if key is not None and (case := self._cases.get(key)) is not None}
        left, right = (
            Case(one, edge.policy_class, {one: one}) if key is None else before[key]
            for one, key in zip(pair, keys, strict=True)
        )
        duplicate = edge.kind == DUPLICATE
        if left is right and not (duplicate and left.canonical[pair[0]] != left.canonical[pair[1]]):
            return before, before
        case = joined(left, right, pair, self.order, duplicate=duplicate)
        return before, {(case.policy_class, case.case_id): case}

    def _search(self, touched: set[str]) -> tuple[Mapping[CaseKey, Case], Mapping[CaseKey, Case]]:
        keys = {key for one in touched if (key := self._case_of.get(one)) is not None}
        before = {key: case for key in keys if (case := self._cases.get(key)) is not None}
        return before, self._found(touched.union(*(case.canonical for case in before.values())))

    def _found(self, incidents: set[str]) -> dict[CaseKey, Case]:
        found = cases_among(incidents, self._neighbours, self.order, self._policy_class)
        return {(case.policy_class, case.case_id): case for case in found}

    def _store(self, before: Mapping[CaseKey, Case], after: Mapping[CaseKey, Case]) -> None:
        for key, case in before.items():
            if key not in after:
                self._cases.put(key, None)
            left = case.canonical.keys() - after[key].canonical.keys() if key in after else case.canonical.keys()
            for member in left:
                self._case_of.put(member, None)
        for key, case in after.items():
            self._cases.put(key, case)
            was = before.get(key)
            for member in case.canonical.keys() - was.canonical.keys() if was else case.canonical:
                self._case_of.put(member, key)

    def _neighbours(self, incident_id: str) -> Iterator[Neighbour]:
        for pair in self._pairs_of.of(incident_id):
            edge = self._edges.get(pair)
            if edge is not None:
                yield Neighbour(pair[0] if pair[1] == incident_id else pair[1], edge.kind == DUPLICATE)

    def _policy_class(self, incident_id: str) -> int:
        return next(edge.policy_class for _, edge in self.edges_of([incident_id]))

    def order(self, incident_id: str) -> Order:
        """The place of an incident by admission."""
        standing = self._facts.standings.get(incident_id)
        return (standing.admitted_at if standing and standing.admitted_at else UNKNOWN, incident_id)

    def revision(self, incident_id: str) -> int:
        """The current revision of an incident."""
        return _revision(self._facts.standings.get(incident_id))

    def link(self, pair: Pair) -> Link | None:
        """The link of a pair at its current revisions."""
        return self._facts.links.get(pair)

    def edge(self, pair: Pair) -> Edge | None:
        """The link of a pair, if it counts."""
        return self._edges.get(pair)

    def edges_of(self, incidents: Mapping[str, str] | list[str]) -> Iterator[tuple[Pair, Edge]]:
        """The links of some incidents that count; one between two of them comes twice."""
        for incident_id in incidents:
            for pair in self._pairs_of.of(incident_id):
                edge = self._edges.get(pair)
                if edge is not None:
                    yield pair, edge

    def commit(self) -> None:
        """Take over what was changed."""
        self._facts.commit()
        for table in (self._edges, self._case_of, self._cases):
            table.commit()
        self._pairs_of.commit()


def _incidents(fact: Fact) -> tuple[str, ...]:
    """The incidents whose standing a fact may change."""
    if isinstance(fact, Link):
        return fact.pair
    return (fact.incident_id,) if isinstance(fact, Moved) else ()


def _changes(pair: Pair, was: Edge | None, now: Edge | None) -> list[EdgeChange]:
    """A link that goes over to another class is gone from one case, and new in another that knows nothing of it."""
    if was is not None and now is not None and was.policy_class != now.policy_class:
        return [EdgeChange(pair, was, None), EdgeChange(pair, None, now)]
    return [EdgeChange(pair, was, now)]


def _revision(standing: Standing | None) -> int:
    return 0 if standing is None else standing.revision
