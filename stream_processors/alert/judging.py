"""The alerts as facts come in: after each one only the units that it touches are judged again.

What is told is a function of the set of facts: detectors judge units from files, and who sees a class of policy beside
the community's gets what follows from the two together, where the community's alone does not say as much.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from schemas.identity import alert_id
from schemas.policies import COMMUNITY_CLASS
from schemas.special_alert import SpecialAlert
from schemas.watch import Watch
from stream_processors.alert.book import Book, Entry, Filing, Kept, Known, View
from stream_processors.alert.detector import Detector, Unit
from stream_processors.alert.facts import Fact, Revised
from stream_processors.alert.finding import SEVERITIES, Finding
from stream_processors.alert.finds import Finds
from stream_processors.alert.first_seen import FirstSeen
from stream_processors.alert.new_route import NewRoute
from stream_processors.alert.special import Specials
from stream_processors.alert.stoppable import Stoppable
from stream_processors.alert.surge import Surge
from stream_processors.alert.unknown_name import UnknownName
from stream_processors.alert.watched import Watched
from stream_processors.alert.watching import revised
from stream_processors.match.cases.drafts import DraftMap

_WATCHED, _SPECIALS = Watched(), Specials()
DETECTORS: tuple[Detector, ...] = (
    FirstSeen(),
    UnknownName(),
    Surge(),
    NewRoute(),
    Finds(),
    Stoppable(),
    _WATCHED,
    _SPECIALS,
)
_OF_INCIDENTS = ("find", "stop")
"""Units of one incident each: too many to be remembered where nothing is found."""


class Told(NamedTuple):
    """What is told, and under which policies beside the community's."""

    finding: Finding
    classes: tuple[int, ...]


Standing = Mapping[str, Told]
"""Alert id → what is told."""


class KeptAlerts:
    """The facts of all committed records, and what units tell as far as they were judged."""

    def __init__(self) -> None:
        self.book = Kept()
        self.judged: dict[Unit, Standing] = {}


class Change(NamedTuple):
    """What an alert said and says; None for nothing."""

    alert_id: str
    was: Told | None
    now: Told | None


class Alerting:
    """The alerts of all committed facts and of some that are not; `commit` takes these over."""

    def __init__(self, kept: KeptAlerts, detectors: Sequence[Detector] = DETECTORS) -> None:
        self._detectors = detectors
        self._by_name = {detector.name: detector for detector in detectors}
        self.book = Book(kept.book)
        self._judged = DraftMap(kept.judged)

    def take(self, given: Revised) -> list[Change]:
        """Take in a revision of an incident."""
        id_ = given.fact.incident_id
        known = self.book.incidents.get(id_)
        later = after(known, given)
        if later == known:
            return []
        was, now = known.fact if known else None, later.fact
        if now is not None:
            self.book.policies.put(now.policy_class, (now.owner, now.audience))
        if was == now:
            self.book.incidents.put(id_, later)
            return []

        def put(known: Known | None, was: Fact | None, now: Fact | None) -> None:
            self.book.incidents.put(id_, known)
            for fact, change in ((was, self.book.remove), (now, self.book.add)):
                if fact is not None:
                    change(fact, filings(fact, self._detectors))
            for fact in (was, now):
                if fact is not None:
                    for detector in self._detectors:
                        detector.changed(self.book, fact)

        facts = [fact for fact in (was, now) if fact is not None]
        return self._changes(
            lambda: [unit for fact in facts for each in self._detectors for unit in each.units(self.book, fact)],
            lambda: put(later, was, now),
            lambda: put(known, now, was),
        )

    def take_watch(self, watch: Watch) -> list[Change]:
        """Take in a revision of a watch."""
        known = self.book.watches.get(watch.watch_id)
        now = revised(known, watch)
        if watch.policy_class != COMMUNITY_CLASS:
            self.book.policies.put(watch.policy_class, (watch.agency_id, watch.audience))

        def put() -> None:
            for token in known.tokens if known else ():
                self.book.watched.discard(token, watch.watch_id)
            for token in now.tokens:
                self.book.watched.add(token, watch.watch_id)
            self.book.watches.put(watch.watch_id, now)

        units = [unit for each in (known, now) if each is not None for unit in _WATCHED.units_of(self.book, each)]
        return self._changes(lambda: units, put)

    def take_special(self, said: SpecialAlert) -> list[Change]:
        """Take in a revision of a special alert."""
        if not said.outranks(self.book.specials.get(said.alert_id)):
            return []
        if said.policy_class != COMMUNITY_CLASS:
            self.book.policies.put(said.policy_class, (said.author_agency, said.audience))
        unit = _SPECIALS.name, said.alert_id
        return self._changes(lambda: [unit], lambda: self.book.specials.put(said.alert_id, said))

    def _changes(
        self, units: Callable[[], Iterable[Unit]], change: Callable[[], None], undo: Callable[[], None] | None = None
    ) -> list[Change]:
        """What a change of the facts changes of the alerts."""
        before = {unit: self._standing(unit) for unit in dict.fromkeys(units())}
        change()
        touched = dict.fromkeys((*before, *units()))
        unseen = [unit for unit in touched if unit not in before]
        before |= {unit: known for unit in unseen if (known := self._judged.get(unit)) is not None}
        if undo is not None and len(before) < len(touched):
            undo()
            before |= {unit: self._judge(unit) for unit in touched if unit not in before}
            change()
        found = []
        for unit in touched:
            was, now = before[unit], self._judge(unit)
            self._judged.put(unit, now if now or unit[0] not in _OF_INCIDENTS else None)
            found += [
                Change(id_, was.get(id_), now.get(id_)) for id_ in sorted({*was, *now}) if was.get(id_) != now.get(id_)
            ]
        return found

    def _standing(self, unit: Unit) -> Standing:
        known = self._judged.get(unit)
        return self._judge(unit) if known is None else known

    def _judge(self, unit: Unit) -> Standing:
        return judged(self.book, unit, self._by_name[unit[0]])

    def commit(self) -> None:
        """Take over what was changed."""
        self.book.commit()
        self._judged.commit()


