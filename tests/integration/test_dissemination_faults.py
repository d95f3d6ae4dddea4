"""Dissemination as processes that are killed, stopped and joined by others: nothing lost, nothing made up."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from random import Random
from subprocess import Popen

import pytest
from confluent_kafka import Producer

from deploy.agencies import add_agencies
from deploy.disseminating import webhook_key
from deploy.workers import spawn_stage
from projections.dead_letters import dead_letters
from schemas.codec import frame
from schemas.dictionary import read_dictionary
from schemas.directory import Agency
from schemas.directory.commands import SubscriptionEnd, WebhookHostsSet
from schemas.reading import quiet_logger
from schemas.settings import Settings
from schemas.topics import ACKNOWLEDGEMENTS, alerts
from stream_processors.disseminate import group
from stream_processors.runtime.lag import committed, lag
from tests.integration.disseminating import change, nobody_subscribed, subscribed
from tests.integration.exchange import until
from tests.integration.generations import own_generation
from tests.integration.receivers import Receiver, receiving
from tests.running import Running
from tests.unit.projections.alerts import Alerts

pytestmark = [pytest.mark.stack, pytest.mark.faults]

_GENERATION = 922
_AGENCY = "dif-nzl"


@pytest.fixture
def at_work(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A generation with views of its alerts, and no dissemination yet."""
    settings = running.settings
    nobody_subscribed(settings)
    add_agencies(settings, [Agency(_AGENCY, _AGENCY, "CUSTOMS", "NZL")])
    monkeypatch.setenv("IONICS_GENERATION", str(_GENERATION))
    with own_generation(settings, _GENERATION, "project", "members") as ours:
        yield ours


class _Writer:
    """Writes alerts in transactions, of which some are aborted, and poison between them."""

    def __init__(self, settings: Settings, chance: Random) -> None:
        self._topic, self._chance = alerts(settings.generation).name, chance
        head = frame(read_dictionary(settings).id_of("alert"))
        self._made = Alerts({"alert": head}, settings.generation)
        self._producer = Producer(settings.client_config(**{"transactional.id": "dif-writer"}), logger=quiet_logger())
        self._producer.init_transactions(30)
        self.written: list[str] = []
        self.aborted: set[str] = set()
        self.poison = 0

    def write(self, count: int) -> None:
        """So many transactions of one to three alerts."""
        for _ in range(count):
            self._producer.begin_transaction()
            made = []
            for _ in range(self._chance.randint(1, 3)):
                name = f"faults {len(self.written) + len(self.aborted) + len(made)}"
                made.append(self._made.alert(name, at=datetime.now(UTC)))
                self._producer.produce(self._topic, self._made.records[-1].value, made[-1].encode(), 0)
            if self._chance.random() < 0.2:
                self._producer.flush(10)  # it stands in the log before it is taken back
                self._producer.abort_transaction(30)
                self.aborted |= set(made)
                continue
            if self._chance.random() < 0.1:
                self.poison += 1
                self._producer.produce(self._topic, b"poison", b"poison", 0)
            self._producer.commit_transaction(30)
            self.written += made


def _read(settings: Settings) -> bool:
    """Whether all records were handled, and so were commits of the group."""
    name = group(settings.generation)
    topics = (alerts(settings.generation), ACKNOWLEDGEMENTS)
    return all(lag(settings, topic, committed(settings, name, topic)).fresh for topic in topics)


@contextmanager
def _worker(settings: Settings, instance: str) -> Iterator[Popen[bytes]]:
    """A worker as a process, which ends with the test whatever becomes of that."""
    with spawn_stage(settings.home, "disseminate", instance) as process:
        try:
            yield process
        finally:
            process.kill()


def test_nothing_is_lost_though_workers_are_killed(at_work: Settings) -> None:
    """`kill -9`, SIGTERM and rebalances of two workers, a receiver that fails; doubled is only what has the same id."""
    chance = Random(3)  # noqa: S311  # a load, not a secret
    writer = _Writer(at_work, chance)
    with receiving() as receiver, ExitStack() as left:
        receiver.answer = lambda _: (503, {}) if chance.random() < 0.1 else (204, {})
        command = subscribed(_AGENCY, "webhook", receiver.address(), events=["alert"], limit_a_minute=600)
        change(at_work, WebhookHostsSet(agency_id=_AGENCY, hosts=[receiver.host]), command)
        first, second = (left.enter_context(_worker(at_work, name)) for name in ("0", "1"))
        writer.write(20)
        until(lambda: len(receiver.requests) > 10)
        first.kill()
        first.wait()
        writer.write(20)
        first = left.enter_context(_worker(at_work, "0"))
        second.terminate()
        assert second.wait(30) == 0
        writer.write(20)
        before = len(receiver.requests)
        until(lambda: len(receiver.requests) > before)
        first.kill()
        first.wait()
        second = left.enter_context(_worker(at_work, "1"))
        until(lambda: set(receiver.events()) >= set(writer.written), 120)
        until(lambda: _read(at_work))
        second.terminate()
        assert second.wait(30) == 0
        _accounted(at_work, writer, receiver)
        change(at_work, SubscriptionEnd(subscription_id=command.subscription_id))


def _accounted(settings: Settings, writer: _Writer, receiver: Receiver) -> None:
    assert writer.aborted
    assert set(receiver.events()) == set(writer.written)
    ids = {body["id"]: body["link"] for body in receiver.bodies}
    assert len(ids) == len(set(ids.values())) == len(writer.written)
    assert receiver.are_signed(webhook_key(settings))
    topic = alerts(settings.generation).name
    letters = [each for each in dead_letters(settings) if each.stage == "disseminate" and topic in each.position]
    assert writer.poison
    assert len({each.position for each in letters}) == writer.poison
    assert all(each.record.value == b"poison" for each in letters)
