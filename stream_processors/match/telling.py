"""A model as an analyst reads it: each weight with its probabilities and in words, each threshold, the surprises."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stream_processors.match.levels import FIELDS, FREQUENT, LEVELS, STRATA, SURPRISING, UNSTATED
from stream_processors.match.model import Model

RELATIONS = {
    "other_agency": "reports of two agencies",
    "same_agency": "two reports of one agency",
    "shared_name": "reports that share a name or mark",
}
_EVEN = 1.1
"""What makes something less than so many times likelier says nothing."""


@dataclass(frozen=True)
class Weight:
    """What one level of agreement is worth in one relation.

    Attributes:
        m: part of the pairs that are one seizure which have it, None where the model does not tell.
        u: the same of other pairs.
        bits: what it adds.
        by_value: whether the surprise at the common value is added to it; then u is the frequency of that value.
    """

    field: str
    level: str
    m: float | None
    u: float | None
    bits: float
    by_value: bool

    @property
    def typical(self) -> float:
        """What it is worth at a value as frequent as common values mostly are, in bits."""
        return math.log2(self.m / self.u) if self.by_value and self.m and self.u else self.bits

    @property
    def words(self) -> str:
        """What it says."""
        times = 2 ** abs(self.bits)
        if self.by_value:
            known = "as many times likelier as the value is rare"
            return known if times < _EVEN else f"{known}, divided by {times:,.1f}"
        if times < _EVEN:
            return "says nothing"
        shown = f"{times:,.1f}" if times < 10 else f"{times:,.0f}"  # of 10 or more no decimal tells anything
        return f"{shown} times {'likelier' if self.bits > 0 else 'less likely'} one seizure"


@dataclass(frozen=True)
class Surprises:
    """How surprising the values of a field are.

    Attributes:
        values: how many the model knows.
        most, least: known values and bits, the most and the least surprising ones first.
        unseen: bits of any other value.
    """

    field: str
    values: int
    most: Sequence[tuple[str, float]]
    least: Sequence[tuple[str, float]]
    unseen: float


def weights(model: Model, relation: str) -> list[Weight]:
    """The weights of a relation, by field and from agreement to disagreement."""
    stratum, found = model.strata[relation], list[Weight]()
    for field in FIELDS:
        if field == "relation":
            continue
        for level in LEVELS[field]:
            if level == UNSTATED:
                continue
            m, u = (shares.get(field, {}).get(level) for shares in (stratum.m, stratum.u))
            by_value = field in SURPRISING[relation] and level in FREQUENT[field]
            found.append(Weight(field, level, m, u, stratum.weights[field][level] / 1_000, by_value))
    return found


def priors(model: Model) -> dict[str, float]:
    """Relation → log2 of the odds that two of its incidents are one seizure, before anything is compared."""
    return {
        relation: (model.prior + model.strata[relation].weights.get("relation", {}).get(relation, 0)) / 1_000
        for relation in STRATA
    }


def thresholds(model: Model) -> list[tuple[str, str, str]]:
    """What is decided, from where on the matcher links, and from where on a person should look."""
    given = model.thresholds
    linked, review = given.duplicate_linked, given.duplicate_review
    found = [
        (f"one seizure, {RELATIONS[relation]}", _percent(linked[relation]), _percent(review[relation]))
        for relation in STRATA
    ]
    related = f"{given.related_linked / 1_000:.1f} bits", f"{given.related_review / 1_000:.1f} bits"
    return [*found, ("related: surprise at what they share", *related)]


def calibrations(model: Model) -> list[tuple[str, ...]]:
    """Relation, and how likely a pair of it is one seizure whose weights come to -5, 0 and 5 bits."""
    return [
        (RELATIONS[relation], *(_percent(model.probability_ppm(relation, mbit)) for mbit in (-5_000, 0, 5_000)))
        for relation in STRATA
    ]


def surprises(model: Model, most: int) -> list[Surprises]:
    """The surprises of each field, with so many of the most and least surprising values."""
    found = []
    for field, table in sorted(model.surprise.items()):
        ordered = [
            (text, mbit / 1_000) for text, mbit in sorted(table.values.items(), key=lambda each: (each[1], each[0]))
        ]
        found.append(Surprises(field, len(ordered), ordered[::-1][:most], ordered[:most], table.unseen / 1_000))
    return found


def one_in(bits: float) -> str:
    """Odds given in bits, in words."""
    return f"1 in {1 + 2**-bits:,.0f}" if bits < 0 else f"{100 / (1 + 2**-bits):.1f} %"


def _percent(ppm: int) -> str:
    return f"{ppm / 10_000:g} %"
