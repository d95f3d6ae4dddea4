"""Receipts: what admission decided about each submission of an agency, read by position from its own topic."""

from __future__ import annotations

import logging
import time
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any

import polars as pl
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.errors import LogError, UnknownSchemaError
from schemas.reading import reading_config, record_of
from schemas.topics import receipts

if TYPE_CHECKING:
    from schemas.errors import ContractError
    from schemas.known_schemas import KnownSchemas
    from schemas.settings import Settings

_BATCH = 20_000
_FETCH = 250
_PASSING = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE)  # noqa: SLF001  # only names
_ANSWER_S = 5.0
_logger = logging.getLogger(__name__)
_QUIET = logging.Logger("librdkafka.receipts", logging.CRITICAL + 1)  # noqa: LOG001  # outside the tree: no handler


class Outcome(StrEnum):
    """What admission decided."""

    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"
    SUPERSEDED = "SUPERSEDED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What admission decided about one submission.

    Attributes:
        outcome: ACCEPTED; DUPLICATE, the current revision once more; SUPERSEDED, kept as history, because a later
            revision stands; REJECTED, with `code`, field `path` and `message`.
        content_digest: SHA-256 over the canonical content; None where the body could not be read.
        signed_digest: SHA-256 of the signed message of this very submission.
        admitted_at: append time of the submission, the only clock.
        submission_partition: with `submission_offset` its position in `ionics.submissions`; None over HTTPS, where no
            number tells how much others report.
    """

    outcome: Outcome
    code: str | None
    path: str | None
    message: str | None
    incident_id: str | None
    event_id: str | None
    revision: int | None
    content_digest: str | None
    signed_digest: str | None
    admitted_at: datetime
    submission_partition: int | None
    submission_offset: int | None

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Receipt:
        """The receipt of an Avro record `receipt`."""
        moment: datetime = fields["admitted_at"]
        return cls(
            Outcome(fields["outcome"]),
            fields["code"],
            fields["path"],
            fields["message"],
            fields["incident_id"],
            fields["event_id"],
            fields["revision"],
            fields["content_digest"],
            fields["signed_digest"],
            moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment,
            fields["submission_partition"],
            fields["submission_offset"],
        )


class ReceiptIndex:
    """Receipts in columns, found by signed digest. Where a submission was delivered twice, the first receipt counts."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []
        self._starts: list[int] = []
        self._rows: dict[str, int] = {}
        self._count = 0

    def add(self, columns: pl.DataFrame) -> None:
        """Take in receipts."""
        start, self._count = self._count, self._count + columns.height
        self._frames.append(columns)
        self._starts.append(start)
        digests = columns["signed_digest"].to_list()
        deque(map(self._rows.setdefault, digests, range(start, self._count)), maxlen=0)

    def __contains__(self, signed_digest: str) -> bool:
        return signed_digest in self._rows

    def get(self, signed_digest: str) -> Receipt | None:
        """The receipt of a submission."""
        row = self._rows.get(signed_digest)
        if row is None:
            return None
        block = bisect_right(self._starts, row) - 1
        return Receipt.of(self._frames[block].row(row - self._starts[block], named=True))

    def get_all(self, signed_digests: list[str]) -> list[Receipt]:
        """Receipts of many submissions, all of them known, in order."""
        wanted = [self._rows[digest] for digest in signed_digests]
        if not wanted:
            return []
        merged = pl.concat(self._frames)[wanted]
        return [Receipt.of(fields) for fields in merged.iter_rows(named=True)]

    def of_event(self, event_id: str) -> Receipt | None:
        """The receipt by which an event was admitted; if it was not, the last one about it."""
        for admitted in (True, False):
            for columns in self._frames if admitted else reversed(self._frames):
                wanted = columns.filter(pl.col("event_id") == event_id)
                if admitted:
                    wanted = wanted.filter(pl.col("outcome").is_in(["ACCEPTED", "SUPERSEDED"]))
                if wanted.height:
                    return Receipt.of(wanted.row(0 if admitted else -1, named=True))
        return None


