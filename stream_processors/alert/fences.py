"""From which value on one is unusually great, by the robust score of Iglewicz and Hoaglin.

A value is an outlier whose modified z-score, 0.6745 (x - median) / MAD, is above 3.5 (Iglewicz and Hoaglin, "How to
Detect and Handle Outliers", ASQC 1993, chapter 3). Values here are skewed, so the MAD is that of the values above the
median, and never less than what a rounded report can tell apart. Masses are taken as logarithms: they range over ten
decades. All is done in whole numbers, so that it comes out the same everywhere.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache

OBSERVATIONS = 30
"""With fewer values nothing is called unusual."""
A_DECADE = 10
"""Steps of the scale of masses in a decade."""
_SCORE = 35_000, 6_745
"""3.5 / 0.6745 as whole numbers."""
_TOP_SHARE = 100
_EDGES = [math.ceil(10 ** (step / A_DECADE)) for step in range(18 * A_DECADE + 1)]
MASS_STEP, PURITY_STEP = 3, 20
"""The least MAD: 0.3 decades of mass, 2 per cent of purity."""


def mass_step(micrograms: int) -> int:
    """The step of a mass on the logarithmic scale."""
    return bisect_right(_EDGES, micrograms) - 1


def fence(counts: Mapping[int, int], least_mad: int) -> int | None:
    """The greatest value that is not unusual; None with fewer than OBSERVATIONS.

    A value must exceed 99 of 100 that there were, as well: a scale of few steps would call too many unusual.

    Args:
        counts: how often each value was seen.
        least_mad: what the MAD is at least.
    """
    return _fence(tuple(sorted(counts.items())), least_mad)


@lru_cache(maxsize=4_096)
def _fence(counts: tuple[tuple[int, int], ...], least_mad: int) -> int | None:
    total = sum(count for _, count in counts)
    if total < OBSERVATIONS:
        return None
    median = _ranked(counts, (total + 1) // 2)
    above = tuple((value - median, count) for value, count in counts if value >= median)
    mad = max(least_mad, _ranked(above, (sum(count for _, count in above) + 1) // 2))
    return max(median + mad * _SCORE[0] // _SCORE[1], _ranked(counts, total - total // _TOP_SHARE))


def _ranked(counts: tuple[tuple[int, int], ...], rank: int) -> int:
    """The value of a rank, from 1."""
    for value, count in counts:
        rank -= count
        if rank <= 0:
            return value
    return counts[-1][0]
