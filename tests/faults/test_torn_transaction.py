"""Kafka's own hole (docs/guarantees.md): it is there, and the worker does not fall into it."""

import pytest

from schemas.settings import Settings
from tests.faults.late_end_txn import Network
from tests.faults.plain_loop import Habits
from tests.faults.torn_transaction import Account, Ground, attack_loop, attack_worker

pytestmark = [pytest.mark.stack, pytest.mark.faults]

_OBEYED = 0
_REFUSED = {47, 90}
"""INVALID_PRODUCER_EPOCH, PRODUCER_FENCED."""
_EPOCH_BY_TRANSACTION = 5
"""The version of EndTxn from which each transaction has an epoch of its own (KIP-890)."""


@pytest.fixture
def ground(settings: Settings) -> Ground:
    """300 records."""
    if settings.broker_principal:
        pytest.skip("the broker speaks TLS, which the proxy cannot read")
    return Ground(settings, 300)


def _torn_by_the_first_commit(account: Account) -> None:
    """The library sent the first EndTxn again, told of one success, and the late one was obeyed too."""
    assert [(late.retried, late.error) for late in account.late] == [(True, _OBEYED)]
    assert account.late[0].version < _EPOCH_BY_TRANSACTION, "librdkafka has KIP-890 now: see docs/guarantees.md"
    assert account.told == 100
    assert 0 < account.torn < 100


def test_a_plain_loop_doubles_what_a_late_end_txn_commits(ground: Ground) -> None:
    """Half of the second transaction is committed without its position, and written again after the restart."""
    account = attack_loop(ground, Network.SILENT, Habits(flush=True))
    _torn_by_the_first_commit(account)
    assert (account.doubled, account.lost) == (account.torn, 0)


def test_a_plain_loop_loses_what_a_late_end_txn_leaves_out(ground: Ground) -> None:
    """Half of the second transaction is committed with the position of all of it: nobody writes the rest."""
    account = attack_loop(ground, Network.CUT, Habits())
    _torn_by_the_first_commit(account)
    assert (account.doubled, account.lost) == (0, 100 - account.torn)


def test_a_loop_that_retires_its_producer_is_not_torn(ground: Ground) -> None:
    """What docs/guarantees.md tells users of the library to do."""
    account = attack_loop(ground, Network.CUT, Habits(guard=True))
    assert [(late.retried, late.error in _REFUSED) for late in account.late] == [(True, True)]
    assert (account.told, account.torn, account.error, account.lost, account.doubled) == (300, 0, "", 0, 0)


@pytest.mark.parametrize(("network", "times", "retried"), [(Network.CUT, 3, True), (Network.SILENT, 1, False)])
def test_the_worker_loses_and_doubles_nothing(ground: Ground, network: Network, times: int, retried: bool) -> None:
    """The late EndTxn comes in the middle of the next transaction as well, and the broker refuses it.

    Where the connection is cut, the library retries in silence, and the worker retires the producer. Where no answer
    comes, the worker gives up first, and does the batch again.
    """
    account = attack_worker(ground, network, batch=50, times=times)
    assert [late.retried for late in account.late] == [retried] * times
    assert {late.error for late in account.late} <= _REFUSED
    assert (account.told, account.torn, account.lost, account.doubled) == (300, 0, 0, 0)
    assert sorted(number for number, _ in ground.values()) == list(range(1, 301))
