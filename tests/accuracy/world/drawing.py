"""Drawing with weights, fast: one random number a draw."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Weighted(Generic[_T]):
    """Values with weights, drawn by `draw`."""

    def __init__(self, weights: Mapping[_T, float]) -> None:
        self.values: Sequence[_T] = tuple(weights)
        self._sums = list(accumulate(weights.values()))
        if not self._sums or self._sums[-1] <= 0:
            raise ValueError("there must be a value with a weight above zero")

    def draw(self, chance: Random) -> _T:
        """One of the values."""
        # A sum of floats can lie a little above the last; the last value then stands in.
        place = bisect_right(self._sums, chance.random() * self._sums[-1])
        return self.values[min(place, len(self.values) - 1)]


def zipf(values: Sequence[_T], exponent: float) -> Weighted[_T]:
    """The values with weights 1, 2^-s, 3^-s, …: few that are common, many that are rare."""
    return Weighted({value: (rank + 1) ** -exponent for rank, value in enumerate(values)})
