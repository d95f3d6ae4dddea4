"""Requests for information: each message of a thread, and what an open one is to be reminded of."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from schemas.directory import Members
from schemas.reading import Record
from schemas.requests import Notice, Priority, Thread, readers, recipients
from schemas.topics import MESSAGES
from stream_processors.disseminate.events import REQUEST, Event, Kind, Known

A_NOTICE = 0
"""In place of a revision, which is the number of a message in its thread: it is of the thread as it stands."""
_SEVERITY = {Priority.ROUTINE: "MEDIUM", Priority.URGENT: "HIGH", Priority.IMMEDIATE: "CRITICAL"}


def read_message(message: Mapping[str, Any], record: Record, known: Known) -> Event | None:
    """The event of a message that counts: for the parties, but for the agency that wrote it."""
    return known.threads(
        record.offset,
        lambda threads: _of_message(threads.threads.get(message["thread_id"]), record.offset, known.members),
    )


def _of_message(thread: Thread | None, offset: int, members: Members) -> Event | None:
    if thread is None:
        return None
    for number, posted in enumerate(thread.posted, 1):
        if posted.offset == offset:
            message = posted.message
            people = [
                person.focal_point_id
                for person in readers(thread, members, datetime.now(UTC))
                if person.focal_point_id != message.focal_point_id
                and (person.agency_id != message.agency_id or _is_named(person.focal_point_id, thread))
            ]
            return _event(thread, number, message.message_id, posted.at, message.kind.value).told_to(people)
    return None


def notice_event(notice: Notice, thread: Thread, members: Members) -> Event:
    """The event of something that fell due, for those whom it concerns today."""
    people = [person.focal_point_id for person in recipients(notice, thread, members)]
    return _event(thread, A_NOTICE, notice.notice_id, notice.at, notice.step.value).told_to(people)


def _event(thread: Thread, number: int, digest: str, at: datetime, code: str) -> Event:
    return Event(
        kind=REQUEST,
        event_id=thread.thread_id,
        revision=number,
        digest=digest,
        at_ms=round(at.timestamp() * 1000),
        severity=_SEVERITY[thread.priority],
        code=code,
        withdrawn=False,
        agencies=frozenset({thread.request.agency_id}),
    )


def _is_named(focal_point_id: str, thread: Thread) -> bool:
    return f"focal-point:{focal_point_id}" in thread.parties


REQUESTS = Kind(REQUEST, "message", lambda _: MESSAGES, read_message)
