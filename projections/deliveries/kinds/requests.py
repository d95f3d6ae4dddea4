"""A request for information as its party sees it: a message of the thread, or what is due of it while it is open."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg

from projections.deliveries.kinds.showing import Showing
from projections.queries import request_document
from stream_processors.disseminate.kinds.requests import A_NOTICE
from stream_processors.disseminate.ports import Shown

_LABEL = "AMBER"
"""Threads have no label: more than kind, severity and a link leaves where the directory says so for a channel."""
_THREAD = ("thread_id", "subject", "asked_by", "priority", "due_at", "state", "overdue")
_MESSAGE = ("number", "kind", "focal_point_id", "agency_id", "text")
_WORDS: LiteralString = "(SELECT t.subject FROM {thread} t WHERE t.thread_id = d.event_id)"


def show_request(
    connection: psycopg.Connection, generation: int, thread_id: str, number: int
) -> Callable[[], Shown | None]:
    """The message of this number, or the thread alone for a notice; nothing of which once the thread is not open."""
    found = request_document(connection, generation, thread_id, now=datetime.now(UTC))
    return lambda: None if found is None else _shown(found, number)


def _shown(found: Mapping[str, Any], number: int) -> Shown | None:
    said = {name: found["request"][name] for name in _THREAD}
    if number == A_NOTICE:
        return Shown(_LABEL, said) if said["state"] == "OPEN" else None
    message = next((each for each in found["messages"] if each["number"] == number), None)
    return None if message is None else Shown(_LABEL, said | {"message": {name: message[name] for name in _MESSAGE}})


def sees_request(connection: psycopg.Connection, generation: int, thread_id: str) -> bool:
    """Whether the viewer is a party of a thread."""
    return request_document(connection, generation, thread_id, now=datetime.now(UTC)) is not None


REQUEST = Showing(show_request, sees_request, _WORDS)
