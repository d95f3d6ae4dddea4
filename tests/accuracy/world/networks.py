"""Networks: different seizures that belong together, and what each kind of network shares.

===========  =========================================================================================================
consignment  one shipment met several times: suspected where it left, stopped or seized where it arrived or passed
company      a consignor's name, in several spellings
vessel       a ship, by name and often by IMO number
handle       a vendor's name on a market; its parcels go to many countries
mark         what is pressed or stuck on the goods
route        both ends of one route, within days, nothing else in common
burst        like modus operandi: route, substance and concealment, within a fortnight
sender       parcels of one sender on one day (made by `near_misses`)
===========  =========================================================================================================
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.accuracy.world import identifiers
from tests.accuracy.world.drawing import Weighted
from tests.accuracy.world.places import gazettes
from tests.accuracy.world.seizures import Drawing, Seizure, tracking
from tests.accuracy.world.trade import CHANNELS, LINES, Line

_KINDS = Weighted({"consignment": 26, "company": 16, "vessel": 8, "handle": 14, "mark": 14, "route": 10, "burst": 12})
_FITTING = {
    "consignment": ("express", "parcel", "container"),
    "company": ("express", "container"),
    "vessel": ("container",),
    "handle": ("parcel",),
    "mark": ("container", "vehicle", "passenger", "home"),
    "route": ("passenger", "express", "parcel", "container"),
    "burst": ("passenger", "express", "parcel", "vehicle"),
}
_SIZES = {
    "consignment": (2, 2, 2, 3),
    "company": (2, 3, 4, 6, 10),
    "vessel": (2, 2, 3, 4),
    "handle": (3, 4, 6, 10, 18),
    "mark": (2, 3, 5, 8, 14),
    "route": (2,),
    "burst": (6, 8, 12, 20),
}
_DAYS = {"consignment": 12, "company": 300, "vessel": 200, "handle": 240, "mark": 250, "route": 5, "burst": 13}
_KINDS_MARKED = ("Cocaine", "Heroin", "MDMA", "Cannabis resin")


@dataclass(frozen=True, slots=True)
class Planned:
    """A seizure of a network that will happen on a day."""

    day: int
    make: Callable[[int], Seizure]


def network(day: int, drawing: Drawing) -> list[Planned]:
    """The seizures of a new network from a day on."""
    chance = drawing.chance
    kind = _KINDS.draw(chance)
    size = chance.choice(_SIZES[kind])
    days = sorted(day + chance.randrange(_DAYS[kind] + 1) for _ in range(size))
    pattern = _pattern(day, kind, drawing)
    pattern.networks = (f"{kind}-{pattern.number}",)
    return [Planned(when, _member(pattern, kind, place, drawing)) for place, when in enumerate(days)]


def _pattern(day: int, kind: str, drawing: Drawing) -> Seizure:
    """A seizure of a fitting channel that crosses a border, with the identifier that the network shares."""
    chance = drawing.chance
    fitting = _FITTING[kind]
    lines = [line for line in LINES if any(channel in fitting for channel in line.channels.values)]
    if kind == "mark":
        lines = [line for line in lines if line.substance in _KINDS_MARKED]
    made = drawing.seizure(day, line=chance.choice(lines))
    made.channel = CHANNELS[chance.choice(fitting)]
    made.site = gazettes()[made.country].sites[made.channel.site].draw(chance)
    made.hiding = made.channel.hiding.draw(chance)
    made.incident_type = "SEIZURE"
    if made.departure is None or made.destination is None or made.departure == made.destination:
        sources = [source for source in _line(made).sources if source != made.country]
        made.departure, made.destination = chance.choice(sources or ["NLD"]), made.country
    made.tracking = made.company = made.vessel = made.handle = made.mark = None
    sender = made.departure
    if kind == "consignment":
        made.tracking, made.carrier = tracking(chance, made.channel.name, sender), chance.choice(identifiers.CARRIERS)
        made.company, made.company_country = identifiers.company(chance, sender), sender
    elif kind == "company":
        made.company, made.company_country = identifiers.company(chance, sender), sender
    elif kind == "vessel":
        made.vessel = identifiers.vessel(chance)
    elif kind == "handle":
        made.handle = identifiers.handle(chance)
    elif kind == "mark":
        made.mark = identifiers.mark(chance)
    return made


def _member(pattern: Seizure, kind: str, place: int, drawing: Drawing) -> Callable[[int], Seizure]:
    def make(day: int) -> Seizure:
        chance = drawing.chance
        made = replace(pattern, number=drawing.number(), day=day)
        made.goods = tuple(
            replace(goods, amount=drawing.amount(_line_named(goods.substance), made.channel)) for goods in pattern.goods
        )
        if kind != "consignment" and chance.random() < made.channel.tracked:
            made.tracking = tracking(chance, made.channel.name, made.departure or made.country)
        if kind in ("consignment", "route"):
            _end(made, place, kind, drawing)
        elif kind in ("handle", "mark", "company"):
            made.country = drawing.seizure(day).country if chance.random() < 0.6 else made.country
            made.destination = made.country
            made.site = gazettes()[made.country].sites[made.channel.site].draw(chance)
            made.goods = made.goods[: chance.choice((1, len(made.goods)))]
        elif kind == "burst":
            made.goods = made.goods[:1]
        return made

    return make


def _end(made: Seizure, place: int, kind: str, drawing: Drawing) -> None:
    """The first is met where the goods leave, the others on the way and where they arrive."""
    chance = drawing.chance
    leaves, arrives = made.departure, made.destination
    known = gazettes()
    if place == 0 and leaves in known:
        made.country = leaves
        if kind == "consignment":
            made.incident_type = "SUSPICIOUS_SHIPMENT"
    elif arrives in known:
        made.country = arrives
        if kind == "consignment":
            made.incident_type = chance.choice(("SEIZURE", "SEIZURE", "STOPPED_SHIPMENT"))
    made.site = known[made.country].sites[made.channel.site].draw(chance)


def _line(seizure: Seizure) -> Line:
    return _line_named(seizure.goods[0].substance)


def _line_named(substance: str) -> Line:
    return next(line for line in LINES if line.substance == substance)
