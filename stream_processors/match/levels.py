"""The fields that two incidents are compared in, and the levels of agreement of each.

Level 0 of every field is that one side or both say nothing: it has no weight. The others are listed from agreement to
disagreement, as `Model` names them.
"""

from collections.abc import Mapping, Sequence

UNSTATED = "unstated"

LEVELS: Mapping[str, Sequence[str]] = {
    "date": (UNSTATED, "same_day", "one_day", "three_days", "ten_days", "overlapping", "slipped", "apart"),
    "country": (UNSTATED, "same", "differs"),
    "place": (UNSTATED, "same", "similar", "near", "differs", "far"),
    "region": (UNSTATED, "same", "differs"),
    "substance": (UNSTATED, "same", "some", "same_class", "differs"),
    "amount": (
        UNSTATED,
        "exact",
        "rounded_3",
        "rounded_2",
        "times_1000",
        "same_digits",
        "mistyped",
        "nearly",
        "rounded_1",
        "close",
        "differs",
    ),
    "further_amount": (UNSTATED, "same", "differs"),
    "purity": (UNSTATED, "same", "differs"),
    "departure": (UNSTATED, "same", "differs"),
    "destination": (UNSTATED, "same", "differs"),
    "origin": (UNSTATED, "same", "differs"),
    "mode": (UNSTATED, "same", "differs"),
    "installation": (UNSTATED, "same", "differs"),
    "channel": (UNSTATED, "same", "differs"),
    "concealment": (UNSTATED, "same", "differs"),
    "reference": (UNSTATED, "same", "similar", "differs"),
    "packaging_mark": (UNSTATED, "same", "differs"),
    "entity": (UNSTATED, "same", "differs"),
    "relation": (UNSTATED, "other_agency", "same_agency", "shared_name"),
}
FIELDS = tuple(LEVELS)
NUMBERS: Mapping[str, Mapping[str, int]] = {
    field: {level: number for number, level in enumerate(levels)} for field, levels in LEVELS.items()
}

STRATA = LEVELS["relation"][1:]
"""Each relation has weights of its own: what agrees anyway is another thing for two agencies, one, or a network."""

FREQUENT: Mapping[str, Sequence[str]] = {
    "country": ("same",),
    "place": ("same", "similar"),
    "substance": ("same", "some"),
    "amount": ("exact", "times_1000", "same_digits"),
    "packaging_mark": ("same",),
    "entity": ("same",),
    "reference": ("same",),
}
"""Levels of agreement on a value that may be frequent or rare."""

SURPRISING: Mapping[str, Sequence[str]] = {
    "other_agency": ("country", "place", "substance", "amount", "reference"),
    "same_agency": ("place", "substance", "amount", "reference"),
    "shared_name": ("amount",),
}
"""Of each relation, the fields in which a rare value tells more than a frequent one."""

CIRCUMSTANCES = (
    "date",
    "region",
    "purity",
    "departure",
    "destination",
    "origin",
    "mode",
    "installation",
    "channel",
    "concealment",
)
"""Fields that different seizures of one substance in one place often agree in: only beyond that does agreement tell."""
