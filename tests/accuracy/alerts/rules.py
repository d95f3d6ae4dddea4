"""The surge detector and its simple peers: a fixed threshold, and a Poisson test against the mean of the past."""

from functools import partial

from stream_processors.alert.baseline import ALPHA, LEAST, Expected, expected, poisson_bound
from stream_processors.alert.surge import Surge

FIXED = (5, 10)


def _fixed(counts: tuple[int, ...], least: int) -> Expected:
    return Expected((sum(counts) + 0.5) / len(counts), least)


def _poisson(counts: tuple[int, ...]) -> Expected:
    mean = (sum(counts) + 0.5) / len(counts)
    return Expected(mean, max(LEAST, poisson_bound(mean, ALPHA)))


RULES = {
    "ours": Surge(expected),
    "Poisson test": Surge(_poisson),
    **{f"fixed threshold, {least} a month": Surge(partial(_fixed, least=least)) for least in FIXED},
}
"""By name."""
