"""How urgent a request is, and what follows: by when it is to be answered, and when people are reminded."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum


class Priority(StrEnum):
    """How urgent a request is; the codes of the list ``request_priority``."""

    ROUTINE = "ROUTINE"
    URGENT = "URGENT"
    IMMEDIATE = "IMMEDIATE"


DEADLINES: Mapping[Priority, timedelta] = {
    Priority.ROUTINE: timedelta(days=10),
    Priority.URGENT: timedelta(days=2),
    Priority.IMMEDIATE: timedelta(hours=4),
}
"""The time to answer where the asker names no deadline."""

_BEFORE: Mapping[Priority, timedelta] = {
    Priority.ROUTINE: timedelta(days=2),
    Priority.URGENT: timedelta(hours=12),
    Priority.IMMEDIATE: timedelta(hours=1),
}
_AFTER: Mapping[Priority, timedelta] = {
    Priority.ROUTINE: timedelta(days=1),
    Priority.URGENT: timedelta(hours=6),
    Priority.IMMEDIATE: timedelta(minutes=30),
}


def reminds_at(priority: Priority, asked_at: datetime, due_at: datetime) -> datetime:
    """When those who must answer are reminded: some time before the deadline, never in the first half of the time."""
    return due_at - min(_BEFORE[priority], (due_at - asked_at) / 2)


def escalates_at(priority: Priority, asked_at: datetime, due_at: datetime) -> datetime:
    """When it goes to the coordinators of those who did not answer: after the deadline, at most as long as they had."""
    return due_at + min(_AFTER[priority], due_at - asked_at)
