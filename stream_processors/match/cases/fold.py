"""Which links count: the fold of links, moved incidents, keys and judgements.

It is a function of the set of records: of an incident the highest revision that anything names is current; of a pair
the judgement that ranks highest holds. Only of one key and class, and of one pair at the same revisions, the last
record holds, and these the matcher writes in order.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from schemas.judgement import Judgement, Pair, Verdict
from stream_processors.match.cases.drafts import DraftMap, DraftSets
from stream_processors.match.cases.reading import Fact, KeyState, Link, Moved

DUPLICATE = "DUPLICATE"
_COMMUNITY_CLASS = 0
_OF_PEOPLE = (Verdict.SAME, Verdict.RELATED)
_NO_PAIRS: frozenset[Pair] = frozenset()


class Standing(NamedTuple):
    """An incident as far as links tell of it.

    Attributes:
        admitted_at: when it was first admitted; None until a link tells.
    """

    revision: int
    withdrawn: bool
    admitted_at: datetime | None


class Edge(NamedTuple):
    """A link that counts, between incidents of one class."""

    policy_class: int
    kind: str
    verdict: str
    duplicate_ppm: int
    related_mbit: int


@dataclass
class KeptFacts:
    """The facts of all committed records.

    Attributes:
        links: of each pair the link at both current revisions; no other one can ever count.
        links_of: incident → pairs that have one.
        closed: key → classes for whose incidents it is closed.
        links_under: key → pairs whose link was found under it.
    """

    standings: dict[str, Standing] = field(default_factory=dict)
    links: dict[Pair, Link] = field(default_factory=dict)
    links_of: dict[str, set[Pair]] = field(default_factory=dict)
    closed: dict[int, set[int]] = field(default_factory=dict)
    links_under: dict[int, set[Pair]] = field(default_factory=dict)
    judgements: dict[Pair, Judgement] = field(default_factory=dict)


class Facts:
    """The facts of all committed records and of some that are not; `commit` takes these over."""

    def __init__(self, kept: KeptFacts) -> None:
        self.standings = DraftMap(kept.standings)
        self.links = DraftMap(kept.links)
        self._links_of = DraftSets(kept.links_of)
        self._closed = DraftSets(kept.closed)
        self._links_under = DraftSets(kept.links_under)
        self._judgements = DraftMap(kept.judgements)

    def take(self, fact: Fact) -> AbstractSet[Pair]:
        """Take in a fact; the pairs of which it may have changed whether they count, and how."""
        if isinstance(fact, Link):
            return self._take_link(fact)
        if isinstance(fact, Moved):
            return self._named(fact.incident_id, fact.revision, withdrawn=fact.withdrawn)
        if isinstance(fact, KeyState):
            change = self._closed.add if fact.closed else self._closed.discard
            change(fact.key, fact.scope)
            return self._links_under.of(fact.key)
        if not fact.outranks(self._judgements.get(fact.pair)):
            return _NO_PAIRS
        self._judgements.put(fact.pair, fact)
        return {fact.pair}

    def _take_link(self, link: Link) -> AbstractSet[Pair]:
        touched = {link.pair}
        for incident_id, revision, at in zip(link.pair, link.revisions, link.admitted_at, strict=True):
            touched |= self._named(incident_id, revision, at)
        for incident_id, revision in zip(link.pair, link.revisions, strict=True):
            standing = self.standings.get(incident_id)
            if standing is None or standing.revision > revision:
                return touched
        self._forget(link.pair)
        self.links.put(link.pair, link)
        for incident_id in link.pair:
            self._links_of.add(incident_id, link.pair)
        for key in link.keys:
            self._links_under.add(key, link.pair)
        return touched

    def _named(
        self, incident_id: str, revision: int, admitted_at: datetime | None = None, *, withdrawn: bool = False
    ) -> AbstractSet[Pair]:
        """An incident is named at a revision: what that changes of it, and the pairs that are touched."""
        known = self.standings.get(incident_id)
        if known is None:
            self.standings.put(incident_id, Standing(revision, withdrawn, admitted_at))
            return _NO_PAIRS
        first = min((at for at in (known.admitted_at, admitted_at) if at is not None), default=None)
        if revision > known.revision:
            self.standings.put(incident_id, Standing(revision, withdrawn, first))
            gone = set(self._links_of.of(incident_id))
            for pair in gone:
                self._forget(pair)
            return gone
        withdrawn = known.withdrawn or (withdrawn and revision == known.revision)
        if (withdrawn, first) == (known.withdrawn, known.admitted_at):
            return _NO_PAIRS
        self.standings.put(incident_id, Standing(known.revision, withdrawn, first))
        return set(self._links_of.of(incident_id))

    def _forget(self, pair: Pair) -> None:
        link = self.links.get(pair)
        if link is None:
            return
        self.links.put(pair, None)
        for incident_id in pair:
            self._links_of.discard(incident_id, pair)
        for key in link.keys:
            self._links_under.discard(key, pair)

    def edge(self, pair: Pair) -> Edge | None:
        """The link of a pair, if it counts and its incidents are of one class."""
        link = self.links.get(pair)
        if link is None or link.classes[0] != link.classes[1]:
            return None
        standings = [self.standings.get(incident_id) for incident_id in pair]
        if any(standing is None or standing.withdrawn for standing in standings):
            return None
        judgement = self._judgements.get(pair)
        verdict = Verdict.NONE if judgement is None else judgement.verdict
        policy_class, kind = link.classes[0], link.kind
        if verdict is Verdict.DIFFERENT:
            return None
        if verdict is Verdict.SAME:
            kind = DUPLICATE
        elif verdict is Verdict.RELATED:
            kind = "RELATED" if kind in ("NONE", DUPLICATE) else kind
        elif link.outcome != "LINKED" or not self._supported(link):
            return None
        said = verdict if verdict in _OF_PEOPLE else Verdict.NONE
        return Edge(policy_class, kind, said.value, link.duplicate_ppm, link.related_mbit)

    def _supported(self, link: Link) -> bool:
        """Whether one of its keys is open for the community and for the classes of both incidents."""
        scopes = {_COMMUNITY_CLASS, *link.classes}
        return any(scopes.isdisjoint(self._closed.of(key)) for key in link.keys)

    def commit(self) -> None:
        """Take over what was changed."""
        for table in (self.standings, self.links, self._judgements):
            table.commit()
        for sets in (self._links_of, self._closed, self._links_under):
            sets.commit()
