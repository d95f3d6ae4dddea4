"""What whoever wrote a message is told of it: nothing that its parties do not see."""

from typing import Any

from schemas.requests import Message


def told(message: Message) -> dict[str, Any]:
    """A message that was written, without what the directory knows of its addressees; fit for JSON."""
    return {
        "thread_id": message.thread_id,
        "message_id": message.message_id,
        "kind": message.kind.value,
        "party": message.party,
        "to": [each.name for each in message.to],
        "due_at": None if message.due_at is None else message.due_at.isoformat(timespec="milliseconds"),
    }
