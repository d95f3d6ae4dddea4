"""The directory and the dictionary of schemas as they stand at the start of a batch."""

from collections.abc import Iterator
from typing import Protocol

from schemas.dictionary import SchemaDictionary
from schemas.directory import Directory
from schemas.reading import Record


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


class DirectoryReader:
    """Follows the directory; asks for its high watermark each time."""

    def __init__(self, deployment: str, directory: OneTopic, schemas: OneTopic) -> None:
        self._directory = Directory(deployment)
        self._acts, self._schemas = directory, schemas

    def directory(self) -> Directory:
        """The directory up to its high watermark.

        Raises:
            LogError: it cannot be read.
        """
        if self._acts.end() > self._directory.next_offset:
            self._directory.fold(self._acts.read(self._directory.next_offset))
        return self._directory

    def dictionary(self) -> SchemaDictionary:
        """The dictionary of schemas, read anew.

        Raises:
            LogError: it cannot be read.
        """
        return SchemaDictionary().fold(self._schemas.read(0))