class ReceiptReader:
    """Reads the receipts of one agency when asked to; nothing runs in between. Not for several threads at once."""

    def __init__(self, settings: Settings, agency_id: str, schemas: KnownSchemas) -> None:
        self._settings = settings
        self._schemas = schemas
        self._topic = receipts(agency_id).name
        self._consumer: Consumer | None = None
        self._next: int | None = None
        self._history_end = 0
        self.index = ReceiptIndex()

    def begin_at(self, offset: int, /) -> None:
        """Begin with the receipts from an offset on, unless reading has begun. What lies before is history."""
        if self._next is None:
            self._next = self._history_end = offset

    def begin_at_end(self) -> None:
        """Begin with the receipts that are still to come, unless reading has begun.

        Raises:
            LogError: the topic is missing or the broker does not answer.
        """
        if self._next is None:
            self.begin_at(self.end())

    def poll(self, wait_s: float = 0.0) -> int:
        """Take in the receipts that have arrived, waiting up to `wait_s` for the first; their number.

        Raises:
            LogError: the topic is missing or the broker does not answer.
        """
        self._next, found = self._taken(self._assigned(), self._next or 0, None, wait_s)
        return found

    def read_history(self) -> None:
        """Take in the receipts before those where `begin_at` began. No-op the second time.

        Raises:
            LogError: the topic is missing or the broker does not answer.
        """
        if not self._history_end:
            return
        consumer = self._client()
        try:
            consumer.assign([TopicPartition(self._topic, 0, 0)])
            self._taken(consumer, 0, self._history_end, _ANSWER_S)
        finally:
            consumer.close()
        self._history_end = 0

    def close(self) -> None:
        """Let go of the connection. Reading again opens it anew."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def _client(self) -> Consumer:
        return Consumer(
            reading_config(self._settings, **{"fetch.error.backoff.ms": 50, "fetch.wait.max.ms": 100}), logger=_QUIET
        )

    def end(self) -> int:
        """Offset of the next receipt to come. May be asked by any thread.

        Raises:
            LogError: the topic is missing or the broker does not answer.
        """
        consumer = self._client()
        try:
            return int(consumer.get_watermark_offsets(TopicPartition(self._topic, 0), timeout=_ANSWER_S)[1])
        except KafkaException as error:
            raise LogError(f"topic {self._topic} cannot be read: {error.args[0].str()}") from error
        finally:
            consumer.close()

    def _assigned(self) -> Consumer:
        if self._consumer is None:
            self._consumer = self._client()
            self._consumer.assign([TopicPartition(self._topic, 0, self._next or 0)])
        return self._consumer

    def _taken(self, consumer: Consumer, position: int, until: int | None, wait_s: float) -> tuple[int, int]:
        """Index receipts from `position` on: up to `until`, else all that have come; next position and their number."""
        found, values, deadline = 0, list[bytes](), time.monotonic() + wait_s
        while until is None or position < until:
            idle = until is not None or not (values or found)
            first = consumer.poll(max(0.0, deadline - time.monotonic()) if idle else 0)
            if first is None:
                if until is not None:
                    raise LogError(f"topic {self._topic}: no answer within {wait_s:.0f} s")
                break
            ended = False
            for message in (first, *consumer.consume(_FETCH, 0)):
                if (error := message.error()) is None:
                    record = record_of(message)
                    values.append(record.value or b"")
                    position = record.offset + 1
                else:
                    ended = self._is_end(error) or ended
            if len(values) >= _BATCH:
                found, values = found + self._indexed(values), []
            if until is not None:
                if ended:
                    break
                deadline = time.monotonic() + wait_s
        return position, found + self._indexed(values)

    def _is_end(self, error: KafkaError) -> bool:
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # the only name the library gives it
            return True
        if error.code() in _PASSING:
            return False
        raise LogError(f"topic {self._topic} cannot be read: {error.str()}")

    def _indexed(self, values: list[bytes]) -> int:
        by_schema: dict[int, list[bytes]] = {}
        for schema_id, run in groupby(values, lambda value: int.from_bytes(value[1:5], "big")):
            by_schema.setdefault(schema_id, []).extend(run)
        for schema_id, framed in by_schema.items():
            try:
                decoded = self._schemas.columnar(schema_id, "receipt").decode(schema_id, framed)
            except UnknownSchemaError as error:
                self._passed_over(len(framed), error)
                continue
            for fault in decoded.faults.values():
                self._passed_over(1, fault)
            self.index.add(decoded.columns)
        return len(values)

    def _passed_over(self, records: int, why: ContractError) -> None:
        """No admission wrote these; an agency must not wait for ever behind them."""
        _logger.warning("topic %s: %d records are no receipts and passed over: %s", self._topic, records, why)
