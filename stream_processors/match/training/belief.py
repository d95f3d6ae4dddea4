"""What is believed of one seizure reported twice before any data: how often its two reports agree, field by field.

Expectation maximisation begins here, and these count as much as a few pairs (`estimating`). Each says how two agencies
write down one event: nearly always the same country and day, the amount often rounded, in another unit or of a part.
"""

from collections.abc import Mapping

M: Mapping[str, Mapping[str, float]] = {
    "date": {
        "same_day": 0.80,
        "one_day": 0.10,
        "three_days": 0.03,
        "ten_days": 0.01,
        "overlapping": 0.05,
        "slipped": 0.005,
        "apart": 0.005,
    },
    "country": {"same": 0.98, "differs": 0.02},
    "place": {"same": 0.72, "similar": 0.10, "near": 0.08, "differs": 0.08, "far": 0.02},
    "region": {"same": 0.90, "differs": 0.10},
    "substance": {"same": 0.83, "some": 0.12, "same_class": 0.03, "differs": 0.02},
    "amount": {
        "exact": 0.66,
        "rounded_3": 0.09,
        "rounded_2": 0.08,
        "times_1000": 0.02,
        "same_digits": 0.02,
        "mistyped": 0.01,
        "nearly": 0.03,
        "rounded_1": 0.07,
        "close": 0.01,
        "differs": 0.01,
    },
    "further_amount": {"same": 0.70, "differs": 0.30},
    "purity": {"same": 0.80, "differs": 0.20},
    "departure": {"same": 0.88, "differs": 0.12},
    "destination": {"same": 0.88, "differs": 0.12},
    "origin": {"same": 0.88, "differs": 0.12},
    "mode": {"same": 0.90, "differs": 0.10},
    "installation": {"same": 0.80, "differs": 0.20},
    "channel": {"same": 0.90, "differs": 0.10},
    "concealment": {"same": 0.80, "differs": 0.20},
    "reference": {"same": 0.955, "similar": 0.035, "differs": 0.01},
    "packaging_mark": {"same": 0.85, "differs": 0.15},
    "entity": {"same": 0.85, "differs": 0.15},
}
M_AGAIN: Mapping[str, Mapping[str, float]] = {
    "date": {
        "same_day": 0.89,
        "one_day": 0.06,
        "three_days": 0.005,
        "ten_days": 0.005,
        "overlapping": 0.025,
        "slipped": 0.01,
        "apart": 0.005,
    },
    "place": {"same": 0.78, "similar": 0.08, "near": 0.04, "differs": 0.09, "far": 0.01},
    "substance": {"same": 0.94, "some": 0.04, "same_class": 0.01, "differs": 0.01},
    "amount": {
        "exact": 0.83,
        "rounded_3": 0.03,
        "rounded_2": 0.04,
        "times_1000": 0.02,
        "same_digits": 0.01,
        "mistyped": 0.005,
        "nearly": 0.02,
        "rounded_1": 0.02,
        "close": 0.005,
        "differs": 0.01,
    },
    "further_amount": {"same": 0.95, "differs": 0.05},
    "purity": {"same": 0.97, "differs": 0.03},
    "departure": {"same": 0.97, "differs": 0.03},
    "destination": {"same": 0.97, "differs": 0.03},
    "origin": {"same": 0.97, "differs": 0.03},
    "mode": {"same": 0.90, "differs": 0.10},
    "installation": {"same": 0.92, "differs": 0.08},
    "channel": {"same": 0.98, "differs": 0.02},
    "concealment": {"same": 0.85, "differs": 0.15},
    "reference": {"same": 0.985, "similar": 0.01, "differs": 0.005},
    "packaging_mark": {"same": 0.97, "differs": 0.03},
    "entity": {"same": 0.97, "differs": 0.03},
}
"""The same where one agency reports it twice: mostly it sends its own record again; but some pass on what two of their
sources say, in units, words and places of their own, as in the labelled pairs (`tests/accuracy/labels`)."""
SECOND_REPORTS: Mapping[str, float] = {"other_agency": 0.05, "same_agency": 0.02}
"""Part of the incidents of which another agency, or the same one once more, makes a second report."""
IN_NETWORKS = 0.1
"""Part of the pairs that share a name or mark that are one seizure."""
