"""Kafka behind the `Log` port, by confluent-kafka.

Exactly-once of librdkafka is not taken on trust (architecture: a delayed EndTxn can commit half of the next
transaction). So the producer is retired before another transaction begins whenever a commit raised, or the log of
librdkafka shows a time-out or a failure at its transaction coordinator.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from schemas.batch import Batch, sorted_out
from schemas.errors import ClientHungError, LogError, ProducerFencedError
from schemas.reading import Record, gather, quiet_logger, reading_config, record_of
from schemas.settings import Settings
from schemas.topics import LARGEST_BYTES
from stream_processors.runtime.call import Call
from stream_processors.runtime.log import CommitResult, Output, Partition

_COMMIT_S = 8.0
_SOCKET_MS = 9_000
_TRANSACTION_MS = 15_000
_ANSWER_S = 30.0
_OFFSETS_S = 10.0
_CLOSE_S = 5.0
_LOOK_AGAIN_S = 0.001
_JOIN_S = 45.0
"""A coordinator that loses its quorum may never answer a JoinGroup, for which the library would wait five minutes."""
_ABANDONED: list[Producer | None] = []
"""Producers that hang in librdkafka."""
_FENCED = (KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.INVALID_TXN_STATE)  # noqa: SLF001  # the only names
_PURGED = (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT)  # noqa: SLF001  # the only names


class CoordinatorWatch(logging.Handler):
    """Sees in librdkafka's own log what `commit_transaction` hides: it retried EndTxn.

    Attributes:
        doubt: it did, or may have done; `poll` of the producer after a commit brings the log up to date.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.doubt = False

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        text = record.getMessage()
        if "TxnCoordinator" in text and ("REQTMOUT" in text or "FAIL" in text):
            self.doubt = True


