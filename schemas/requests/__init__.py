"""Requests for information: what people write to each other, and what a thread of it comes to. Pure.

In: records of `ionics.messages`. `fold` makes threads of them; `thread` holds the rules; `sight` says who may see one;
`due` says what is to be reminded of and escalated at a moment.
"""

from schemas.requests.deadlines import DEADLINES, Priority
from schemas.requests.due import Notice, Step, due, next_due, recipients, steps
from schemas.requests.fold import Threads
from schemas.requests.message import (
    Addressee,
    Amendment,
    Kind,
    Message,
    amended_id,
    message_of,
    repeatable_id,
    validate_message,
)
from schemas.requests.sight import may_see_thread, names_of, readers
from schemas.requests.thread import ANSWERS, ASKS, Outcome, Party, Posted, Response, State, Thread

__all__ = [
    "ANSWERS",
    "ASKS",
    "DEADLINES",
    "Addressee",
    "Amendment",
    "Kind",
    "Message",
    "Notice",
    "Outcome",
    "Party",
    "Posted",
    "Priority",
    "Response",
    "State",
    "Step",
    "Thread",
    "Threads",
    "amended_id",
    "due",
    "may_see_thread",
    "message_of",
    "names_of",
    "next_due",
    "readers",
    "recipients",
    "repeatable_id",
    "steps",
    "validate_message",
]
