"""The members as they stand now, followed by a thread; who may do what is judged by them at every request."""

import threading
import time
from collections.abc import Callable

from projections.api.problems import ProblemError
from projections.members import reading
from schemas.directory import Members, MembersSource
from schemas.errors import IonicsError
from schemas.settings import Settings
from schemas.topics import DIRECTORY, DIRECTORY_CLOSED
from stream_processors.runtime.follower import Follower
from stream_processors.runtime.log import Partition

_STALE_S = 15.0
_PAUSE_S = 1.0


class MembersFollower:
    """Follows the directory; without it for 15 seconds, nobody is let in.

    Args:
        clock: seconds.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._source = MembersSource(settings.require("deployment"))
        self._seen_at = float("-inf")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="members", daemon=True)

    def start(self) -> None:
        """Read the directory, then follow it.

        Raises:
            LogError: it cannot be read.
        """
        self._source.read_on(reading(self._settings))
        self._seen_at = self._clock()
        self._thread.start()

    def stop(self) -> None:
        """Stop following."""
        self._stop.set()
        self._thread.join(10)

    def members(self) -> Members:
        """The members, at most a second and a moment old.

        Raises:
            ProblemError: 503, the directory has not answered for too long.
        """
        if self._clock() - self._seen_at > _STALE_S:
            raise ProblemError(
                503, "UNAVAILABLE", "the directory does not answer; try again", headers={"Retry-After": "5"}
            )
        return self._source.members

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except IonicsError:
                self._stop.wait(_PAUSE_S)

    def _follow(self) -> None:
        members = self._source.members
        follower = Follower(
            self._settings,
            {
                Partition(DIRECTORY.name, 0): members.directory.next_offset,
                Partition(DIRECTORY_CLOSED.name, 0): members.next_offset,
            },
        )
        try:
            while not self._stop.is_set():
                self._source.take(follower.consume(1_000, 0.2))
                if follower.at_end():  # asks the broker, and so shows that it answers
                    self._seen_at = self._clock()
        finally:
            follower.close()