class KafkaLog:
    """One worker's Kafka.

    Args:
        group: consumer group and, with `instance`, the transactional id.
        topic: the input topic.
        instance: stable name of this worker among those of the group.
        others: further input topics.
    """

    def __init__(
        self, settings: Settings, group: str, topic: str, instance: str = "0", others: Sequence[str] = ()
    ) -> None:
        self._settings, self._topic = settings, topic
        self._identity = f"{group}-{instance}"
        self._changed, self._assigned = False, set[Partition]()
        self._awaiting, self._awaiting_since = True, time.monotonic()
        self._watch = CoordinatorWatch()
        self._logger = logging.getLogger(f"librdkafka.{self._identity}")
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False
        self._logger.addHandler(self._watch)
        self._quiet = quiet_logger()
        self._producer: Producer | None = None
        self._closing = False
        self._ahead, self._limit = list[Message](), 0
        config = reading_config(
            settings,
            **{
                "group.id": group,
                "group.instance.id": self._identity,
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": 10_000,
                "enable.partition.eof": False,
                "fetch.wait.max.ms": 100,
                "queued.max.messages.kbytes": 65_536,
            },
        )
        self._consumer = Consumer(config, logger=self._quiet)
        self._consumer.subscribe(
            [topic, *others], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.incremental_assign(partitions)
        consumer.pause(partitions)
        self._assigned |= {Partition(p.topic, p.partition) for p in partitions}
        self._changed = True

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if self._closing:
            return  # the library takes the partitions back by itself, and may wait for ever when asked to here
        consumer.incremental_unassign(partitions)
        self._assigned -= {Partition(p.topic, p.partition) for p in partitions}
        self._changed = True

    def assigned(self) -> frozenset[Partition] | None:
        """See `Log.assigned`."""
        if self._awaiting:
            self._held_back(0.0)
        if not self._changed:
            if self._awaiting and time.monotonic() - self._awaiting_since > _JOIN_S:
                raise ClientHungError(
                    f"{self._identity}: no partitions within {_JOIN_S:.0f} s; it joins its group anew"
                )
            return None
        self._changed = False
        held = [TopicPartition(*p) for p in self._assigned]
        if held:
            self._consumer.pause(held)
        return frozenset(self._assigned)

    def _held_back(self, wait_s: float) -> None:
        """Let the group do its work while nothing is to be consumed."""
        message = self._consumer.poll(wait_s)
        if message is not None and message.error() is None:
            raise LogError(f"{self._topic}: a record came from a paused partition")

    def resume(self, positions: Mapping[Partition, int]) -> None:
        """See `Log.resume`."""
        self._ahead = []
        if self._changed:
            return  # moved while a transaction was committed that failed; `assigned` tells of it
        for partition, offset in positions.items():
            if not self._sought(TopicPartition(partition.topic, partition.number, offset)):
                return  # partitions moved meanwhile, of which `assigned` tells
        self._consumer.resume([TopicPartition(*p) for p in positions])
        self._awaiting, self._awaiting_since = not positions, time.monotonic()

    def _sought(self, where: TopicPartition) -> bool:
        """Seek, unless partitions move meanwhile. One just assigned may refuse for a moment, until it is fetched."""
        deadline = time.monotonic() + _ANSWER_S
        while True:
            try:
                self._consumer.seek(where)
            except KafkaException as error:
                if time.monotonic() > deadline:
                    raise LogError(f"{where.topic}/{where.partition}: {error.args[0].str()}") from error
                self._held_back(0.01)
                if self._changed:
                    return False
            else:
                return True

    def consume(self, limit: int, wait_s: float) -> Batch:
        """See `Log.consume`."""
        self._limit = limit
        messages, self._ahead = self._ahead[:limit], self._ahead[limit:]
        if len(messages) < limit:
            messages += gather(self._consumer, limit - len(messages), 0.0 if messages else wait_s)
        if self._changed:
            messages = []  # positions are set anew after the takeover; nothing read before it may be processed
        batch, errors = sorted_out(messages)
        for _, error in errors:
            if error.fatal():
                raise LogError(f"{self._topic}: {error.str()}")
        return batch

    def _read_ahead(self, until: threading.Event) -> None:
        """Read the next batch while something is waited for."""
        while not until.is_set() and not self._changed and len(self._ahead) < self._limit:
            more = self._consumer.consume(min(250, self._limit - len(self._ahead)), 0)
            self._ahead += more
            if not more:
                until.wait(_LOOK_AGAIN_S)

    def init_transactions(self) -> None:
        """See `Log.init_transactions`."""
        self._producer = None
        self._watch.doubt = False
        self._producer = Producer(
            self._settings.client_config(
                **{
                    "transactional.id": self._identity,
                    "transaction.timeout.ms": _TRANSACTION_MS,
                    "socket.timeout.ms": _SOCKET_MS,
                    "linger.ms": 0,
                    "compression.type": "lz4",
                    # What the watch must see may not be silenced by a setting of the deployment.
                    "log_level": 7,
                    "log.connection.close": True,
                    # The client refuses what is larger, whatever the topic takes.
                    "message.max.bytes": LARGEST_BYTES,
                    "queue.buffering.max.messages": 1_000_000,
                    "queue.buffering.max.kbytes": 1_048_576,
                }
            ),
            logger=self._logger,
        )
        deadline = time.monotonic() + 4 * _ANSWER_S
        while True:
            try:
                self._producer.init_transactions(_ANSWER_S)
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline:
                    raise _translated(error) from error
            else:
                return

    def begin(self) -> None:
        """See `Log.begin`."""
        try:
            self._live.begin_transaction()
        except KafkaException as error:
            raise _translated(error) from error

    @property
    def _live(self) -> Producer:
        if self._producer is None:
            raise LogError("no producer: init_transactions comes first")
        return self._producer

    def produce(self, outputs: Sequence[Output]) -> None:
        """See `Log.produce`."""
        produce = self._live.produce
        try:
            for out in outputs:
                if out.headers:
                    produce(out.topic, out.value, out.key, out.partition, headers=list(out.headers))
                else:
                    produce(out.topic, out.value, out.key, out.partition)
        except (KafkaException, BufferError) as error:
            raise LogError(f"{out.topic} cannot be written: {error}") from error

    def send_offsets(self, positions: Mapping[Partition, int]) -> None:
        """See `Log.send_offsets`."""
        offsets = [TopicPartition(p.topic, p.number, offset) for p, offset in positions.items()]
        producer, group = self._live, self._consumer.consumer_group_metadata()
        self._bounded("send_offsets", lambda: producer.send_offsets_to_transaction(offsets, group, _OFFSETS_S))

    def _bounded(self, what: str, call: Callable[[], None]) -> None:
        """Run a call that may never return, its time-out notwithstanding: seen after a restart of the broker.

        The producer is then left to itself, and fenced by `init_transactions`. It is kept: dropping it would wait too.
        """
        running = Call(what, call)
        if not running.ended.wait(_OFFSETS_S + 5):
            _ABANDONED.append(self._producer)
            raise ClientHungError(f"{what} did not return within {_OFFSETS_S + 5:.0f} s; the producer is given up")
        try:
            running.result()
        except KafkaException as error:
            raise _translated(error) from error

    def commit(self) -> CommitResult:
        """See `Log.commit`."""
        result = CommitResult.COMMITTED
        try:
            self._commit_reading_ahead()
        except KafkaException as error:
            result = CommitResult.ABORTED if self._aborted(error) else CommitResult.UNSURE
        try:
            self._live.poll(0)
        except KafkaException:  # a fatal error, such as fencing, comes out here once more
            result = CommitResult.UNSURE
        if result is not CommitResult.COMMITTED:
            return result
        if self._watch.doubt:
            # This commit is done, but an EndTxn may still be under way: it must not meet another transaction.
            self.init_transactions()
        return CommitResult.COMMITTED

    def _commit_reading_ahead(self) -> None:
        """Commit in a thread, and read the next batch meanwhile.

        What is read is handed out by `consume`, so after the commit is known; a takeover throws it away. Partitions
        may be given up while the transaction is open, as when the worker is stopped there: who gets them waits in
        `committed` until it is decided.
        """
        producer = self._live
        committing = Call("commit", lambda: producer.commit_transaction(_COMMIT_S))
        try:
            self._read_ahead(committing.ended)
        finally:
            committing.result()

    def _aborted(self, error: KafkaException) -> bool:
        if not error.args[0].txn_requires_abort():
            return False
        try:
            self._live.abort_transaction(_COMMIT_S)
        except KafkaException:
            return False
        return True

    def abort(self) -> None:
        """See `Log.abort`."""
        try:
            self._live.abort_transaction(_COMMIT_S)
        except KafkaException as error:
            raise _translated(error) from error

    def committed(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """See `Log.committed`."""
        try:
            found = self._consumer.committed([TopicPartition(*p) for p in partitions], _ANSWER_S)
        except KafkaException as error:
            raise _translated(error) from error
        return {Partition(p.topic, p.partition): p.offset for p in found if p.offset >= 0}

    def high_watermark(self, partition: Partition) -> int:
        """See `Log.high_watermark`."""
        consumer = Consumer(
            reading_config(self._settings, **{"isolation.level": "read_uncommitted"}), logger=self._quiet
        )
        try:
            _, high = consumer.get_watermark_offsets(TopicPartition(*partition), _ANSWER_S)
        except KafkaException as error:
            raise _translated(error) from error
        finally:
            consumer.close()
        return int(high)

    def read(self, partition: Partition, start: int) -> Iterator[Record]:  # noqa: C901  # one loop over what can come
        """See `Log.read`."""
        end = self.high_watermark(partition)
        if start >= end:
            return
        consumer = Consumer(reading_config(self._settings), logger=self._quiet)
        consumer.assign([TopicPartition(partition.topic, partition.number, start)])
        deadline = time.monotonic() + 4 * _ANSWER_S
        try:
            while True:
                messages = gather(consumer, 20_000, 0.1)
                for message in messages:
                    error = message.error()
                    if error is None:
                        yield record_of(message)
                    elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # the only name the library gives it
                        if (message.offset() or 0) >= end:
                            return
                    elif not error.retriable():
                        raise LogError(f"{partition.topic}/{partition.number}: {error.str()}")
                position = consumer.position([TopicPartition(*partition)])[0].offset
                if position >= end:
                    return
                if messages:
                    deadline = time.monotonic() + 4 * _ANSWER_S
                elif time.monotonic() > deadline:
                    raise LogError(f"{partition.topic}/{partition.number}: not readable up to offset {end}")
        finally:
            consumer.close()

    def close(self) -> None:
        """See `Log.close`."""
        self._closing = True
        # A consumer that another one fenced, or a client that hangs, may never finish: it is left behind then.
        closing = threading.Thread(target=self._consumer.close, name="close", daemon=True)
        closing.start()
        closing.join(_CLOSE_S)
        if closing.is_alive():
            _ABANDONED.append(self._producer)
        self._producer = None


def _translated(error: KafkaException) -> LogError:
    cause = error.args[0]
    if cause.code() in _FENCED:
        return ProducerFencedError(f"another worker took over: {cause.str()}")
    return LogError(cause.str())
