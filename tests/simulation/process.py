"""A process of the simulated world: at each call it makes others may act, and it may be killed or stopped."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.simulation.faults import Crashed, Faults
from tests.simulation.scheduler import Scheduler

_T = TypeVar("_T")
_SILENCE_MS = 10_000


class Process:
    """One process.

    Args:
        on_stop: called when it is stopped, to go on some time later as if nothing had been.

    Attributes:
        on_silence: called when nothing was heard of it for so long that a group takes it for dead.
    """

    def __init__(self, scheduler: Scheduler, faults: Faults, on_stop: Callable[[], None] = lambda: None) -> None:
        self.scheduler, self.faults, self._on_stop = scheduler, faults, on_stop
        self.on_silence: Callable[[], None] = lambda: None
        self._silent = False

    def call(self, what: str, stall: str = "stall") -> None:
        """A call to the outside.

        Args:
            what: for the trace.
            stall: the kind of fault by which it may be stopped here.

        Raises:
            Crashed: the process was killed.
        """
        self.scheduler.note(what)
        self.scheduler.point()
        if self.faults.happens("crash"):
            self._fall_silent()
            raise Crashed
        if self.faults.happens("delay"):
            self.scheduler.sleep(self.faults.delay_ms())
        if self.faults.happens(stall):
            self._fall_silent()
            self._on_stop()
            self.scheduler.sleep(self.faults.stall_ms())
            self._silent = False
            self.scheduler.note("  goes on as if nothing had been")

    def _fall_silent(self) -> None:
        self._silent = True
        self.scheduler.later(_SILENCE_MS, lambda: self.on_silence() if self._silent else None)

    def wait(self, ready: Callable[[], bool]) -> None:
        """Let others act until something holds."""
        self.scheduler.wait(ready)

    def shuffled(self, of: Sequence[_T]) -> list[_T]:
        """In any order."""
        return self.scheduler.random.sample(of, len(of))

    def some(self, most: int) -> int:
        """A number from 1 to `most`."""
        return self.scheduler.random.randint(1, most)
