"""Reading whole topics from Kafka into columns, up to ends that were asked for before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from projections.replay.source import RECORDS, Span
from schemas.dictionary import SchemaDictionary
from schemas.errors import LogError
from schemas.reading import Record, gather, quiet_logger, read_topic, reading_config
from schemas.settings import Settings
from schemas.topics import DIRECTORY, SCHEMAS

_ANSWER_S = 30.0
_BATCH = 20_000
_HEADERS = pl.List(pl.Struct({"name": pl.String(), "value": pl.Binary()}))


class LogSource:
    """The log of a deployment. Committed records only; needs neither registry nor database.

    Args:
        settings: where the deployment is.
        batch: most records in a frame.
        names: topics that lie under other names, as copies do.
        headers: whether frames have the column `headers`, a list of structs of name and value.
    """

    def __init__(
        self, settings: Settings, batch: int = _BATCH, names: Mapping[str, str] | None = None, *, headers: bool = False
    ) -> None:
        self._settings, self._batch, self._headers, self._names = settings, batch, headers, names or {}
        self.name = f"the log at {settings.require('bootstrap')}"
        self.deployment = settings.require("deployment")

    def dictionary(self) -> SchemaDictionary:
        """See `Source.dictionary`."""
        return SchemaDictionary().fold(read_topic(self._settings, self._name_of(SCHEMAS.name)))

    def directory(self) -> Sequence[Record]:
        """See `Source.directory`."""
        return list(read_topic(self._settings, self._name_of(DIRECTORY.name)))

    def spans(self, topic: str) -> dict[int, Span]:
        """See `Source.spans`."""
        topic, consumer = self._name_of(topic), self._consumer()
        try:
            found = consumer.list_topics(topic, timeout=_ANSWER_S).topics[topic]
            if found.error is not None:
                raise LogError(f"topic {topic} cannot be read: {found.error.str()}")
            return {
                number: Span(*consumer.get_watermark_offsets(TopicPartition(topic, number), _ANSWER_S))
                for number in sorted(found.partitions)
            }
        except KafkaException as error:
            raise LogError(f"topic {topic} cannot be read: {error.args[0].str()}") from error
        finally:
            consumer.close()

    def batches(self, topic: str, spans: Mapping[int, Span]) -> Iterator[pl.DataFrame]:
        """See `Source.batches`."""
        unfinished = {number: span.end for number, span in spans.items() if span.end > span.first}
        if not unfinished:
            return
        topic, consumer = self._name_of(topic), self._consumer()
        try:
            consumer.assign([TopicPartition(topic, number, spans[number].first) for number in unfinished])
            held: list[Message] = []
            while unfinished:
                messages = gather(consumer, self._batch - len(held), _ANSWER_S)
                if not messages:
                    raise LogError(f"topic {topic}: no answer within {_ANSWER_S:.0f} s")
                held += self._within(topic, messages, spans, unfinished)
                if len(held) >= self._batch or (held and not unfinished):
                    yield self._frame(held)
                    held = []
        except KafkaException as error:
            raise LogError(f"topic {topic} cannot be read: {error.args[0].str()}") from error
        finally:
            consumer.close()

    def _within(
        self, topic: str, messages: list[Message], spans: Mapping[int, Span], unfinished: dict[int, int]
    ) -> list[Message]:
        """The records before the ends; takes from `unfinished` what has come to its end, by record or by report."""
        good = []
        for message in messages:
            error, number, offset = message.error(), message.partition() or 0, message.offset() or 0
            if error is None:
                if offset < spans[number].end:
                    good.append(message)
                if offset + 1 >= spans[number].end:
                    unfinished.pop(number, None)
            elif error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  # the only name the library gives it
                if not error.retriable():
                    raise LogError(f"topic {topic}: {error.str()}")
            elif offset >= spans[number].end:
                unfinished.pop(number, None)
        return good

    def _frame(self, messages: list[Message]) -> pl.DataFrame:
        columns: dict[str, list[Any]] = {
            "partition": [message.partition() for message in messages],
            "offset": [message.offset() for message in messages],
            "appended_ms": [message.timestamp()[1] for message in messages],
            "key": [message.key() for message in messages],
            "value": [message.value() for message in messages],
        }
        frame = pl.DataFrame(columns, schema=RECORDS)
        if not self._headers:
            return frame
        headers = [message.headers() or [] for message in messages]
        return frame.with_columns(pl.Series("headers", headers, dtype=_HEADERS))

    def _name_of(self, topic: str) -> str:
        return self._names.get(topic, topic)

    def _consumer(self) -> Consumer:
        return Consumer(reading_config(self._settings), logger=quiet_logger())
