"""Seizures that look like another one and are not: the categories are those of the hard negatives of the real file.

======================  ==============================================================================================
other-mass              the same flight or search: day, place, substance, route equal, another mass
near-mass               two couriers of one flight with loads within three per cent
sibling-parcel          a sender's other parcels of that day, numbered a little higher; loads near, packs and lots equal
round-mass              equal round masses of one substance on one day in one country, elsewhere
other-country           equal round masses of one substance on one day in another country
repeat                  the next seizure of that route at that place, one to six days later, load near or equal
thousand                the same numeral, once of kilograms and once of grams, on one day of one country
equal-count             the same pack of tablets at the same kind of place within three days
month-copy              the same product in the same month at the same place; where dates are months, nothing differs
======================  ==============================================================================================
"""

import math
from dataclasses import replace

from tests.accuracy.world import identifiers
from tests.accuracy.world.drawing import Weighted
from tests.accuracy.world.places import Site, gazettes
from tests.accuracy.world.seizures import Drawing, Goods, Seizure, line_of
from tests.accuracy.world.trade import COUNT, COUNTRIES, PACKS

_KINDS = Weighted(
    {
        "other-mass": 20,
        "near-mass": 14,
        "sibling-parcel": 18,
        "round-mass": 12,
        "other-country": 8,
        "repeat": 14,
        "thousand": 3,
        "equal-count": 8,
        "month-copy": 6,
    }
)
_LOADED = ("passenger", "express", "vehicle", "train")
"""Channels by which several carry alike loads on one journey."""


def near_misses(seizure: Seizure, drawing: Drawing) -> list[Seizure]:
    """Seizures like this one, which may be given a round load; none where the category drawn does not fit."""
    chance = drawing.chance
    category = _KINDS.draw(chance)
    first = seizure.goods[0]
    if category == "near-mass" and (seizure.channel.name not in _LOADED or first.amount < 10):
        return []
    if category == "sibling-parcel":
        return _siblings(seizure, drawing) if seizure.tracking and seizure.channel.name in ("parcel", "express") else []
    if category == "equal-count" or (
        category in ("round-mass", "other-country", "month-copy") and first.measure == COUNT
    ):
        if first.measure != COUNT:
            return []
        _load(seizure, float(chance.choice(PACKS)))
    elif category in ("round-mass", "other-country", "month-copy"):
        _load(seizure, _rounded(first.amount))
    return [_like(seizure, category, drawing)]


def _like(seizure: Seizure, category: str, drawing: Drawing) -> Seizure:
    chance, first = drawing.chance, seizure.goods[0]
    made = seizure.twin(drawing.number(), category)
    _anonymous(made, drawing)
    _redraw(made, drawing)
    if category == "other-mass":
        _load(made, drawing.amount(line_of(first), seizure.channel))
        made.hiding = seizure.channel.hiding.draw(chance)
    elif category == "near-mass":
        _load(made, _near(first, drawing))
    elif category == "repeat":
        made.day += chance.randrange(1, 7)
        _load(made, first.amount if _is_round(first.amount) else _near(first, drawing))
    elif category == "month-copy":
        made.day = max(1, made.day + chance.randrange(-12, 13))
    elif category == "equal-count":
        made.day += chance.randrange(4)
        made.site = _elsewhere(seizure, drawing) if chance.random() < 0.5 else made.site
        made.departure = chance.choice(line_of(first).sources) if made.departure else None
    elif category == "other-country":
        made.country = chance.choice([country for country in COUNTRIES[:30] if country != seizure.country])
        made.site = gazettes()[made.country].sites[made.channel.site].draw(chance)
        made.destination = made.country if made.destination else None
        made.hiding = seizure.channel.hiding.draw(chance)
    else:
        made.site = _elsewhere(seizure, drawing)
        made.hiding = seizure.channel.hiding.draw(chance)
        made.departure = chance.choice(line_of(first).sources) if made.departure else None
        if category == "thousand":
            _load(made, first.amount / 1000 if first.amount >= 10 else first.amount * 1000)
    return made


def _siblings(seizure: Seizure, drawing: Drawing) -> list[Seizure]:
    """The sender's other parcels: of one network, and numbered in sequence."""
    chance, first = drawing.chance, seizure.goods[0]
    network = f"sender-{seizure.number}"
    seizure.networks = (*seizure.networks, network)
    made = []
    reference = seizure.tracking or ""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        reference = identifiers.next_number(reference, chance)
        sibling = seizure.twin(drawing.number(), "sibling-parcel", tracking=reference)
        _redraw(sibling, drawing)
        _load(sibling, first.amount if _is_round(first.amount) and chance.random() < 0.7 else _near(first, drawing))
        made.append(sibling)
    return made


def _near(goods: Goods, drawing: Drawing) -> float:
    if goods.measure == COUNT:
        return max(1.0, goods.amount + drawing.chance.choice((-10, -2, -1, 1, 2, 10)))
    return max(0.01, round(goods.amount * drawing.chance.uniform(0.97, 1.03), 2))


def _anonymous(made: Seizure, drawing: Drawing) -> None:
    """Without what identifies the other's consignment; a courier or parcel of its own has its own number."""
    chance = drawing.chance
    made.networks = ()
    made.company = made.company_country = made.vessel = made.handle = made.mark = None
    if made.tracking:
        digits = "".join(str(chance.randrange(10)) if letter.isdigit() else letter for letter in made.tracking)
        made.tracking = digits


def _load(seizure: Seizure, amount: float) -> None:
    """Give the first goods another amount; a seizure like another one is of one substance."""
    seizure.goods = (replace(seizure.goods[0], amount=amount), *seizure.goods[1:])


def _redraw(seizure: Seizure, drawing: Drawing) -> None:
    """Give what was found beside the first substance amounts of its own, or none."""
    first, *others = seizure.goods
    kept = [other for other in others if drawing.chance.random() < 0.5]
    redrawn = (replace(other, amount=drawing.amount(line_of(other), seizure.channel)) for other in kept)
    seizure.goods = (first, *redrawn)


def _elsewhere(seizure: Seizure, drawing: Drawing) -> Site:
    """Another site of the country, of the same kind if there is one."""
    chance, sites = drawing.chance, gazettes()[seizure.country].sites
    others = [site for site in sites[seizure.site.kind].values if site is not seizure.site]
    return chance.choice(others or [site for site in sites["city"].values if site.town != seizure.site.town])


def _rounded(amount: float) -> float:
    """The amount with one figure."""
    return max(0.01, round(amount, -math.floor(math.log10(amount))))


def _is_round(amount: float) -> bool:
    return amount == _rounded(amount) or amount in PACKS
