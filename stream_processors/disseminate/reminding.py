"""Reminds of requests that are due, and escalates those that nobody answered."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime
from typing import TypeVar

from schemas.directory import Members
from schemas.errors import IonicsError
from schemas.requests import Threads, due
from schemas.topics import MESSAGES
from stream_processors.disseminate.events import Event
from stream_processors.disseminate.kinds.requests import notice_event
from stream_processors.disseminate.matching import deliveries_of
from stream_processors.disseminate.ports import DeliveryStore, Position
from stream_processors.disseminate.standing import Standing
from stream_processors.runtime import OneTopic

T = TypeVar("T")
_logger = logging.getLogger(__name__)
_PAUSE_S = 5.0


class FollowedThreads:
    """The threads of `ionics.messages`, read on whenever they are asked for. Safe for several threads.

    Args:
        topic: that one.
    """

    def __init__(self, topic: OneTopic) -> None:
        self._topic, self._threads, self._lock = topic, Threads(), threading.Lock()

    def ask(self, offset: int, question: Callable[[Threads], T]) -> T:
        """See `stream_processors.disseminate.events.AskThreads`."""
        with self._lock:
            if self._threads.next_offset <= offset:
                self._threads.fold(self._topic.read(self._threads.next_offset))
            return question(self._threads)

    def ask_now(self, question: Callable[[Threads], T]) -> T:
        """The answer, once all messages were taken in.

        Raises:
            LogError: the topic cannot be read.
        """
        return self.ask(self._topic.end() - 1, question)


class Reminding:
    """Keeps the notices that fall due, until it is cancelled; twice kept, each is told once.

    Args:
        store: where the state is.
        directory: gives the directory.
        threads: gives what is asked.
        pool: in which all three are asked.
        wake: called when something was kept.
        clock: the time.
    """

    def __init__(
        self,
        store: DeliveryStore,
        directory: Callable[[float], Standing],
        threads: FollowedThreads,
        pool: Executor,
        wake: Callable[[], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._directory, self._threads = store, directory, threads
        self._pool, self._wake, self._clock = pool, wake, clock
        self._kept: set[str] = set()

    async def run(self, pause_s: float = _PAUSE_S) -> None:
        """Look once in a while."""
        while True:
            try:
                if await asyncio.get_running_loop().run_in_executor(self._pool, self.look):
                    self._wake()
            except IonicsError as error:
                _logger.warning("reminders wait: %s", error)
            await asyncio.sleep(pause_s)

    def look(self) -> int:
        """Keep what has fallen due since the last look; how many deliveries.

        Raises:
            IonicsError: topic, directory or store does not answer.
        """
        standing, now = self._directory(0.0), self._clock()
        due_now, following = self._threads.ask_now(lambda threads: self._due(threads, standing.members, now))
        where = Position(MESSAGES.name, 0, following, *standing.read_up_to)
        made = [(each, where) for _, event in due_now for each in deliveries_of(event, standing)]
        if made:
            self._store.add(made)
        self._kept.update(notice_id for notice_id, _ in due_now)
        return len(made)

    def _due(self, threads: Threads, members: Members, now: datetime) -> tuple[list[tuple[str, Event]], int]:
        """Ids and events of the notices that were not kept yet, and the offset after what they come from."""
        found = [
            (notice.notice_id, notice_event(notice, threads.threads[notice.thread_id], members))
            for notice in due(threads.threads.values(), now)
            if notice.notice_id not in self._kept
        ]
        return found, threads.next_offset
