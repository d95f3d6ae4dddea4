"""Kafka's own hole (docs/guarantees.md): it is there, and the worker does not fall into it."""

import pytest

from schemas.settings import Settings
from tests.faults.late_end_txn import Network
from tests.faults.torn_transaction import Ground, attack_plain_loop, attack_worker
pytestmark = [pytest.mark.stack, pytest.mark.faults]

@pytest.mark.parametrize("network", Network)
@pytest.mark.parametrize("flush", [True, False])
def test_a_plain_loop(settings: Settings, network: Network, flush) -> None:
    print(attack_plain_loop(Ground(settings, 300), network, batch=100, flush=flush))

@pytest.mark.parametrize("network", Network)
def test_worker(settings: Settings, network: Network) -> None:
    g=Ground(settings, 300)
    print(attack_worker(g, network, batch=50, times=3 if network is Network.CUT else 1))
    assert sorted(n for n,_ in g.values())==list(range(1,301))
