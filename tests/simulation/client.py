"""The library's producer as `KafkaSender` uses it: idempotent, in order within a partition, seldom with an answer.

A request that goes unanswered may have arrived, may arrive later, or never: also when whoever sent it has given up.
What is sent after it to the same partition comes after it. Success is said only where it was asked for. To give up what
is under way is what the library calls fatal; it raises that between words on single messages, and a word may be lost.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from schemas.identity import PARTITIONS
from stream_processors.runtime import Output
from tests.simulation.broker import Broker
from tests.simulation.process import Process

_PAUSE_MS = 200
Told = Callable[[KafkaError | None, object], None]


@dataclass(eq=False)
class _Message:
    output: Output
    told: Told
    sent: bool = False
    arrived: bool = False
    cut: bool = False


@dataclass
class _Way:
    """To one partition: what waits for its acknowledgement, oldest first, and until when none comes."""

    messages: list[_Message] = field(default_factory=list)
    silent_until_ms: float = 0.0


class SimulatedClient:
    """One connection, which is not used again once it was purged."""

    def __init__(self, broker: Broker, process: Process, settings: Mapping[str, Any]) -> None:
        self._broker, self._process = broker, process
        self._scheduler, self._faults = process.scheduler, process.faults
        self._says_success = not settings["delivery.report.only.error"]
        self._ways: dict[int, _Way] = defaultdict(_Way)
        self._words: list[tuple[Told, KafkaError | None]] = []
        self._gap = False

    def __len__(self) -> int:
        return len(self._words) + sum(len(way.messages) for way in self._ways.values())

    def list_topics(self, topic: str, timeout: float) -> SimpleNamespace:  # noqa: ARG002  # it answers or it does not
        """See `confluent_kafka.Producer`."""
        self._process.call("connect")
        if self._faults.happens("no answer"):
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        found = SimpleNamespace(error=None, partitions=range(PARTITIONS))
        return SimpleNamespace(topics={topic: found})

    def produce(  # that of the library
        self, topic: str, value: bytes, key: bytes, partition: int, on_delivery: Told, headers: list[tuple[str, Any]]
    ) -> None:
        """See `confluent_kafka.Producer`."""
        bytes_ = tuple((name, text.encode() if isinstance(text, str) else text) for name, text in headers)
        self._ways[partition].messages.append(_Message(Output(topic, partition, key, value, bytes_), on_delivery))

    def poll(self, timeout: float) -> int:  # noqa: ARG002  # it takes as long as it takes
        """See `confluent_kafka.Producer`. Says what there is to say, or else lets a request leave or an answer come.

        Raises:
            KafkaException: there is a gap.
        """
        self._process.call("poll")
        if self._words:
            return self._say()
        if not (self._send() or self._hear()):
            self._scheduler.sleep(self._scheduler.random.randrange(_PAUSE_MS))
        return 0

    def _say(self) -> int:
        said = self._process.some(len(self._words))
        for _ in range(said):
            told, error = self._words.pop(0)
            if self._gap and self._faults.happens("word lost"):
                raise KafkaException(KafkaError(KafkaError._FATAL, "there is a gap", fatal=True))
            told(error, None)
        return said

    def _send(self) -> bool:
        """Whether a request left, to one of the partitions for which something waits."""
        waiting = [way for way in self._ways.values() if way.messages and not way.messages[-1].sent]
        if not waiting:
            return False
        way = self._process.shuffled(waiting)[0]
        message = next(each for each in way.messages if not each.sent)
        self._process.call(f"send {message.output.key!r}")
        now = self._scheduler.now_ms
        if self._faults.happens("acknowledgement lost"):
            long = self._faults.stall_ms() if self._scheduler.random.random() < 0.5 else self._faults.delay_ms()
            way.silent_until_ms = max(way.silent_until_ms, now + long)
        message.sent = True
        behind = any(not each.arrived for each in way.messages if each.sent and each is not message)
        late = way.silent_until_ms > now and (behind or self._scheduler.random.random() < 0.5)
        if late:
            self._scheduler.later(way.silent_until_ms - now, partial(self._arrive, message))
        else:
            self._arrive(message)
        return True

    def _arrive(self, message: _Message) -> None:
        if not message.cut:
            self._broker.append(message.output)
            message.arrived = True

    def _hear(self) -> bool:
        """Whether an acknowledgement came."""
        heard = False
        for way in self._ways.values():
            while way.messages and way.messages[0].arrived and way.silent_until_ms <= self._scheduler.now_ms:
                message = way.messages.pop(0)
                heard = True
                if self._says_success:
                    self._words.append((message.told, None))
        return heard

    def purge(self, *, in_queue: bool, in_flight: bool) -> None:
        """See `confluent_kafka.Producer`. What is under way may still arrive."""
        if not (in_queue and in_flight):
            raise ValueError("all is given up, or nothing")
        for way in self._ways.values():
            cut = not self._faults.happens("records under way")
            for message in way.messages:
                message.cut = cut
                code = KafkaError._PURGE_INFLIGHT if message.sent else KafkaError._PURGE_QUEUE
                self._gap = self._gap or message.sent
                self._words.append((message.told, KafkaError(code)))
            way.messages.clear()
