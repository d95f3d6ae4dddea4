"""The loop that delivers: leases what is due, judges it, lets it leave, and keeps what became of it.

A crash between sending and keeping sends again, under the same id. Deliveries of one recipient on one channel go one
after another; a receiver that does not answer holds up nobody else. What several lanes ask the store at the same time
is asked together.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import ParamSpec, TypeVar

from schemas.errors import IonicsError, NotDeliveredError
from stream_processors.disseminate.backoff import Backoff
from stream_processors.disseminate.channels.messages import Line, Message, content_for, may_leave
from stream_processors.disseminate.ports import CONSOLE, Delivery, DeliveryStore, Shown, Sight
from stream_processors.disseminate.standing import Standing
from stream_processors.disseminate.together import Together

P = ParamSpec("P")
T = TypeVar("T")
_logger = logging.getLogger(__name__)
_AT_ONCE = 64
_GROUPED_S = 60.0
_LOOK_S, _SELDOM_S, _IDLE_S, _PAUSE_S = 0.01, 0.2, 0.5, 1.0
_APART_S = 0.02
"""Between two leases; what comes meanwhile is leased together."""
_STALE_S = 0.1
"""How old the directory may be at an attempt."""

Send = Callable[[Standing, Delivery, Message], Awaitable[None]]
"""Lets a message leave on the channel of its delivery; raises NotDeliveredError."""
Leaving = Callable[[Sequence[Delivery]], None]
"""Writes to the access log that the content of these leaves; raises where it cannot."""


class Delivering:
    """Delivers until it is cancelled.

    Args:
        store: where the state is.
        sight: who may see what.
        directory: gives the directory, at most so many seconds old.
        send: lets a message leave.
        leaving: notes that content leaves.
        threads: in which the store is asked.
        backoff: how long a message waits after a failure.
    """

    def __init__(
        self,
        store: DeliveryStore,
        sight: Sight,
        directory: Callable[[float], Standing],
        send: Send,
        leaving: Leaving,
        threads: Executor,
        backoff: Backoff,
        grouped_s: float = _GROUPED_S,
    ) -> None:
        self._store, self._sight, self._directory = store, sight, directory
        self._send, self._leaving, self._threads = send, leaving, threads
        self._backoff, self._grouped_s = backoff, grouped_s
        self._lines = Together(self._judge, threads)
        self._lately = Together(store.told_lately, threads)
        self._taken = Together(self._keep_taken, threads)
        self._busy: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._pause_s, self._group_at, self._lease_at = _LOOK_S, 0.0, 0.0

    def wake(self) -> None:
        """Look at once: something was kept."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver; what is under way is finished when this is cancelled."""
        try:
            while True:
                try:
                    await self._rest(await self._step())
                except IonicsError as error:
                    _logger.warning("deliveries wait: %s", error)
                    await asyncio.sleep(_PAUSE_S)
        finally:
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _step(self) -> bool:
        """Begin what is due; whether there was anything."""
        await asyncio.sleep(max(0.0, self._lease_at - self._loop_time()))
        free = _AT_ONCE - len(self._busy)
        if free <= 0:
            return False
        self._lease_at = self._loop_time() + _APART_S
        claimed = await self._ask(self._store.claim, free, list(self._busy))
        lanes: dict[tuple[str, str], list[Delivery]] = {}
        for each in claimed:
            lanes.setdefault(each.lane, []).append(each)
        for lane, deliveries in lanes.items():
            self._begin(lane, self._one_by_one(deliveries))
        group = None
        if self._loop_time() >= self._group_at:
            group = await self._ask(self._store.claim_group, list(self._busy))
            self._group_at = self._loop_time() + (0.0 if group else _SELDOM_S)
        if group is not None:
            self._begin(group[1][0].lane, self._together(*group))
        return bool(claimed) or group is not None

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()

    async def _rest(self, found: bool) -> None:  # as `_step` gives it
        """Wait for something to be kept or finished; for the views, look again soon, and less often in the end."""
        if found:
            self._pause_s = _LOOK_S
            return
        self._woken.clear()
        pause = self._pause_s if await self._ask(self._store.waiting) else _IDLE_S
        try:
            # `wait_for` of Python 3.11 loses a cancellation that comes as it is woken.
            async with asyncio.timeout(pause):
                await self._woken.wait()
            self._pause_s = _LOOK_S
        except TimeoutError:
            self._pause_s = min(_SELDOM_S, 2 * self._pause_s)

    def _begin(self, lane: tuple[str, str], work: Awaitable[None]) -> None:
        async def done() -> None:
            try:
                await work
            except IonicsError as error:
                _logger.warning("deliveries of one lane wait: %s", error)
            except Exception:
                _logger.exception("deliveries of one lane wait")
                await asyncio.sleep(_PAUSE_S)
            finally:
                self._busy.pop(lane, None)
                self._woken.set()

        self._busy[lane] = asyncio.ensure_future(done())

    async def _ask(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        call = partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def _one_by_one(self, deliveries: Sequence[Delivery]) -> None:
        left = list(deliveries)
        try:
            while left and await self._attempted(left[0]):
                left.pop(0)
        finally:
            if left:
                await self._ask(self._store.release, left)

    async def _attempted(self, delivery: Delivery) -> bool:
        """Whether the next one of the lane may be tried, too."""
        line = await self._judged(delivery)
        if line is None:
            return True
        if delivery.via == CONSOLE:
            await self._taken.ask(delivery)
            return True
        standing = await self._ask(self._directory, _STALE_S)
        way = standing.subscriptions.get(delivery.via)
        if way is None:  # it ended a moment ago, and is judged again
            return False
        if await self._lately.ask(delivery.lane) >= way.limit_a_minute:
            await self._ask(self._store.put_off, delivery, self._grouped_s)
            return True
        return await self._sent(standing, Message(delivery.delivery_id, (line,)), [delivery])

    async def _together(self, name: str, deliveries: Sequence[Delivery]) -> None:
        """One message of many, each judged as it leaves."""
        lines = [line for each in deliveries if (line := await self._judged(each)) is not None]
        if lines:
            standing = await self._ask(self._directory, _STALE_S)
            message = Message(name, tuple(lines), grouped=True)
            await self._sent(standing, message, [line.delivery for line in lines], name)

    async def _judged(self, delivery: Delivery) -> Line | None:
        """What may be said of a delivery now; None where nothing may, which is kept."""
        line = await self._lines.ask(delivery)
        if line is None:
            await self._ask(self._store.passed_over, delivery)
        return line

    def _judge(self, deliveries: Sequence[Delivery]) -> list[Line | None]:
        standing = self._directory(_STALE_S)
        wanted = [
            each
            for each in deliveries
            if standing.is_wanted(each) and (not each.withdrawn or self._store.told_before(each))
        ]
        seen = dict(zip(wanted, self._sight.show(wanted), strict=True))
        return [_line(each, seen.get(each), standing) for each in deliveries]

    def _keep_taken(self, deliveries: Sequence[Delivery]) -> list[None]:
        self._store.delivered(deliveries)
        return [None] * len(deliveries)

    async def _sent(
        self, standing: Standing, message: Message, deliveries: Sequence[Delivery], group: str | None = None
    ) -> bool:
        told = [line.delivery for line in message.lines if line.content is not None]
        try:
            if told:
                await self._ask(self._leaving, told)
            await self._send(standing, deliveries[0], message)
        except NotDeliveredError as error:
            for each in deliveries:
                await self._ask(self._store.failed, each, self._backoff.after(each.attempts + 1), str(error))
            return False
        if group is None:
            for each in deliveries:
                await self._taken.ask(each)
        else:
            await self._ask(self._store.delivered, deliveries, group)
        return True


def _line(delivery: Delivery, shown: Shown | None, standing: Standing) -> Line | None:
    if shown is None or (delivery.via != CONSOLE and not may_leave(shown)):
        return None
    way = standing.subscriptions.get(delivery.via)
    return Line(delivery, None if way is None else content_for(shown, way))


class Escalating:
    """Tells others what nobody acknowledged in time, until it is cancelled.

    Args:
        store: where the state is.
        directory: gives the directory.
        threads: in which both are asked.
        wake: called when something was kept.
    """

    def __init__(
        self, store: DeliveryStore, directory: Callable[[float], Standing], threads: Executor, wake: Callable[[], None]
    ) -> None:
        self._store, self._directory, self._threads, self._wake = store, directory, threads, wake

    async def run(self, pause_s: float = _PAUSE_S) -> None:
        """Look once in a while."""
        while True:
            try:
                if await asyncio.get_running_loop().run_in_executor(self._threads, self.look):
                    self._wake()
            except IonicsError as error:
                _logger.warning("escalations wait: %s", error)
            await asyncio.sleep(pause_s)

    def look(self) -> int:
        """Escalate what is overdue; how many.

        Raises:
            IonicsError: the directory or the store does not answer.
        """
        overdue = self._store.overdue(100)
        if not overdue:
            return 0
        standing = self._directory(0.0)
        for each in overdue:
            self._store.escalate(each, escalated(each, standing))
        return len(overdue)


def escalated(delivery: Delivery, standing: Standing) -> list[Delivery]:
    """To whom a delivery goes that nobody acknowledged: to others of the same agency, on each channel that they use."""
    source = standing.subscriptions.get(delivery.subscription_id)
    if source is None or source.agency_id != delivery.agency_id:
        return []
    people = [
        name for name in source.escalate_to if name != delivery.recipient and standing.acts(name, delivery.agency_id)
    ]
    return [
        replace(delivery, recipient=name, via=via, escalation=True, acknowledge_s=None, attempts=0)
        for name in people
        for via in standing.ways_to(name)
    ]
