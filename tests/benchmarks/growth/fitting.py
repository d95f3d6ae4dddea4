"""How a total grows with the number of incidents: the exponent of n that fits it best."""

import math
from collections.abc import Mapping


def exponent(totals: Mapping[int, float]) -> float:
    """Slope of log total over log n by least squares; 1 is as many for each incident however many there are.

    Args:
        totals: n → what n incidents took in all; at least two, above zero.

    Raises:
        ValueError: there are fewer.
    """
    if len(totals) < 2:
        raise ValueError("an exponent needs two sizes or more")
    across, up = [math.log(n) for n in totals], [math.log(total) for total in totals.values()]
    middle, height = sum(across) / len(across), sum(up) / len(up)
    spread = sum((x - middle) ** 2 for x in across)
    return sum((x - middle) * (y - height) for x, y in zip(across, up, strict=True)) / spread
