"""The fields that two incidents are compared in, and the levels of agreement of each.

Level 0 of every field is that one side or both say nothing: it has no weight. The others are listed from agreement to
disagreement, as `Model` names them.
"""

from collections.abc import Mapping, Sequence

UNSTATED = "unstated"

LEVELS: Mapping[str, Sequence[str]] = {
    "date": (UNSTATED, "same_day", "one_day", "three_days", "ten_days", "overlapping", "apart"),
    "country": (UNSTATED, "same", "differs"),
    "place": (UNSTATED, "same", "same_text", "similar", "near", "differs", "far"),
    "region": (UNSTATED, "same", "differs"),
    "substance": (UNSTATED, "same", "some", "same_class", "differs"),
    "amount": (
        UNSTATED,
        "several",
        "exact",
        "rounded_3",
        "rounded_2",
        "times_1000",
        "same_digits",
        "rounded_1",
        "close",
        "differs",
    ),
    "purity": (UNSTATED, "same", "differs"),
    "departure": (UNSTATED, "same", "differs"),
    "destination": (UNSTATED, "same", "differs"),
    "origin": (UNSTATED, "same", "differs"),
    "mode": (UNSTATED, "same", "differs"),
    "installation": (UNSTATED, "same", "differs"),
    "channel": (UNSTATED, "same", "differs"),
    "concealment": (UNSTATED, "same", "differs"),
    "reference": (UNSTATED, "same", "differs"),
    "packaging_mark": (UNSTATED, "same", "differs"),
    "entity": (UNSTATED, "same", "differs"),
    "agency": (UNSTATED, "same", "differs"),
}
FIELDS = tuple(LEVELS)
NUMBERS: Mapping[str, Mapping[str, int]] = {
    field: {level: number for number, level in enumerate(levels)} for field, levels in LEVELS.items()
}

FREQUENT: Mapping[str, Sequence[str]] = {
    "country": ("same",),
    "place": ("same", "same_text"),
    "substance": ("same", "some"),
    "amount": ("several", "exact", "times_1000", "same_digits"),
    "departure": ("same",),
    "destination": ("same",),
    "origin": ("same",),
    "installation": ("same",),
    "concealment": ("same",),
    "packaging_mark": ("same",),
    "entity": ("same",),
    "reference": ("same",),
}
"""Levels of agreement whose weight depends on how frequent the common value is."""
