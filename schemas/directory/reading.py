"""The directory as it stands now, read from its topics."""

from schemas.directory.fold import Directory
from schemas.directory.members import Members
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import DIRECTORY, DIRECTORY_CLOSED


def read_directory(settings: Settings) -> Directory:
    """Agencies, keys and administrators.

    Raises:
        LogError: `ionics.directory` cannot be read.
    """
    return Directory(settings.require("deployment")).fold(read_topic(settings, DIRECTORY.name))


def read_members(settings: Settings) -> Members:
    """Groups, operations and focal points too.

    Raises:
        LogError: a topic of the directory cannot be read.
    """
    closed = read_topic(settings, DIRECTORY_CLOSED.name)
    return Members(read_directory(settings)).fold(closed)
