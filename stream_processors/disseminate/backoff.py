"""How long a message waits after each attempt that failed."""

from collections.abc import Callable
from dataclasses import dataclass
from random import uniform


@dataclass(frozen=True)
class Backoff:
    """Twice as long each time, less a part by chance, so that receivers that come back are not met by all at once.

    With the usual values a message is tried for some fifteen hours.
    """

    first_s: float = 1.0
    most_s: float = 3_600.0
    attempts: int = 30
    chance: Callable[[float, float], float] = uniform

    def after(self, failed: int) -> float | None:
        """Seconds until the next attempt, after so many that failed; None where there is no other."""
        if failed >= self.attempts:
            return None
        whole = min(self.most_s, self.first_s * 2.0 ** min(failed - 1, 30))
        return whole * self.chance(0.5, 1.0)
