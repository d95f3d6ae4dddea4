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

Raises ContractError where one of them cannot be handled, and then each is handed out alone; another IonicsError where
something does not answer.
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
    if len(records) > 1 and await _all_at_once(records, handler):
        for each in events:
            each.ack()
        return
    for event, record in zip(events, records, strict=True):
        try:
            await _again(partial(_one, record, handler, park))
        except IonicsError as error:
            raise Unhandled(f"{record.topic}/{record.partition}/{record.offset}: {error}") from error
        event.ack()


async def _all_at_once(records: Sequence[Record], handler: Handler) -> bool:
    """Whether it went well; what is wrong, and with which of them, is seen when each is handled alone."""
    try:
        await handler(records)
    except Exception as error:  # noqa: BLE001  # as above
        _logger.info("%d records are handled one by one: %s", len(records), error)
        return False
    return True


async def _one(record: Record, handler: Handler, park: Park) -> None:
    try:
        await handler([record])
    except ContractError as error:
        await park(record, error)
    except IonicsError:
        raise  # something does not answer: no record's fault, and nothing may be put aside for it
    except Exception as error:  # whatever a record provokes, it is put aside
        _logger.exception("record put aside at %s/%s/%s", record.topic, record.partition, record.offset)
        await park(record, error)


async def _again(attempt: Callable[[], Awaitable[None]]) -> None:
    for pause in _PAUSES_S:
        try:
            await attempt()
        except IonicsError as error:
            _logger.warning("tried again in %.1f s: %s", pause, error)
            await asyncio.sleep(pause)
        else:
            return
    await attempt()


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
