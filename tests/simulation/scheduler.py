"""Actors that take turns under one seeded choice, on a clock that moves only when told.

Each actor is a thread, and only the one that holds the baton runs. It gives it up where it calls `point`, `wait` or
`sleep`, so code under test needs no change and a run depends on its seed alone.
"""

import heapq
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

START_MS = 1_700_000_000_000
_SLOWEST_STEP_MS = 15


class Ended(BaseException):  # no error: the run is over, and the actor's thread with it
    """Raised in an actor when the run is over; nothing may catch it."""


class StuckError(AssertionError):
    """The run did not come to its end within the steps allowed."""


@dataclass(eq=False)
class Actor:
    """Somebody who acts.

    Attributes:
        ready: says whether it can go on; None for one that can.
        until_ms: when it goes on in any case.
    """

    name: str
    body: Callable[[], None]
    baton: threading.Lock = field(default_factory=threading.Lock)
    thread: threading.Thread | None = None
    ready: Callable[[], bool] | None = None
    until_ms: float | None = None
    done: bool = False


class Scheduler:
    """Runs actors in turns until nobody can go on.

    Args:
        random: the one source of chance.
        switch: how often, from 0 to 1, another actor goes on at a point.
        most_steps: more points than this, and the run counts as stuck.
    """

    def __init__(self, random: Random, switch: float = 0.3, most_steps: int = 60_000) -> None:
        self.random, self.now_ms, self.steps = random, START_MS, 0
        self.trace: list[str] = []
        self._switch, self._most_steps = switch, most_steps
        self._actors: list[Actor] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbered = 0
        self._main = threading.Lock()
        self._main.acquire()
        self._current: Actor | None = None
        self._ending = False
        self._until_ms = math.inf
        self._failure: BaseException | None = None

    @property
    def actor(self) -> Actor:
        """Whoever has the baton."""
        if self._current is None:
            raise RuntimeError("nobody acts")
        return self._current

    def note(self, what: str) -> None:
        """Put a line into the trace."""
        who = self._current.name if self._current else "-"
        self.trace.append(f"{(self.now_ms - START_MS) / 1000:9.3f} s  {who:<14} {what}")

    def spawn(self, name: str, body: Callable[[], None]) -> Actor:
        """Add an actor; it begins when it is chosen."""
        actor = Actor(name, body)
        actor.baton.acquire()
        actor.thread = threading.Thread(target=self._act, args=(actor,), name=name, daemon=True)
        self._actors.append(actor)
        actor.thread.start()
        return actor

    def later(self, delay_ms: float, event: Callable[[], None]) -> None:
        """Let something happen by itself after a while."""
        self._numbered += 1
        heapq.heappush(self._events, (self.now_ms + delay_ms, self._numbered, event))

    def run(self, limit_ms: float = math.inf) -> None:
        """Let the actors act until none can go on and nothing is going to happen, or for so long.

        Raises:
            StuckError: it does not end.
            BaseException: what an actor let through.
        """
        self._until_ms = self.now_ms + limit_ms
        first = self._next()
        if first is not None:
            self._current = first
            first.baton.release()
            self._main.acquire()
        self._current = None
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """End the threads of all actors."""
        self._ending = True
        for actor in self._actors:
            if not actor.done:
                self._current = actor
                actor.baton.release()
                self._main.acquire()
        for actor in self._actors:
            if actor.thread is not None:
                actor.thread.join()
        self._current = None

    def point(self) -> None:
        """A moment at which another actor may go on, and at which time passes."""
        if self._ending:
            raise Ended
        self.steps += 1
        self.now_ms += self.random.randrange(_SLOWEST_STEP_MS)
        if self.steps > self._most_steps:
            raise StuckError(f"not at its end after {self.steps} steps")
        if self._current is not None and self.random.random() < self._switch:
            self._give_up()
        else:
            self._happen()

    def wait(self, ready: Callable[[], bool], limit_ms: float | None = None) -> bool:
        """Let others act until something holds; whether it does, or else the time is over.

        Without actors, it holds or comes to hold by what happens by itself, or not at all.
        """
        if self._current is None:
            return self._alone(ready)
        actor = self.actor
        until = None if limit_ms is None else self.now_ms + limit_ms
        while not ready():
            if until is not None and self.now_ms >= until:
                return False
            actor.ready, actor.until_ms = ready, until
            self._give_up()
        return True

    def _alone(self, ready: Callable[[], bool]) -> bool:
        while not ready() and self._events:
            self.now_ms = max(self.now_ms, int(self._events[0][0]) + 1)
            heapq.heappop(self._events)[2]()
        return ready()

    def sleep(self, delay_ms: float) -> None:
        """Let others act for so long."""
        self.wait(lambda: False, delay_ms)

    def _act(self, actor: Actor) -> None:
        actor.baton.acquire()
        try:
            if not self._ending:
                actor.body()
        except Ended:
            pass
        except BaseException as error:  # noqa: BLE001  # raised again by `run`, in the thread of the test
            if self._failure is None:
                self._failure = error
        actor.done = True
        following = None if self._ending or self._failure else self._next_or_fail()
        self._current = following
        (self._main if following is None else following.baton).release()

    def _next_or_fail(self) -> Actor | None:
        try:
            return self._next()
        except BaseException as error:  # noqa: BLE001  # the same
            self._failure = error
            return None

    def _give_up(self) -> None:
        actor = self.actor
        following = self._next()
        if following is not actor:
            self._current = following
            (self._main if following is None else following.baton).release()
            actor.baton.acquire()
        actor.ready = actor.until_ms = None
        if self._ending:
            raise Ended

    def _happen(self) -> None:
        while self._events and self._events[0][0] <= self.now_ms:
            heapq.heappop(self._events)[2]()

    def _next(self) -> Actor | None:
        while True:
            self._happen()
            able = [actor for actor in self._actors if not actor.done and self._able(actor)]
            if able:
                return able[0] if len(able) == 1 else self.random.choice(able)
            waking = [actor.until_ms for actor in self._actors if not actor.done and actor.until_ms is not None]
            if self._events:
                waking.append(self._events[0][0])
            if not waking or min(waking) > self._until_ms:
                return None
            self.now_ms = max(self.now_ms, int(min(waking)) + 1)

    def _able(self, actor: Actor) -> bool:
        if actor.ready is None:
            return True
        return (actor.until_ms is not None and actor.until_ms <= self.now_ms) or actor.ready()
