"""Handling the records of a stream as they wait: acknowledged by hand when done, so the oldest of a partition first.

Faust acknowledges what a handler failed on, and what it was cancelled in; and it commits over a record that was not
acknowledged as soon as a later one is. So nothing is acknowledged but here, and nothing goes on past a record that
could neither be handled nor put aside: the worker ends, and begins again with it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from schemas.errors import ContractError, IonicsError
from schemas.reading import Record

_logger = logging.getLogger(__name__)
_PAUSES_S = (0.1, 0.4, 1.0, 2.0)
"""Between the attempts on a record, all of them together well below the session's time-out of 10 s."""

Handler = Callable[[Sequence[Record]], Awaitable[None]]
"""Does what is to be done for records, in their order; doing it twice must be the same as doing it once.

Raises ContractError where one of them cannot be handled, and then they are handed out in halves until it is alone;
another IonicsError where something does not answer.
"""
Park = Callable[[Record, Exception], Awaitable[None]]
"""Puts a record aside that cannot be handled."""


class Unhandled(Exception):  # noqa: N818  # it is what is left over, not an error of its own
    """A record could neither be handled nor put aside."""


class _Event(Protocol):
    message: Any

    def ack(self) -> bool: ...


async def handle(events: Sequence[_Event], handler: Handler, park: Park) -> None:
    """Handle the records of events, or put aside those that cannot be, and acknowledge them then.

    Args:
        events: of a stream without acknowledgements of its own, those of a partition in their order.
        handler: called again after a pause where something does not answer.
        park: puts a record aside that cannot be handled.

    Raises:
        Unhandled: neither could be done; nothing from there on was acknowledged, and nothing after it may be.
    """
    records = [record_of(each.message) for each in events]
    try:
        split = await _again(partial(_at_once, records, handler, park))
    except IonicsError:
        await _as_far_as_it_goes(events, records, handler, park)
        return
    if split:
        half = len(events) // 2
        await handle(events[:half], handler, park)
        await handle(events[half:], handler, park)
    else:
        for each in events:
            each.ack()


async def _as_far_as_it_goes(events: Sequence[_Event], records: Sequence[Record], handler: Handler, park: Park) -> None:
    """What does not answer may do so for all records but one: those before it are not held up by it."""
    for event, record in zip(events, records, strict=True):
        try:
            await _at_once([record], handler, park)
        except IonicsError as error:
            raise Unhandled(f"{record.topic}/{record.partition}/{record.offset}: {error}") from error
        event.ack()


async def _at_once(records: Sequence[Record], handler: Handler, park: Park) -> bool:
    """Handle records together, and put a single one aside where it cannot be; whether there are several to part."""
    try:
        await handler(records)
    except Exception as error:
        if isinstance(error, IonicsError) and not isinstance(error, ContractError):
            raise  # something does not answer: no record's fault, and nothing may be put aside for it
        if len(records) > 1:
            _logger.info("%d records are parted: %s", len(records), error)
            return True
        if not isinstance(error, ContractError):  # whatever a record provokes, it is put aside
            _logger.exception("record put aside at %s/%s/%s", records[0].topic, records[0].partition, records[0].offset)
        await park(records[0], error)
    return False


async def _again(attempt: Callable[[], Awaitable[bool]]) -> bool:
    for pause in _PAUSES_S:
        try:
            return await attempt()
        except IonicsError as error:
            _logger.warning("tried again in %.1f s: %s", pause, error)
            await asyncio.sleep(pause)
    return await attempt()


def record_of(message: Any) -> Record:
    """The record of a message of Faust, headers of one name more than once included."""
    return Record(
        message.topic,
        message.partition,
        message.offset,
        round((message.timestamp or 0) * 1000),
        message.key,
        message.value,
        tuple(message.headers or ()),
    )
