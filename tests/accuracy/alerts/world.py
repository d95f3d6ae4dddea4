"""Generated worlds: countries that report for years, with surges, substances and routes that begin at known days.

Counts are sparse and vary more than chance: each country and class has a rate of its own, drawn from a gamma
distribution, that drifts slowly with the seasons and jumps from week to week. One country in three tells the month
alone, some begin to report late, some are silent for months; reports come days or weeks afterwards, one in thirty after
months.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stream_processors.alert.facts import DAY_MS, Fact, Item, Revised

COUNTRIES = (
    *("AUS", "AUT", "BEL", "BRA", "CHL", "CHN", "COL", "DEU", "ESP", "FIN", "FRA", "GBR", "GEO", "GHA", "IND", "ITA"),
    *("JPN", "KEN", "LVA", "MEX", "NGA", "NLD", "NZL", "PER", "PRT", "SWE", "THA", "TUR", "UKR", "USA", "UZB", "ZAF"),
)
CLASSES = ("other", "synthetic cannabinoids", "synthetic cathinones", "phenethylamines", "tryptamines", "piperazines")
FIRST_DAY = 15_706
"""2013-01-01, in days since 1970."""
_SUBSTANCES_A_CLASS = 8
_MONTH_DAYS = 30.44


@dataclass(frozen=True)
class Scale:
    """How large a world is.

    Attributes:
        rate: mean number of incidents of a class in a country and month.
    """

    seed: int
    years: int = 5
    rate: float = 1.2
    surges: int = 60
    introductions: int = 60
    routes: int = 60


class Surged(NamedTuple):
    """A surge as it was made: its days count from 1970, and its incidents are beside what there would have been."""

    country: str
    class_: str
    first_day: int
    last_day: int
    added: int


class Introduced(NamedTuple):
    """A substance that begins in a country, or a route: ``what`` is a substance, or a departure."""

    what: str
    country: str
    first_day: int


@dataclass(frozen=True)
class World:
    """What happened, in the order of its admission, and what is known of it."""

    scale: Scale
    incidents: list[Revised]
    surges: list[Surged]
    substances: list[Introduced]
    routes: list[Introduced]


class _Maker:
    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.random = np.random.default_rng(scale.seed)
        self.days = round(scale.years * 365.25)
        self.monthly = {country: self.random.random() < 1 / 3 for country in COUNTRIES}
        self.rows: list[tuple[int, str, str, str, str]] = []

    def background(self) -> None:
        """What there always was."""
        random = self.random
        for country in COUNTRIES:
            begins = 0 if random.random() < 0.7 else int(random.integers(0, self.days // 3))
            silent = int(random.integers(0, self.days)) if random.random() < 0.3 else self.days
            shares = random.dirichlet([0.6] * len(COUNTRIES))
            stock = [sorted(random.choice(_SUBSTANCES_A_CLASS, size=5, replace=False)) for _ in CLASSES]
            for class_, name in enumerate(CLASSES):
                rate = random.gamma(0.6, self.scale.rate / 0.6) / _MONTH_DAYS
                phase = random.random() * 2 * np.pi
                day = np.arange(self.days)
                weekly = np.repeat(random.gamma(2.0, 0.5, self.days // 7 + 1), 7)[: self.days]
                rates = rate * (1 + 0.3 * np.sin(day * 2 * np.pi / 365.25 + phase)) * weekly
                rates[:begins] = 0
                rates[silent : silent + 150] = 0
                for when in np.repeat(day, random.poisson(rates)):
                    substance = f"S-{name}-{stock[class_][int(random.integers(5))]}"
                    source = COUNTRIES[int(random.choice(len(COUNTRIES), p=shares))] if random.random() < 0.4 else ""
                    self.rows.append((int(when), country, name, substance, source))

    def surges(self) -> list[Surged]:
        """Surges: some weeks of several times as many, five at least."""
        random, found = self.random, []
        counts: dict[tuple[str, str], int] = {}
        for _, country, class_, *_ in self.rows:
            counts[country, class_] = counts.get((country, class_), 0) + 1
        for _ in range(self.scale.surges):
            country = COUNTRIES[int(random.integers(len(COUNTRIES)))]
            class_ = CLASSES[int(random.integers(len(CLASSES)))]
            first = int(random.integers(self.days // 3, self.days - 90))
            if any((each.country, each.class_) == (country, class_) for each in found):
                continue
            length = int(random.integers(14, 60))
            usual = counts.get((country, class_), 0) / self.days * length
            added = max(6, int(random.poisson(usual * random.uniform(2, 6))))
            for _ in range(added):
                day = first + int(random.integers(length))
                self.rows.append((day, country, class_, f"S-{class_}-{int(random.integers(3))}", ""))
            found.append(Surged(country, class_, FIRST_DAY + first, FIRST_DAY + first + length, added))
        return found

    def substances(self) -> list[Introduced]:
        """Substances that are new in a country and stay a while."""
        random, found = self.random, []
        for number in range(self.scale.introductions):
            country = COUNTRIES[int(random.integers(len(COUNTRIES)))]
            class_ = CLASSES[int(random.integers(len(CLASSES)))]
            first = int(random.integers(self.days // 3, self.days - 120))
            days = [first, *(first + int(random.integers(1, 100)) for _ in range(int(random.integers(0, 5))))]
            self.rows += [(day, country, class_, f"N-{number}", "") for day in days]
            found.append(Introduced(f"N-{number}", country, FIRST_DAY + first))
        return found

    def routes(self) -> list[Introduced]:
        """Countries that begin to send into a country into which they did not."""
        random, found = self.random, []
        used = {(source, country) for _, country, _, _, source in self.rows}
        free = [(source, to) for source in COUNTRIES for to in COUNTRIES if source != to and (source, to) not in used]
        for chosen in random.choice(len(free), size=min(self.scale.routes, len(free)), replace=False):
            source, country = free[int(chosen)]
            first = int(random.integers(self.days // 3, self.days - 120))
            days = [first, *(first + int(random.integers(1, 100)) for _ in range(int(random.integers(0, 4))))]
            self.rows += [(day, country, CLASSES[0], "S-other-0", source) for day in days]
            found.append(Introduced(source, country, FIRST_DAY + first))
        return found

    def incidents(self) -> list[Revised]:
        """What is reported of it all, in the order of admission."""
        facts = [self._reported(number, *row) for number, row in enumerate(self.rows)]
        return [Revised(fact, withdrawn=False) for fact in sorted(facts)]

    def _reported(self, number: int, day: int, country: str, class_: str, substance: str, source: str) -> Fact:
        random = self.random
        happened = FIRST_DAY + day
        first, last = happened, happened
        if self.monthly[country]:
            month = np.datetime64(happened, "D").astype("datetime64[M]")
            first = int(month.astype("datetime64[D]").astype(int))
            last = int((month + 1).astype("datetime64[D]").astype(int)) - 1
        delay = int(random.integers(60, 400)) if random.random() < 1 / 30 else int(random.gamma(1.5, 4))
        item = Item(substance, class_, "", substance, int(10 ** random.normal(7, 0.8)), None)
        return Fact(
            admitted_ms=(max(happened, first) + delay) * DAY_MS + number % DAY_MS,
            incident_id=f"{number:08d}",
            revision=1,
            policy_class=0,
            owner="agency",
            audience=("COMMUNITY",),
            label=1,
            first_day=first,
            last_day=last,
            country=country,
            departure=source,
            destination=country if source else "",
            countries=tuple(sorted({country, source} - {""})),
            items=(item,),
            tokens=(),
            deadlines=(),
            asks="NONE",
        )


def world(scale: Scale) -> World:
    """A generated world."""
    maker = _Maker(scale)
    maker.background()
    surges, substances, routes = maker.surges(), maker.substances(), maker.routes()
    return World(scale, maker.incidents(), surges, substances, routes)
