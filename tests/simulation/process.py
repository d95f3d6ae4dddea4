"""What a port of the simulated world does at each call: let others act, and perhaps fail."""

from tests.simulation.faults import Crashed, Faults
from tests.simulation.scheduler import Scheduler


class Process:
    """One process, which may be killed or stopped for a while at any call it makes.

    Args:
        paused: called when it stops for so long that others take it for dead, with how long.

    Attributes:
        scheduler: whose turns it takes.
        faults: what may happen.
    """

    def __init__(self, scheduler: Scheduler, faults: Faults) -> None:
        self.scheduler, self.faults = scheduler, faults

    def call(self, what: str) -> None:
        """A call to the outside, in which everything else may happen.

        Raises:
            Crashed: the process was killed.
        """
        self.scheduler.note(what)
        self.scheduler.point()
        if self.faults.happens("crash"):
            raise Crashed
        if self.faults.happens("delay"):
            self.scheduler.sleep(self.faults.delay_ms())
        if self.faults.happens("stall"):
            self.stalled()

    def stalled(self) -> None:
        """It is stopped for so long that others take it for dead, and then goes on as if nothing had been."""
        self.scheduler.sleep(self.scheduler.random.randrange(8_000, 25_000))
