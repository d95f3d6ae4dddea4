"""Records that were read together, by column: what a stage needs of many of them without an object for each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any, overload

from confluent_kafka import KafkaError, Message

from schemas.reading import Record, record_of


@dataclass(frozen=True, slots=True)
class _Getters:
    """How the parts of what is held are got, each by one function in C. A message without a position is never held."""

    topic: Callable[[Any], Any]
    partition: Callable[[Any], Any]
    offset: Callable[[Any], Any]
    key: Callable[[Any], bytes | None]
    value: Callable[[Any], bytes | None]
    record: Callable[[Any], Record]


_OF_MESSAGES = _Getters(Message.topic, Message.partition, Message.offset, Message.key, Message.value, record_of)
_OF_RECORDS = _Getters(
    attrgetter("topic"),
    attrgetter("partition"),
    attrgetter("offset"),
    attrgetter("key"),
    attrgetter("value"),
    lambda record: record,
)


class Batch(Sequence[Record]):
    """A sequence of records that also gives their columns. A slice of it is a batch.

    Of messages of confluent-kafka, a record is made when it is asked for: to make one of each message takes longer
    than to read them all.
    """

    def __init__(self, held: Sequence[Any], getters: _Getters) -> None:
        self._held, self._get = held, getters

    @staticmethod
    def of(records: Sequence[Record]) -> "Batch":
        """The records as a batch; a batch stays as it is."""
        return records if isinstance(records, Batch) else Batch(records, _OF_RECORDS)

    @staticmethod
    def of_messages(messages: Sequence[Message]) -> "Batch":
        """The records of messages that hold no error."""
        return Batch(messages, _OF_MESSAGES)

    def __len__(self) -> int:
        return len(self._held)

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> "Batch": ...

    def __getitem__(self, index: int | slice) -> "Record | Batch":
        if isinstance(index, slice):
            return Batch(self._held[index], self._get)
        return self._get.record(self._held[index])

    def __iter__(self) -> Iterator[Record]:
        return map(self._get.record, self._held)

    @cached_property
    def topics(self) -> list[str]:
        """The topic of each record."""
        return list(map(self._get.topic, self._held))

    @cached_property
    def partitions(self) -> list[int]:
        """The partition of each record."""
        return list(map(self._get.partition, self._held))

    @cached_property
    def keys(self) -> list[bytes]:
        """The key of each record; empty where there is none."""
        return _filled(list(map(self._get.key, self._held)))

    @cached_property
    def values(self) -> list[bytes]:
        """The value of each record; empty where there is none."""
        return _filled(list(map(self._get.value, self._held)))

    def positions(self) -> dict[tuple[str, int], int]:
        """Topic and partition → the offset after its last record here."""
        found, end = {}, 0
        # Records of a partition come in long runs, so few are looked at.
        for where, run in groupby(zip(self.topics, self.partitions, strict=True)):
            end += len(list(run))
            found[where] = self._get.offset(self._held[end - 1]) + 1
        return found


def sorted_out(messages: Sequence[Message]) -> tuple[Batch, list[tuple[Message, KafkaError]]]:
    """The records among what a consumer gave, and the other messages with their errors."""
    errors = [(n, error) for n, error in enumerate(map(Message.error, messages)) if error is not None]
    if not errors:
        return Batch.of_messages(messages), []
    bad = {n for n, _ in errors}
    good = [message for n, message in enumerate(messages) if n not in bad]
    return Batch.of_messages(good), [(messages[n], error) for n, error in errors]


def _filled(found: list[bytes | None]) -> list[bytes]:
    return [each or b"" for each in found] if None in found else found  # type: ignore[return-value]  # none is None
