"""What was told of a world as it came in, beside what is known of it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from stream_processors.alert.detector import Detector
from stream_processors.alert.facts import DAY_MS, Revised
from stream_processors.alert.finding import Finding
from stream_processors.alert.judging import Alerting, KeptAlerts
from tests.accuracy.alerts.world import FIRST_DAY, Introduced, Surged, World

_BATCH = 500
_GRACE_DAYS = 45
"""So long after a surge, or after something began, it counts as found: reports take their time."""


@dataclass
class Telling:
    """What was told.

    Attributes:
        found: alert id → when it was told first, in days since 1970, and what it came to say.
        events: how many revisions there were.
        standing: ids of those that stand in the end.
    """

    found: dict[str, tuple[int, Finding]] = field(default_factory=dict)
    events: int = 0
    standing: set[str] = field(default_factory=set)
    seconds: float = 0.0

    def of(self, kind: str) -> list[tuple[int, Finding]]:
        """The alerts of a kind that were ever told."""
        return [each for each in self.found.values() if each[1].kind == kind]


@dataclass
class Score:
    """How well something was found.

    Attributes:
        delays: days from its beginning to the first alert, of each that was found.
        false: alerts of nothing that is known.
        chances: what could have given a false alarm: weeks of each country and class, or incidents.
    """

    known: int = 0
    told: int = 0
    false: int = 0
    chances: float = 0.0
    delays: list[int] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of what is known that was found."""
        return len(self.delays) / self.known if self.known else 0.0

    @property
    def precision(self) -> float:
        """Share of the alerts that are of something known."""
        return 1 - self.false / self.told if self.told else 1.0

    def add(self, other: "Score") -> None:
        """Take in that of another world."""
        self.known += other.known
        self.told += other.told
        self.false += other.false
        self.chances += other.chances
        self.delays += other.delays


def told(incidents: Sequence[Revised], detectors: Sequence[Detector]) -> Telling:
    """What is told as incidents come in, one at a time."""
    kept, telling = KeptAlerts(), Telling()
    begun = time.process_time()
    for at in range(0, len(incidents), _BATCH):
        alerting = Alerting(kept, detectors)
        for each in incidents[at : at + _BATCH]:
            for change in alerting.take(each):
                telling.events += 1
                if change.now is None:
                    telling.standing.discard(change.alert_id)
                    continue
                day = each.fact.admitted_ms // DAY_MS
                first = telling.found.get(change.alert_id, (day, None))[0]
                telling.found[change.alert_id] = first, change.now.finding
                telling.standing.add(change.alert_id)
        alerting.commit()
    telling.seconds = time.process_time() - begun
    return telling


def surges(world: World, telling: Telling) -> Score:
    """How well surges were found: an alert is of one in the same country and class at the time."""
    days = max(each.fact.last_day for each in world.incidents) - FIRST_DAY
    cells = {(each.fact.country, item.substance_class) for each in world.incidents for item in each.fact.items}
    score = Score(known=len(world.surges), chances=len(cells) * days / 7)
    alerts = telling.of("SURGE")
    score.told = len(alerts)
    hit: set[Surged] = set()
    for day, finding in sorted(alerts, key=lambda each: each[0]):
        of = [each for each in world.surges if _is_of(each, day, finding)]
        score.false += not of
        for surge in of:
            if surge not in hit:
                hit.add(surge)
                score.delays.append(max(0, day - surge.first_day))
    return score


def _is_of(surge: Surged, day: int, finding: Finding) -> bool:
    return (surge.country, surge.class_) == finding.named[:2] and (
        surge.first_day <= day <= surge.last_day + _GRACE_DAYS
    )


def introduced(known: Sequence[Introduced], telling: Telling, kind: str) -> Score:
    """How well things that begin were found; false is what did not stand in the end, for it was not the first."""
    alerts = sorted(telling.of(kind), key=lambda each: each[0])
    standing = sum(telling.found[id_][1].kind == kind for id_ in telling.standing)
    score = Score(known=len(known), told=len(alerts), false=len(alerts) - standing)
    for each in known:
        names = (each.what,) if kind == "FIRST_SEEN" else (each.what, each.country)
        day = next((day for day, finding in alerts if finding.named[: len(names)] == names), None)
        if day is not None and day <= each.first_day + 2 * _GRACE_DAYS:
            score.delays.append(max(0, day - each.first_day))
    return score
