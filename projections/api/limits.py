"""How often somebody may ask: a bucket of tokens each, refilled steadily."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from projections.api.problems import ProblemError

_MOST = 100_000


class Limits:
    """Buckets by name; the least used are forgotten, which only ever allows more.

    Args:
        per_second: requests that a bucket gains.
        burst: requests that it holds.
    """

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = per_second, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._taking = threading.Lock()

    def take(self, name: str) -> None:
        """Take one request.

        Raises:
            ProblemError: 429, with the seconds to wait.
        """
        now = self._clock()
        with self._taking:
            level, at = self._buckets.pop(name, (float(self._burst), now))
            level = min(self._burst, level + (now - at) * self._rate)
            allowed = level >= 1
            self._buckets[name] = (level - 1 if allowed else level, now)
            if len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
        if not allowed:
            wait = math.ceil((1 - level) / self._rate)
            raise ProblemError(429, "TOO_MANY_REQUESTS", f"ask again in {wait} s", headers={"Retry-After": str(wait)})
