"""A seizure as it was, before anybody writes of it."""

import math
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random

from tests.accuracy.world import identifiers
from tests.accuracy.world.drawing import Weighted, zipf
from tests.accuracy.world.places import Site, gazettes
from tests.accuracy.world.trade import (
    CHANNELS,
    COUNT,
    COUNTRIES,
    LINES,
    MASS,
    PACKS,
    RUSSIAN,
    SPANISH,
    TOGETHER,
    Channel,
    Line,
)

_OPIATES, _COCAINE = {"Heroin", "Opium"}, {"Cocaine"}
_STREET_LOTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.0, 1.0, 2.0, 5.0)
_BRICKED = {"Cocaine", "Heroin", "Cannabis resin"}
_MARKED = {"Cocaine", "Heroin", "MDMA", "Cannabis resin", "2C-B"}
_TYPES = Weighted(
    {"SEIZURE": 930, "STOPPED_SHIPMENT": 28, "SUSPICIOUS_SHIPMENT": 22, "ATTEMPTED_DIVERSION": 8, "ONLINE_OFFER": 2}
)
_ITEMS = Weighted({1: 80, 2: 13, 3: 5, 4: 2})


@dataclass(frozen=True, slots=True)
class Goods:
    """One substance of a seizure; the amount is in grams, units or millilitres."""

    substance: str
    measure: str
    amount: float
    form: str
    purity: int


@dataclass(frozen=True, slots=True)
class Near:
    """That a seizure looks like another and is none of it.

    Attributes:
        group: the number of the seizure that all of the group look like.
        category: in what way.
    """

    group: int
    category: str


@dataclass(slots=True)
class Seizure:
    """The truth of one seizure.

    Attributes:
        day: proleptic ordinal of the day.
        company: the spellings of its consignor's name, with `company_country`.
        networks: ids of the networks it belongs to, their kind before the hyphen.
    """

    number: int
    day: int
    country: str
    site: Site
    channel: Channel
    goods: tuple[Goods, ...]
    departure: str | None
    destination: str | None
    origin: str | None
    hiding: str
    incident_type: str
    tracking: str | None = None
    carrier: str | None = None
    declared: str | None = None
    company: tuple[str, ...] | None = None
    company_country: str | None = None
    vessel: tuple[str, str] | None = None
    handle: str | None = None
    mark: str | None = None
    networks: tuple[str, ...] = ()
    near: Near | None = None

    def twin(self, number: int, category: str, **changes: object) -> "Seizure":
        """Another seizure that is like this one but for the changes and for what identifies its goods."""
        group = self.number if self.near is None else self.near.group
        return replace(self, number=number, near=Near(group, category), **changes)  # type: ignore[arg-type]  # fields


