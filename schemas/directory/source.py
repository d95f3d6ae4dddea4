"""The members as they stand, kept up to date from the two topics of the directory."""

from collections.abc import Callable, Iterable, Sequence

from schemas.directory.fold import Directory
from schemas.directory.members import Members
from schemas.reading import Record
from schemas.topics import DIRECTORY, DIRECTORY_CLOSED


class MembersSource:
    """Folds records as they come; the order between the two topics does not matter.

    Acts of the closed part are judged by who was an administrator, so all of them are folded again whenever there is
    something new in the other.
    """

    def __init__(self, deployment: str) -> None:
        self._directory = Directory(deployment)
        self._closed: list[Record] = []
        self._members = Members(self._directory)

    @property
    def members(self) -> Members:
        """The members after all records so far. Never changed afterwards: new records make a new one."""
        return self._members

    def take(self, records: Sequence[Record]) -> None:
        """Take in records of either topic, in the order of each."""
        if not records:
            return
        closed = [record for record in records if record.topic == DIRECTORY_CLOSED.name]
        self._closed += closed
        opened = [record for record in records if record.topic == DIRECTORY.name]
        if not opened:
            self._members = self._members.copy().fold(closed)
            return
        self._directory = self._directory.copy().fold(opened)
        self._members = Members(self._directory).fold(self._closed)

    def read_on(self, read: Callable[[str, int], Iterable[Record]]) -> None:
        """Read both topics to their ends.

        Args:
            read: reads a topic from an offset to its end.

        Raises:
            LogError: a topic cannot be read.
        """
        closed = list(read(DIRECTORY_CLOSED.name, self._members.next_offset))
        self.take([*read(DIRECTORY.name, self._directory.next_offset), *closed])