def after(known: Known | None, given: Revised) -> Known:
    """What is known of an incident after one more of its revisions; which one that is does not matter."""
    fact = given.fact
    admitted = dict(known.admitted) if known else {}
    first = admitted.get(fact.policy_class, fact.admitted_ms)
    admitted[fact.policy_class] = min(first, fact.admitted_ms)
    if known is not None and known.revision >= fact.revision:
        current = known.fact
        revision = known.revision
    else:
        current, revision = None if given.withdrawn else fact, fact.revision
    if current is not None and current.admitted_ms != admitted[current.policy_class]:
        current = current._replace(admitted_ms=admitted[current.policy_class])
    return Known(revision, current, admitted)


def filings(fact: Fact, detectors: Sequence[Detector] = DETECTORS) -> Iterator[Filing | Entry]:
    """Where a fact is filed."""
    for detector in detectors:
        yield from detector.filings(fact)


def judged(book: Book, unit: Unit, detector: Detector) -> Standing:
    """What is told of a unit of a detector."""
    found: dict[str, Told] = {}
    said: dict[tuple[str, ...], Finding] = {}
    for finding in detector.findings(unit, View(book)):
        said[(finding.kind, *finding.named)] = finding
        _tell(found, finding, {*finding.classes})
    for class_ in sorted(set(detector.classes(book, unit)) - {COMMUNITY_CLASS}):
        for finding in detector.findings(unit, View(book, class_)):
            known = said.get((finding.kind, *finding.named))
            classes = {class_, *finding.classes}
            news = known is None or classes == {*known.classes} or not _says_as_much(known, finding)
            if class_ in finding.rests_on and news:
                _tell(found, finding, classes)
    return found


def _tell(found: dict[str, Told], finding: Finding, classes: set[int]) -> None:
    id_ = finding.special.alert_id if finding.special else alert_id(finding.kind, finding.named, classes)
    found[id_] = Told(finding, tuple(sorted(classes)))


def _says_as_much(known: Finding, finding: Finding) -> bool:
    """Whether the one makes the other no news: it is as severe, and where each incident is told, it is the same."""
    if finding.every:
        return known == finding
    return SEVERITIES.index(known.severity) >= SEVERITIES.index(finding.severity)
