"""A topic of one partition, read whole and by its high watermark: what stages need of directory and schemas."""

from collections.abc import Callable, Iterator
from typing import Protocol

from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.dictionary import SchemaDictionary
from schemas.errors import LogError
from schemas.reading import Record, quiet_logger, read_topic, reading_config
from schemas.settings import Settings

_ANSWER_S = 30.0


class OneTopic(Protocol):
    """A topic of one partition, written without transactions."""

    def end(self) -> int:
        """Its high watermark.

        Raises:
            LogError: it cannot be read.
        """

    def read(self, start: int) -> Iterator[Record]:
        """Its records from an offset on, up to the end found on the way.

        Raises:
            LogError: it cannot be read.
        """


def following_schemas(topic: OneTopic) -> Callable[[], SchemaDictionary]:
    """Gives the dictionary up to its high watermark, and reads only what it has not read; see `KnownSchemas`."""
    dictionary = SchemaDictionary()

    def now() -> SchemaDictionary:
        if topic.end() > dictionary.next_offset:
            dictionary.fold(topic.read(dictionary.next_offset))
        return dictionary

    return now


class KafkaTopic:
    """One topic of Kafka. Its end is asked over a connection that stays."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings, self._name = settings, name
        config = reading_config(settings, **{"isolation.level": "read_uncommitted"})
        self._asking = Consumer(config, logger=quiet_logger())

    def end(self) -> int:
        """The high watermark.

        Raises:
            LogError: the broker does not answer.
        """
        try:
            _, high = self._asking.get_watermark_offsets(TopicPartition(self._name, 0), _ANSWER_S)
        except KafkaException as error:
            raise LogError(f"{self._name} cannot be read: {error.args[0].str()}") from error
        return int(high)

    def read(self, start: int) -> Iterator[Record]:
        """Records from an offset on, up to the end found on the way.

        Raises:
            LogError: the topic is missing, or the broker does not answer.
        """
        return read_topic(self._settings, self._name, {0: start})
