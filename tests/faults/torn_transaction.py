"""The attack on a plain loop and on the worker, and the account of it."""

import dataclasses
import time
import uuid
from collections import Counter

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from schemas.publishing import publish
from schemas.reading import quiet_logger, read_topic
from schemas.settings import Settings
from schemas.topics import FOR_EVER, Topic, create_topics
from stream_processors.runtime import KafkaLog, Partition, Worker
from tests.faults.counting import Counting
from tests.faults.late_end_txn import Late, LateEndTxn, Network
from tests.faults.plain_loop import Habits, plain_loop
from tests.faults.proxy import Proxy

_PATIENCE_S = 60.0


@dataclasses.dataclass(frozen=True)
class Account:
    """What became of the records.

    Attributes:
        late: each EndTxn that came late.
        given: records of the input.
        told: records in transactions of which the caller knew, at its first error or else at the end, that they are
            committed.
        torn: records that committed readers saw then and that are in no such transaction.
        error: with which the library gave up; empty if it did not.
        lost: records missing in the output at the end.
        doubled: records more than once in the output at the end.
    """

    late: tuple[Late, ...]
    given: int
    told: int
    torn: int
    error: str
    lost: int
    doubled: int


class Ground:
    """An input topic with records, and an output topic of two partitions, both of their own."""

    def __init__(self, settings: Settings, given: int) -> None:
        self.settings, self.given = settings, given
        self.name = f"torn-{uuid.uuid4()}"
        self.source, self.target = f"{self.name}-in", f"{self.name}-out"
        topics = [Topic(self.source, "", "", 1, FOR_EVER, (), ()), Topic(self.target, "", "", 2, FOR_EVER, (), ())]
        create_topics(AdminClient(settings.client_config(), logger=quiet_logger()), topics)
        publish(settings, self.source, [(b"%d" % number, b"") for number in range(given)])

    def values(self) -> list[tuple[int, ...]]:
        """What committed readers see in the output: the numbers of each record."""
        return [tuple(map(int, (record.value or b"").split())) for record in read_topic(self.settings, self.target)]

    def account(self, late: list[Late], told: int, torn: int, error: str) -> Account:
        """The account, by what committed readers see now."""
        times = Counter(value[-1] for value in self.values())
        doubled = sum(number > 1 for number in times.values())
        return Account(tuple(late), self.given, told, torn, error, self.given - len(times), doubled)


def attack_loop(ground: Ground, network: Network, habits: Habits) -> Account:
    """Attack a plain loop once; after an error it is started again, in peace, until it is through the input."""
    attack = LateEndTxn(ground.name, network)
    config = ground.settings.client_config(**{"socket.timeout.ms": "1000"})
    topics = (ground.source, ground.target)
    told: set[int] = set()
    error = ""
    with Proxy(ground.settings.bootstrap, attack) as proxy:
        try:
            through = config | {"bootstrap.servers": proxy.bootstrap}
            plain_loop(through, ground.name, topics, ground.given, habits, told.update)
        except KafkaException as failed:
            error = failed.args[0].str()
    known = len(told)
    torn = sum(value[-1] not in told for value in ground.values())
    if error:
        plain_loop(config, ground.name, topics, ground.given, habits, told.update)
    return ground.account(attack.delivered, known, torn, error)


def attack_worker(ground: Ground, network: Network, *, batch: int, times: int) -> Account:
    """Attack the worker a number of times while it goes through the input.

    The deployment's settings silence librdkafka as far as they can: the worker hears what it needs nevertheless.
    """
    attack = LateEndTxn(f"{ground.name}-0", network, times)
    told = 0

    def count(size: int) -> None:
        nonlocal told
        told += size

    with Proxy(ground.settings.bootstrap, attack) as proxy:
        silenced = ground.settings.kafka | {"log_level": "0", "log.connection.close": "false"}
        settings = dataclasses.replace(ground.settings, bootstrap=proxy.bootstrap, kafka=silenced)
        log = KafkaLog(settings, ground.name, ground.source)
        stage = Counting(ground.source, [Partition(ground.target, number) for number in range(2)])
        worker = Worker(log, stage, batch, count)
        deadline = time.monotonic() + _PATIENCE_S
        while told < ground.given and time.monotonic() < deadline:
            worker.step(0.2)
        log.close()
    torn = max(0, len(ground.values()) - told)
    return ground.account(attack.delivered, told, torn, "")
