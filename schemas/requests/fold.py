"""The fold of `ionics.messages`: threads by id."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from schemas.codec import FRAME_BYTES
from schemas.errors import ContractError
from schemas.reading import Record
from schemas.requests.message import Kind, message_of
from schemas.requests.thread import Posted, Thread


def posted(record: Record) -> Posted:
    """The message of a record under the schema of this version, with the time when it was appended.

    Raises:
        DecodeError: it holds none.
    """
    return Posted(message_of((record.value or b"")[FRAME_BYTES:]), appended(record), record.offset)


def appended(record: Record) -> datetime:
    """When a record was appended."""
    return datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)


@dataclass
class Threads:
    """All threads.

    Attributes:
        threads: by id.
        next_offset: of the first record that was not taken in.
    """

    threads: dict[str, Thread] = field(default_factory=dict)
    next_offset: int = 0
    _ids: dict[str, set[str]] = field(default_factory=dict)
    """By thread, the messages that were taken in, whether they count or not: repeated later, one changes nothing."""

    def fold(self, records: Iterable[Record]) -> "Threads":
        """Take in records in order; what cannot be read, or was read before, changes nothing."""
        for record in records:
            if record.offset < self.next_offset:
                continue
            self.next_offset = record.offset + 1
            try:
                self.take(posted(record))
            except ContractError:
                continue  # a dead letter of the projector
        return self

    def take(self, posted: Posted) -> bool:
        """Take in one message; whether it counts."""
        ids = self._ids.setdefault(posted.message.thread_id, set())
        if posted.message.message_id in ids:
            return False
        ids.add(posted.message.message_id)
        thread = self.threads.get(posted.message.thread_id)
        if thread is not None:
            return thread.take(posted)
        if posted.message.kind is not Kind.REQUEST or not _names_itself(posted):
            return False
        self.threads[posted.message.thread_id] = Thread.begun(posted)
        return True


def _names_itself(posted: Posted) -> bool:
    """Whether a request is written in the name of its own agency, and asks somebody else."""
    own = f"agency:{posted.message.agency_id}"
    return posted.message.party == own and own not in {each.name for each in posted.message.to}
