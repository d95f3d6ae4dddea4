"""The attack on a plain loop and on the worker, and the account of it.

`python -m tests.faults.torn_transaction` tells it on the servers of the settings at hand.
"""

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
from tests.faults.plain_loop import plain_loop
from tests.faults.proxy import Proxy

_PATIENCE_S = 120.0


@dataclasses.dataclass(frozen=True)
class Account:
    """What became of the records.

    Attributes:
        late: each EndTxn that came late.
        given: records of the input.
        told: records in transactions of which the caller was told, before the first error, that they are committed.
        torn: records that committed readers saw after the first error, of transactions not told to be committed.
        errors: what the library said.
        lost: records missing in the output at the end.
        doubled: records more than once in the output at the end.
    """

    late: tuple[Late, ...]
    given: int
    told: int
    torn: int
    errors: tuple[str, ...]
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

    def account(self, late: list[Late], told: int, torn: int, errors: list[str]) -> Account:
        """The account, by what readers see now."""
        times = Counter(value[-1] for value in self.values())
        doubled = sum(number > 1 for number in times.values())
        return Account(tuple(late), self.given, told, torn, tuple(errors), self.given - len(times), doubled)


def attack_plain_loop(ground: Ground, network: Network, *, batch: int, flush: bool) -> Account:
    """Attack a plain loop once; after an error it is started again, in peace, until it has gone through the input."""
    attack = LateEndTxn(ground.name, network)
    config = ground.settings.client_config()
    told: set[int] = set()
    errors = list[str]()

    def run(bootstrap: str) -> None:
        plain_loop(
            config | {"bootstrap.servers": bootstrap, "socket.timeout.ms": "1500"},
            ground.name,
            (ground.source, ground.target),
            ground.given,
            batch=batch,
            flush=flush,
            told=told.update,
            logger=quiet_logger(),
        )

    with Proxy(ground.settings.bootstrap, attack) as proxy:
        try:
            run(proxy.bootstrap)
        except KafkaException as error:
            errors.append(str(error.args[0]))
    known = len(told)
    torn = sum(value[-1] not in told for value in ground.values())
    if errors:
        run(ground.settings.bootstrap)
    return ground.account(attack.delivered, known, torn, errors)


def attack_worker(ground: Ground, network: Network, *, batch: int, times: int, **kafka: str) -> Account:
    """Attack the worker, a number of times, while it goes through the input."""
    attack = LateEndTxn(f"{ground.name}-0", network, times)
    told = 0

    def count(size: int) -> None:
        nonlocal told
        told += size

    with Proxy(ground.settings.bootstrap, attack) as proxy:
        settings = dataclasses.replace(ground.settings, bootstrap=proxy.bootstrap, kafka={**ground.settings.kafka, **kafka})
        log = KafkaLog(settings, ground.name, ground.source)
        stage = Counting(ground.source, [Partition(ground.target, number) for number in range(2)])
        worker = Worker(log, stage, batch, count)
        deadline = time.monotonic() + _PATIENCE_S
        while told < ground.given and time.monotonic() < deadline:
            worker.step(0.2)
        log.close()
    return ground.account(attack.delivered, told, 0, [])
