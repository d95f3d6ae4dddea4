"""Why two incidents are linked, in words: one sentence for what one field says about the pair.

Fields and levels are the matcher's, and a later model may bring others: what is not known here is said as it is named.
"""

from collections.abc import Iterable, Mapping
from typing import Any

# In a template: {field} and {fields} are the name in words, {both} what the two say, {one} where they say the same.
_OF_FIELD: Mapping[tuple[str, str], str] = {
    ("date", "same_day"): "same day{one}",
    ("date", "one_day"): "dates one day apart{both}",
    ("date", "three_days"): "dates at most three days apart{both}",
    ("date", "ten_days"): "dates at most ten days apart{both}",
    ("date", "overlapping"): "periods that overlap{both}",
    ("date", "slipped"): "dates that differ by a slip of the month or the year{both}",
    ("date", "apart"): "dates far apart{both}",
    ("place", "near"): "places near each other{both}",
    ("place", "far"): "places far apart{both}",
    ("substance", "some"): "some substances in common{both}",
    ("substance", "same_class"): "substances of the same class{both}",
    ("relation", "other_agency"): "reported by two agencies{both}",
    ("relation", "same_agency"): "reported by one agency{one}",
    ("relation", "shared_name"): "they share a mark or a name, as incidents of one network do",
    ("further_amount", "same"): "the amounts of all substances that both have agree",
    ("further_amount", "differs"): "amounts of some substances that both have differ",
}
_OF_LEVEL: Mapping[str, str] = {
    "same": "same {field}{one}",
    "exact": "{fields}{joined} are equal",
    "rounded_3": "{fields}{joined} are equal in three digits",
    "rounded_2": "{fields}{joined} are equal in two digits",
    "rounded_1": "{fields}{joined} are equal in one digit",
    "times_1000": "{fields}{joined} differ by a factor of a thousand, as a slip of the unit does",
    "same_digits": "{fields}{joined} have the same digits",
    "nearly": "{fields}{joined} are within half a per cent of each other",
    "mistyped": "{fields}{joined} differ by one typing error",
    "close": "{fields}{joined} are close",
    "similar": "similar {fields}{both}",
    "differs": "different {fields}{both}",
}
_WORDS: Mapping[str, tuple[str, str]] = {
    "country": ("country", "countries"),
    "reference": ("tracking reference", "tracking references"),
    "mode": ("mode of transport", "modes of transport"),
    "channel": ("trafficking channel", "trafficking channels"),
    "departure": ("country of departure", "countries of departure"),
    "destination": ("country of destination", "countries of destination"),
    "origin": ("country of origin", "countries of origin"),
    "entity": ("company, vessel or handle", "companies, vessels or handles"),
    "purity": ("purity", "purities"),
}


def sentence(reason: Mapping[str, Any]) -> str:
    """What a reason says: such as `same tracking reference RB123456789CN`.

    Args:
        reason: `field`, `level`, `left` and `right` (text or None), `weight_mbit`, which is negative where the field
            speaks against one seizure, `surprise_mbit`, which is how surprising a value is that both have.
    """
    field, level = reason["field"], reason["level"]
    template = _OF_FIELD.get((field, level)) or _OF_LEVEL.get(level) or "{plain}: {level}{both}"
    plain = field.replace("_", " ")
    one, many = _WORDS.get(field, (plain, f"{plain}s"))
    left, right = reason.get("left"), reason.get("right")
    parts = [part for part in (left, right) if part]
    joined = " and ".join(parts)
    said = template.format(
        field=one,
        fields=many,
        plain=plain,
        level=level.replace("_", " "),
        both=f": {joined}" if joined else "",
        joined=f" {joined}" if joined else "",
        one=f" {left}" if parts and left == right else f": {joined}" if joined else "",
    )
    against = reason["weight_mbit"] < 0 and not reason.get("surprise_mbit")
    return f"against it: {said}" if against else said


def sentences(reasons: Iterable[Mapping[str, Any]], most: int | None = None) -> list[str]:
    """The reasons in words, the most telling first, at most so many."""
    ordered = sorted(reasons, key=lambda reason: (-_telling(reason), reason["field"], reason["level"]))
    return [sentence(reason) for reason in ordered[:most]]


def _telling(reason: Mapping[str, Any]) -> int:
    return max(abs(int(reason["weight_mbit"])), int(reason.get("surprise_mbit", 0)))
