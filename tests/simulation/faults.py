"""What can go wrong, how often in a seed, and how long it takes."""

from collections import Counter
from collections.abc import Callable
from random import Random

from tests.simulation.scheduler import Scheduler

TRANSACTION_MS = 15_000
_LONGEST_MS = 20_000
_SHARE_OF_SILENCES = 0.2

RATES = {
    "crash": 0.01,
    "stall": 0.006,
    "stall at commit": 0.01,
    "twin": 0.4,
    "delay": 0.02,
    "no answer": 0.01,
    "answer lost": 0.01,
    "call hangs": 0.01,
    "reads ahead": 0.5,
    "commit aborted": 0.05,
    "commit lost": 0.05,
    "commit late": 0.06,
    "commit unanswered": 0.05,
    "commit retried in silence": 0.12,
    "records under way": 0.5,
    "positions forgotten": 0.2,
    "heartbeat late": 0.02,
    "rebalance": 0.4,
    "acknowledgement lost": 0.15,
    "word lost": 0.15,
    "database refuses": 0.05,
    "stage fails": 0.15,
    "directory changes": 0.05,
}
"""Every kind of fault with its usual chance at each place where it can happen."""

_SILENCES = {"stall": 0.004, "stall at commit": 0.2, "records under way": 0.9, "crash": 0.003, "twin": 0.1}
"""What makes up the seeds in which processes are mostly stopped for about as long as transactions live."""


class Crashed(BaseException):  # as a process that is killed: nothing may catch it
    """The process of an actor ended in the middle of a call."""


class Faults:
    """Faults of one seed: some kinds often, some seldom, some never, until they stop.

    Attributes:
        counts: how often each kind happened.
    """

    def __init__(self, scheduler: Scheduler, random: Random) -> None:
        self._scheduler, self._random = scheduler, random
        self._rates = {kind: rate * random.choice((0, 0.3, 1, 1, 3)) for kind, rate in RATES.items()}
        self._silences = random.random() < _SHARE_OF_SILENCES
        if self._silences:
            self._rates |= _SILENCES
        self.counts: Counter[str] = Counter()
        self.stopped = False

    def happens(self, kind: str) -> bool:
        """Whether a fault happens here and now."""
        if self.stopped or self._random.random() >= self._rates[kind]:
            return False
        self.counts[kind] += 1
        self._scheduler.note(f"! {kind}")
        return True

    def after(self, what: str, event: Callable[[], None]) -> None:
        """Let something happen that the network or the broker takes its time for."""
        if what == "time-out":
            self._scheduler.later(TRANSACTION_MS, event)
        elif self.stopped or self._random.random() < 0.6:
            self._scheduler.later(1, event)
        else:
            self._scheduler.later(self.delay_ms(), event)

    def stall_ms(self) -> float:
        """How long a stopped process stands still."""
        return self._random.uniform(10_000, 14_500) if self._silences else self._random.uniform(5_000, 25_000)

    def delay_ms(self) -> float:
        """From a millisecond to twenty seconds, each order of magnitude as likely."""
        return float(_LONGEST_MS ** self._random.random())
