"""The directory and the dictionary of schemas as they stand at the start of a batch."""

from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.dictionary import SchemaDictionary, read_dictionary
from schemas.directory import Directory
from schemas.errors import LogError
from schemas.reading import quiet_logger, read_topic, reading_config
from schemas.settings import Settings
from schemas.topics import DIRECTORY

_ANSWER_S = 30.0


class DirectoryReader:
    """Follows `ionics.directory`; asks for its high watermark each time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._directory = Directory(settings.require("deployment"))
        config = reading_config(settings, **{"isolation.level": "read_uncommitted"})
        self._asking = Consumer(config, logger=quiet_logger())

    def directory(self) -> Directory:
        """The directory up to its high watermark.

        Raises:
            LogError: it cannot be read.
        """
        try:
            _, high = self._asking.get_watermark_offsets(TopicPartition(DIRECTORY.name, 0), _ANSWER_S)
        except KafkaException as error:
            raise LogError(f"{DIRECTORY.name} cannot be read: {error.args[0].str()}") from error
        if high > self._directory.next_offset:
            self._directory.fold(read_topic(self._settings, DIRECTORY.name, {0: self._directory.next_offset}))
        return self._directory

    def dictionary(self) -> SchemaDictionary:
        """The dictionary of schemas, read anew.

        Raises:
            LogError: it cannot be read.
        """
        return read_dictionary(self._settings)

    def close(self) -> None:
        """Drop the connection."""
        self._asking.close()
