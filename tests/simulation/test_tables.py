"""The tables in memory keep the contract that those in PostgreSQL keep."""

from copy import deepcopy
from random import Random

import pytest

from projections.projector import Sink
from tests.simulation.faults import Faults
from tests.simulation.process import Process
from tests.simulation.scheduler import Scheduler
from tests.simulation.tables import MemorySink, Place, Tables
from tests.sink_contract import SinkContract


class _Memory:
    def __init__(self) -> None:
        random = Random(1)  # noqa: S311  # repeatable, not secret
        scheduler = Scheduler(random)
        faults = Faults(scheduler, random)
        faults.stopped = True
        self._tables, self._process = (Tables(), Tables()), Process(scheduler, faults)

    def open(self, tables: int = 0) -> Sink:
        """See `Ground.open`."""
        return MemorySink(self._tables[tables], set[Place](), self._process)

    def state(self, tables: int = 0) -> object:
        """See `Ground.state`."""
        found = deepcopy(self._tables[tables])
        return found.positions, found.revisions, found.current, +found.counts


class TestMemorySink(SinkContract):
    """The tables in memory keep the contract."""

    @pytest.fixture
    def ground(self) -> _Memory:
        """Empty tables."""
        return _Memory()
