"""What counts of a place's own past make likely: the negative-binomial predictive distribution of the next count.

Counts of a cell are taken as gamma-Poisson. With Jeffreys' prior the posterior predictive of the next count, given n
counts that sum to S, is negative binomial with mean m = (S + 1/2) / n and variance m (1 + 1/n): the Bayes method of
Höhle ("surveillance: An R package for the monitoring of infectious diseases", Computational Statistics 22, 2007,
section 3, `algo.bayes`). Counts vary more than that from month to month; so the variance is multiplied by the
quasi-Poisson dispersion phi = max(1, Pearson's chi-squared / (n - 1)), as Farrington et al. ("A statistical algorithm
for the early detection of outbreaks of infectious disease", J. R. Statist. Soc. A 159, 1996, section 3) do, with the
negative binomial in place of their normal bound, as Noufaily et al. ("An improved algorithm for outbreak detection in
multiple surveillance systems", Statistics in Medicine 32, 2013, section 3) found better for sparse counts. As with
them past outbreaks weigh less: counts above what the others make likely (at first those but the highest tenth) count as
the bound does.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

LEAST = 5
"""Fewer incidents in a cell are no surge, whatever its past: so do Farrington et al."""
ALPHA = 1e-3
"""A count is a surge that its past makes less likely than this."""
_PASSES = 2
_TOP_SHARE = 10
_NEGLIGIBLE = 1e-12


class Expected(NamedTuple):
    """What is to be expected of the next count.

    Attributes:
        mean: expected count.
        least: the smallest count that is a surge.
    """

    mean: float
    least: int


@lru_cache(maxsize=65_536)
def expected(counts: tuple[int, ...], alpha: float = ALPHA) -> Expected:
    """What counts of the past make likely.

    Args:
        counts: of periods of equal length; three or more.
        alpha: probability below which a count is a surge.
    """
    usual = sorted(counts)[: len(counts) - max(1, len(counts) // _TOP_SHARE)]
    least = _bound(*_moments(usual), alpha)  # an outbreak must not vouch for itself
    for _ in range(_PASSES):  # what was itself a surge counts as the bound does
        mean, variance = _moments([min(count, least) for count in counts])
        least = _bound(mean, variance, alpha)
    return Expected(mean, max(LEAST, least))


def _moments(counts: Sequence[int]) -> tuple[float, float]:
    n = len(counts)
    mean = (sum(counts) + 0.5) / n
    dispersion = max(1.0, sum((count - mean) ** 2 for count in counts) / mean / (n - 1))
    return mean, mean * dispersion * (1 + 1 / n)


def _bound(mean: float, variance: float, alpha: float) -> int:
    """The smallest k with P(X >= k) < alpha, where X is negative binomial."""
    size, q = mean * mean / (variance - mean), 1 - mean / variance
    k = math.ceil(
        mean + 3 * math.sqrt(variance)
    )  # near it; one logarithm of gamma, and each mass out of the one beside
    log = math.lgamma(k + size) - math.lgamma(size) - math.lgamma(k + 1)
    mass = math.exp(log + size * math.log(mean / variance) + k * math.log1p(-mean / variance))
    tail, beyond, far = 0.0, mass, k
    while beyond > _NEGLIGIBLE:
        tail += beyond
        beyond *= (far + size) / (far + 1) * q
        far += 1
    while tail >= alpha:
        tail -= mass
        mass *= (k + size) / (k + 1) * q
        k += 1
    while k > 0:
        mass *= k / (k - 1 + size) / q
        if tail + mass >= alpha:
            break
        tail += mass
        k -= 1
    return k


def poisson_bound(mean: float, alpha: float = ALPHA) -> int:
    """The same of a Poisson distribution with a mean that is taken for known: the simple peer."""
    tail, k = 1.0, 0
    mass = math.exp(-mean)
    while tail >= alpha:
        tail -= mass
        k += 1
        mass *= mean / k
    return k