@dataclass(slots=True)
class Drawing:
    """Draws the seizures of one world.

    Attributes:
        dominant: share of the seizures that the busiest country has.
    """

    chance: Random
    dominant: float
    _countries: Weighted[str] = field(init=False)
    _number: int = 0

    def __post_init__(self) -> None:
        others = zipf(COUNTRIES[1:], 0.95)
        weights = {country: (rank + 2) ** -0.95 for rank, country in enumerate(others.values)}
        rest = sum(weights.values())
        self._countries = Weighted({COUNTRIES[0]: rest * self.dominant / (1 - self.dominant)} | weights)

    def number(self) -> int:
        """The number of the next seizure."""
        self._number += 1
        return self._number

    def seizure(self, day: int, *, country: str | None = None, line: Line | None = None) -> Seizure:
        """One seizure of a day."""
        chance = self.chance
        country = country or self._countries.draw(chance)
        line = line or _lines(country).draw(chance)
        channel = CHANNELS[line.channels.draw(chance)]
        departure = destination = None
        if chance.random() < channel.foreign:
            departure = chance.choice(line.sources)
            destination = country
            if departure == country or chance.random() < 0.07:
                departure, destination = country, self._countries.draw(chance)
            elif chance.random() < 0.15:
                destination = self._countries.draw(chance)
        made = Seizure(
            number=self.number(),
            day=day,
            country=country,
            site=gazettes()[country].sites[channel.site].draw(chance),
            channel=channel,
            goods=self._goods(line, channel),
            departure=departure,
            destination=destination,
            origin=chance.choice(line.sources) if departure else None,
            hiding=channel.hiding.draw(chance),
            incident_type=_TYPES.draw(chance),
        )
        self._identify(made, departure or country)
        return made

    def amount(self, line: Line, channel: Channel) -> float:
        """An amount as such a channel carries it, to two decimals; often a round one."""
        chance = self.chance
        amount = chance.lognormvariate(math.log(line.median * channel.scale), line.spread)
        roll = chance.random()
        if line.measure == COUNT:
            if channel.name == "parcel" and line.form != "BLOTTER" and roll < 0.45:
                return float(chance.choice(PACKS))
            return float(max(1, round(amount, -1 if amount > 200 and roll < 0.8 else 0)))
        if channel.name == "street" and line.measure == MASS and roll < 0.3:
            return chance.choice(_STREET_LOTS)
        if line.substance in _BRICKED and amount > 800 and roll < 0.25:
            return float(max(1, round(amount / 1000)) * 1000)
        if roll < 0.06:
            power = 10.0 ** math.floor(math.log10(amount))
            return max(round(amount / power) * power, 0.01)
        return max(round(amount, 2 if amount < 20_000 else 0), 0.01)

    def _goods(self, line: Line, channel: Channel) -> tuple[Goods, ...]:
        chance = self.chance
        lines = [line]
        for _ in range(_ITEMS.draw(chance) - 1):
            beside = TOGETHER.get(line.substance)
            other = _BY_NAME[chance.choice(beside)] if beside and chance.random() < 0.8 else chance.choice(LINES)
            if other not in lines:
                lines.append(other)
        return tuple(
            Goods(each.substance, each.measure, self.amount(each, channel), each.form, chance.randrange(4, 97))
            for each in lines
        )

    def _identify(self, made: Seizure, sender: str) -> None:
        chance, name = self.chance, made.channel.name
        if chance.random() < made.channel.tracked:
            made.tracking = tracking(chance, name, sender)
            made.carrier = chance.choice(identifiers.CARRIERS)
            made.declared = chance.choice(identifiers.GOODS)
        if chance.random() < {"express": 0.35, "container": 0.7, "parcel": 0.1}.get(name, 0.0):
            made.company, made.company_country = identifiers.company(chance, sender), sender
        if name == "container" and chance.random() < 0.5:
            made.vessel = identifiers.vessel(chance)
        if name == "parcel" and chance.random() < 0.05:
            made.handle = identifiers.handle(chance)
        if made.goods[0].substance in _MARKED and chance.random() < 0.08:
            made.mark = identifiers.mark(chance)


def tracking(chance: Random, channel: str, sender: str) -> str:
    """A tracking reference as a channel has it."""
    if channel == "parcel":
        return identifiers.postal(chance, sender)
    return identifiers.container(chance) if channel == "container" else identifiers.waybill(chance)


_BY_NAME = {line.substance: line for line in LINES}


def line_of(goods: Goods) -> Line:
    """The line of trade of goods."""
    return _BY_NAME[goods.substance]


@cache
def _lines(country: str) -> Weighted[Line]:
    """What is seized in a country: opiates on their roads, cocaine in Spanish-speaking ones, new substances by mail."""
    if country in RUSSIAN | {"TUR", "PAK", "GEO"}:
        factors = dict.fromkeys(_OPIATES, 6.0) | dict.fromkeys(_COCAINE, 0.1)
    elif country in SPANISH | {"PRT", "BEL", "BRA"}:
        factors = dict.fromkeys(_COCAINE, 2.5) | dict.fromkeys(_OPIATES, 0.1)
    else:
        factors = dict.fromkeys(_OPIATES | _COCAINE, 0.4)
    return Weighted({line: line.weight * factors.get(line.substance, 1.0) for line in LINES})
