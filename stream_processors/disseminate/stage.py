"""The stage: Faust reads what happens and what people say of it; beside it, loops deliver, escalate and remind."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from schemas.known_schemas import KnownSchemas
from schemas.publishing import publish
from schemas.reading import Record
from schemas.settings import Settings
from schemas.topics import ACKNOWLEDGEMENTS, DIRECTORY, DIRECTORY_CLOSED, MESSAGES
from stream_processors.admit.records import dead_letter
from stream_processors.disseminate.backoff import Backoff
from stream_processors.disseminate.delivering import Delivering, Escalating, Leaving, Send
from stream_processors.disseminate.edge import Handler, Host
from stream_processors.disseminate.events import Kind
from stream_processors.disseminate.kinds import KINDS
from stream_processors.disseminate.matching import Matching
from stream_processors.disseminate.ports import DeliveryStore, Sight
from stream_processors.disseminate.reminding import FollowedThreads, Reminding
from stream_processors.disseminate.standing import FollowedDirectory
from stream_processors.runtime import KafkaTopic

T = TypeVar("T")
NAME = "disseminate"
GROUPS = "ionics-disseminate-g"
_THREADS = 24


def group(generation: int) -> str:
    """Consumer group of a generation."""
    return f"{GROUPS}{generation}"


@dataclass(frozen=True)
class Ports:
    """What the stage gets from the command that starts it; see `ports` and `delivering`."""

    store: DeliveryStore
    sight: Sight
    send: Send
    leaving: Leaving


class Disseminate:
    """Dissemination of one generation, as one of several workers.

    Args:
        settings: of the stage's principal, with a generation.
        ports: the read side.
        instance: stable name among the workers.
        on_batch: called after records were handled, with how many.
        backoff: how long a message waits after a failure.
        grouped_s: how long messages beyond a limit are collected.
        reminded_s: between two looks at what is due of requests.
    """

    def __init__(
        self,
        settings: Settings,
        ports: Ports,
        instance: str = "0",
        on_batch: Callable[[int], None] | None = None,
        *,
        kinds: tuple[Kind, ...] = KINDS,
        backoff: Backoff | None = None,
        grouped_s: float = 60.0,
        reminded_s: float = 5.0,
    ) -> None:
        self._settings, self._ports, self._instance, self._on_batch = settings, ports, instance, on_batch
        self._kinds, self._backoff = kinds, backoff or Backoff()
        self._grouped_s, self._reminded_s = grouped_s, reminded_s
        topics = KafkaTopic(settings, DIRECTORY.name), KafkaTopic(settings, DIRECTORY_CLOSED.name)
        self._directory = FollowedDirectory(settings.require("deployment"), *topics)
        self._requests = FollowedThreads(KafkaTopic(settings, MESSAGES.name))
        read_by = KnownSchemas.of(settings), self._directory.standing, self._requests.ask
        self._matching = Matching(*read_by, ports.store)

    def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set; what is under way is finished.

        Raises:
            LogError: Faust cannot go on, or a record could neither be handled nor put aside.
            ProjectionError: the store does not answer at the start.
        """
        generation, store = self._settings.generation, self._ports.store
        store.adopt()
        with ThreadPoolExecutor(_THREADS, "disseminate") as threads:
            self._threads = threads
            standing = self._directory.standing
            arguments = store, self._ports.sight, standing, self._ports.send, self._ports.leaving
            self._delivering = Delivering(*arguments, threads, self._backoff, self._grouped_s)
            escalating = Escalating(store, standing, threads, self._delivering.wake)
            handlers: dict[str, Handler] = {
                kind.topic(generation).name: partial(self._keep, kind) for kind in self._kinds
            }
            handlers[ACKNOWLEDGEMENTS.name] = self._acknowledge
            reminding = Reminding(store, standing, self._requests, threads, self._delivering.wake)
            beside = self._delivering.run, escalating.run, partial(reminding.run, self._reminded_s)
            Host(self._settings, group(generation), self._instance, handlers, self._park, beside).run(stop)

    async def _keep(self, kind: Kind, records: Sequence[Record]) -> None:
        if await self._ask(partial(self._matching.keep_events, kind, records)):
            self._delivering.wake()
        self._handled(records)

    async def _acknowledge(self, records: Sequence[Record]) -> None:
        await self._ask(partial(self._matching.keep_acknowledgements, records))
        self._handled(records)

    async def _ask(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)

    def _handled(self, records: Sequence[Record]) -> None:
        if self._on_batch:
            self._on_batch(len(records))

    async def _park(self, record: Record, error: Exception) -> None:
        letter = dead_letter(record, NAME, str(error))
        named = self._settings, letter.topic, [(letter.key, letter.value)], letter.partition, letter.headers
        await asyncio.get_running_loop().run_in_executor(self._threads, partial(publish, *named))
