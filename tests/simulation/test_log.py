"""The simulated log keeps the contract that Kafka keeps, so the simulation is no fiction."""

from collections.abc import Callable, Sequence
from random import Random

import pytest

from stream_processors.runtime import Log, Output, Partition
from tests.log_contract import LogContract, T
from tests.simulation.broker import Broker
from tests.simulation.faults import Faults
from tests.simulation.log import SimulatedLog
from tests.simulation.process import Process
from tests.simulation.scheduler import Scheduler


class _Simulated:
    def __init__(self) -> None:
        random = Random(1)  # noqa: S311  # repeatable, not secret
        self._scheduler = Scheduler(random)
        self._faults = Faults(self._scheduler, random)
        self._faults.stopped = True
        self._broker = Broker(lambda: self._scheduler.now_ms, self._faults.after)
        self.input, self.output = Partition("in", 0), Partition("out", 0)

    def open(self, instance: str = "0") -> Log:
        """See `Ground.open`."""
        return SimulatedLog(self._broker, Process(self._scheduler, self._faults), "contract", {"in": 1}, instance)

    def start(self, call: Callable[[], T]) -> Callable[[], T]:
        """See `Ground.start`: the call has gone as far as it can in a second of its clock."""
        found: list[T] = []
        self._scheduler.spawn("started", lambda: found.append(call()))
        self._scheduler.run(1_000)

        def ended() -> T:
            self._scheduler.run()
            return found[0]

        return ended

    def append(self, values: Sequence[bytes]) -> None:
        """See `Ground.append`."""
        for value in values:
            self._broker.append(Output(*self.input, None, value))


class TestSimulatedLog(LogContract):
    """The simulated log keeps the contract."""

    @pytest.fixture
    def ground(self) -> _Simulated:
        """Empty topics."""
        return _Simulated()
