"""Faust's driver for Kafka, with the two things that a log written in transactions needs.

Faust's consumer reads what was never committed, whatever its settings say, and its commits stop at each hole that the
marker of a transaction leaves in the offsets. Both lie in the inside of one version, which is checked.
"""

import asyncio
import hashlib
import inspect
from contextlib import suppress
from typing import Any

import faust
from aiokafka.consumer import fetcher as fetching
from faust.transport import consumer as faust_consumer
from faust.transport.drivers import aiokafka as stock
from faust.types.tuples import TP
from mode.threads import ServiceThread, WorkerThread

from schemas.errors import LogError

VERSION = "0.15.3"
"""The version of faust-streaming of which the inside is known."""
READ_COMMITTED = "read_committed"

_NEAR_S = 5.0

_THREAD = "AIOKafkaConsumerThread._create_worker_consumer"
_INSIDE = {
    "Consumer._add_gap": "4df2573ded7c1c2cde04dc6bde6d4480cb5875ef565256e56966b585ae39b1c1",
    "Consumer._drain_messages": "44a2500309e83c630493f6828af50166ec8d96a0b3e4fb2bab735f704ae93417",
    "Consumer._new_offset": "1d2c7ea89a7ad4f1a216c1d51936e569162cd66bd56f889e13fd29c910b58eb0",
    "Consumer.ack": "5fcf41cf45153475de3790dc56fec1b83335956dc8b3bf7ff6bbb2b57627f03f",
    _THREAD: "c2701bfc3e6f6cad95c2be36d6a255a86e2c57d18d36cc1082b5fb5c482d99d7",
    "ServiceThread._serve": "67809eae09573ac7b43d0679e70a5394acc739bee5809d30b89e9ea8a7ac4b38",
    "ServiceThread._start_thread": "a06373478446fb6192a52e3884096299d569633973bf57e528108c449478f173",
    "ServiceThread.stop": "32d026539c3665b2ceaa8dcdc0c3f49195ceb5b6059947e7104a4b258d1d4efd",
    "WorkerThread.run": "1b649242a70c4df37b6c2f3754bd569e0cfb77c0937272294f36e7c8517fcdd3",
    "WorkerThread.stop": "c80d8f1597fa362c346b20618d81ca36604e4b4c660cb1e9fa8a55c1f5f90702",
}
"""SHA-256 of the source of what is overridden, or what the override rests on."""


class _Thread(WorkerThread):
    """The consumer's thread; it holds up neither the end of the process nor, for long, the loop that stops it."""

    def __init__(self, service: Any, **kwargs: Any) -> None:
        super().__init__(service, **kwargs)
        self.daemon = True

    def run(self) -> None:
        """Serve until told to stop, or given up."""
        with suppress(asyncio.CancelledError):
            super().run()

    def stop(self) -> None:
        """Wait for its end, which is near by now."""
        self.join(_NEAR_S)


class CommittedConsumerThread(stock.AIOKafkaConsumerThread):
    """Makes the client that reads committed records only."""

    Worker = _Thread

    def give_up(self) -> None:
        """Let go of whatever it waits for; called from another thread."""

        def cancel() -> None:
            for task in asyncio.all_tasks(self.thread_loop):
                task.cancel()

        with suppress(RuntimeError):  # its loop has ended
            self.thread_loop.call_soon_threadsafe(cancel)

    def _create_worker_consumer(self, transport: stock.Transport) -> Any:
        client = super()._create_worker_consumer(transport)
        client._isolation_level = READ_COMMITTED  # noqa: SLF001  # given to the fetcher when the client starts
        return client

    async def on_start(self) -> None:
        """Start the client, and see that it took.

        Raises:
            LogError: it reads uncommitted records.
        """
        await super().on_start()
        check_isolation(self._consumer)


class CommittedConsumer(stock.Consumer):
    """Reads committed records, and commits past the holes between them."""

    def _new_consumer_thread(self) -> stock.AIOKafkaConsumerThread:
        return CommittedConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def give_up(self) -> None:
        """Let go of the group's answer, which a consumer that joins may wait 20 s for whatever else it is told."""
        self._thread.give_up()  # type: ignore[attr-defined]  # made above

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """The hole ends before the record just read; Faust takes that record for a part of it."""
        await super()._add_gap(tp, offset_from, offset_to - 1)


class CommittedTransport(stock.Transport):
    """Faust's transport with that consumer."""

    Consumer = CommittedConsumer


def check_isolation(client: Any) -> None:
    """Check a client of aiokafka that was started.

    Raises:
        LogError: it, or what fetches for it, reads uncommitted records.
    """
    fetcher = getattr(client, "_fetcher", None)
    found = getattr(client, "_isolation_level", None), getattr(fetcher, "_isolation_level", None)
    if found[0] != READ_COMMITTED or found[1] not in (READ_COMMITTED, fetching.READ_COMMITTED):
        raise LogError(f"the consumer of Faust would read what was never committed: isolation {found}")


def check_driver() -> None:
    """Check that Faust is the version whose inside is known, to the letter.

    Raises:
        LogError: it is another one.
    """
    if faust.__version__ != VERSION:
        raise LogError(
            f"faust-streaming is {faust.__version__}; what is built on it here is tried with {VERSION} alone"
        )
    for name, digest in fingerprints().items():
        if _INSIDE[name] != digest:
            raise LogError(
                f"faust-streaming {VERSION}, or the mode under it, has another {name} than the one this is built on"
            )


def fingerprints() -> dict[str, str]:
    """SHA-256 of the source of each thing inside Faust that this rests on."""
    owners: dict[str, type] = {
        "Consumer": faust_consumer.Consumer,
        "AIOKafkaConsumerThread": stock.AIOKafkaConsumerThread,
        "ServiceThread": ServiceThread,
        "WorkerThread": WorkerThread,
    }
    found = {}
    for name in _INSIDE:
        owner, method = name.split(".")
        source = inspect.getsource(getattr(owners[owner], method))
        found[name] = hashlib.sha256(source.encode()).hexdigest()
    return found
