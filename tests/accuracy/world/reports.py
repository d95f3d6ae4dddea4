"""The stream of a world: seizures, who reports them, who reports them again, and the truth beside each report."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from random import Random
from typing import Any

from tests.accuracy.world.agencies import Agency, agencies, organisations
from tests.accuracy.world.drawing import Weighted
from tests.accuracy.world.near_misses import near_misses
from tests.accuracy.world.networks import network
from tests.accuracy.world.seizures import Drawing, Near, Seizure
from tests.accuracy.world.writing import Writer

PER_DAY = 27
"""Incidents a day that a community reports, as IONICS' do."""
_LONGEST_DAYS = 3_650
_FIRST = date(2016, 1, 1).toordinal()
_AGAIN = Weighted({"sister": 50, "copy": 28, "abroad": 16, "organisation": 6})
_BLANKED = {"subdivision_text": 0.5, "place_text": 0.15, "route": 0.2, "routing_direction": 0.35, "concealment": 0.1}


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a world is and what it is like.

    Attributes:
        incidents: number of reports, 1,000 to 1,000,000.
        seed: same seed, same world.
        dominant: share of the seizures that the busiest country has.
        again: share of seizures that are reported again.
        near: share of seizures that others look like, close by.
        networked: new networks for each seizure drawn alone.
        days: days that the world lasts; by default as many as give 27 reports a day, ten years at most.
    """

    incidents: int
    seed: int
    dominant: float = 0.3
    again: float = 0.10
    near: float = 0.10
    networked: float = 0.02
    days: int | None = None

    @property
    def length(self) -> int:
        """Days."""
        return self.days or max(30, min(_LONGEST_DAYS, self.incidents // PER_DAY))


@dataclass(frozen=True, slots=True)
class Report:
    """One report and the truth about it.

    Attributes:
        body: the incident's fields, as `schemas.incident.Incident` takes them.
        seizure: the number of the seizure; equal for all reports of it.
        networks: ids of the networks the seizure belongs to.
        near: the group of seizures that it looks like and is none of.
        how: ``first``, or who reported again: sister, copy, abroad or organisation.
        slips: what went wrong in this report, by name.
    """

    body: dict[str, Any]
    seizure: int
    networks: tuple[str, ...]
    near: Near | None
    how: str
    slips: tuple[str, ...]


def reports(scale: Scale) -> Iterator[Report]:
    """The reports of a world, by the day on which they are made."""
    return _Stream(scale).run()


_Due = tuple[int, int, Callable[[int], None]]


@dataclass(slots=True)
class _Stream:
    scale: Scale
    chance: Random = field(init=False)
    drawing: Drawing = field(init=False)
    writer: Writer = field(init=False)
    _due: list[_Due] = field(default_factory=list)
    _sequence: int = 0
    _ready: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = Random(self.scale.seed)  # noqa: S311  # the same world each time, nothing secret
        self.drawing = Drawing(self.chance, self.scale.dominant)
        self.writer = Writer(self.chance)

    def run(self) -> Iterator[Report]:
        made, wanted = 0, self.scale.incidents
        while made < wanted:
            today = _FIRST + made * self.scale.length // wanted
            while self._due and self._due[0][0] <= today:
                day, _, happen = heapq.heappop(self._due)
                happen(day)
            if not self._ready:
                self._seized(self.drawing.seizure(today))
                if self.chance.random() < self.scale.networked:
                    for planned in network(today, self.drawing):
                        self._at(planned.day, partial(self._planned, planned.make))
                if not self._ready and self._due and made == wanted - 1:
                    day, _, happen = heapq.heappop(self._due)
                    happen(day)
            for report in self._ready[: wanted - made]:
                made += 1
                yield report
            self._ready.clear()

    def _at(self, day: int, happen: Callable[[int], None]) -> None:
        self._sequence += 1
        heapq.heappush(self._due, (day, self._sequence, happen))

    def _planned(self, make: Callable[[int], Seizure], day: int) -> None:
        self._seized(make(day))

    def _seized(self, seizure: Seizure) -> None:
        """A seizure happened: it will be reported, perhaps again, and others like it happen."""
        first = _suited(seizure, agencies()[seizure.country], self.chance)
        if seizure.near is None and self.chance.random() < self.scale.near:
            for other in near_misses(seizure, self.drawing):
                self._at(max(other.day, seizure.day), partial(self._like, other, first))
        self._reported(seizure, first)

    def _like(self, seizure: Seizure, who: Agency, _: int) -> None:
        """A seizure that looks like another; mostly the same agency makes both, if they are in its country."""
        chance, home = self.chance, agencies()[seizure.country]
        self._reported(seizure, who if who in home and chance.random() < 0.9 else _suited(seizure, home, chance))

    def _reported(self, seizure: Seizure, first: Agency) -> None:
        day = seizure.day + int(self.chance.expovariate(0.2))
        self._at(day, partial(self._first, seizure, first))

    def _first(self, seizure: Seizure, agency: Agency, when: int) -> None:
        body, slips = self.writer.report(seizure, agency, date.fromordinal(when))
        self._ready.append(Report(body, seizure.number, seizure.networks, seizure.near, "first", tuple(slips)))
        again = self.scale.again
        while self.chance.random() < again:
            self._again(seizure, agency, body, when)
            again = 0.12

    def _again(self, seizure: Seizure, agency: Agency, body: dict[str, Any], when: int) -> None:
        chance = self.chance
        how = _AGAIN.draw(chance)
        day = when + int(chance.expovariate(1 / 60 if how == "copy" else 1 / 12))
        if how == "copy":
            self._at(day, partial(self._copy, seizure, agency, body))
            return
        other = self._other(how, seizure, agency)
        self._at(day, partial(self._written_again, how, seizure, other))

    def _other(self, how: str, seizure: Seizure, agency: Agency) -> Agency:
        chance, known = self.chance, agencies()
        if how == "organisation":
            return chance.choice(organisations())
        if how == "abroad":
            ends = [end for end in (seizure.departure, seizure.destination) if end in known and end != seizure.country]
            return chance.choice(known[chance.choice(ends)] if ends else known[chance.choice(tuple(known))])
        return chance.choice([other for other in known[seizure.country] if other is not agency])

    def _written_again(self, how: str, seizure: Seizure, agency: Agency, later: int) -> None:
        body, slips = self.writer.report(seizure, agency, date.fromordinal(later))
        self._ready.append(Report(body, seizure.number, seizure.networks, seizure.near, how, tuple(slips)))

    def _copy(self, seizure: Seizure, agency: Agency, body: dict[str, Any], later: int) -> None:
        """The same report under another reference: exact, poorer, or with the year of the file it came in."""
        chance, reported = self.chance, date.fromordinal(later)
        copy = body | self.writer.identity(agency, reported)
        slips = []
        roll = chance.random()
        if roll < 0.6:
            copy["location"] = location = dict(body["location"])
            for name, rate in _BLANKED.items():
                fields = location if name in location else copy
                if fields.get(name) and chance.random() < rate:
                    fields[name] = [] if isinstance(fields[name], list) else None
            slips.append("poorer-copy" if copy["location"] != body["location"] or _poorer(copy, body) else "exact-copy")
        elif roll < 0.66 and (next_year := body["occurred_on"].year + 1) <= reported.year + 1:
            slips.append("year-off-copy")
            occurred = body["occurred_on"]
            copy["occurred_on"] = occurred.replace(year=next_year, day=min(occurred.day, 28))
        else:
            slips.append("exact-copy")
        self._ready.append(Report(copy, seizure.number, seizure.networks, seizure.near, "copy", tuple(slips)))


def _poorer(copy: dict[str, Any], body: dict[str, Any]) -> bool:
    return any(copy.get(name) != body.get(name) for name in _BLANKED)


def _suited(seizure: Seizure, home: tuple[Agency, ...], chance: Random) -> Agency:
    """Customs at borders, ports and airports, the police in towns, the post where there is one; not always."""
    wanted = {"city": "POLICE", "mail centre": "POSTAL"}.get(seizure.site.kind, "CUSTOMS")
    suited = [agency for agency in home if agency.kind == wanted]
    return suited[0] if suited and chance.random() < 0.8 else chance.choice(home)
