"""The directory and the dictionary of schemas as they stand at the start of a batch."""

from schemas.dictionary import SchemaDictionary
from schemas.directory import Directory
from stream_processors.runtime import OneTopic, following_schemas


class DirectoryReader:
    """Follows the directory; asks for its high watermark each time."""

    def __init__(self, deployment: str, directory: OneTopic, schemas: OneTopic) -> None:
        self._directory = Directory(deployment)
        self._acts, self._schemas = directory, following_schemas(schemas)

    def directory(self) -> Directory:
        """The directory up to its high watermark.

        Raises:
            LogError: it cannot be read.
        """
        if self._acts.end() > self._directory.next_offset:
            self._directory.fold(self._acts.read(self._directory.next_offset))
        return self._directory

    def dictionary(self) -> SchemaDictionary:
        """The dictionary of schemas up to its high watermark.

        Raises:
            LogError: it cannot be read.
        """
        return self._schemas()
