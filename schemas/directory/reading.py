"""The directory as it stands now, read from its topics."""

from dataclasses import replace
from pathlib import Path

from schemas.directory.fold import Directory
from schemas.directory.members import Members
from schemas.reading import read_topic
from schemas.settings import Settings, load_settings
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


def at_generation(settings: Settings) -> Settings:
    """Settings that name a generation: their own, or the one that the directory points at now.

    Raises:
        LogError: the directory cannot be read.
    """
    return settings if settings.generation else replace(settings, generation=read_directory(settings).generation)


def load_current(home: Path | None = None) -> Settings:
    """`load_settings`, with the generation that readers use now.

    Raises:
        SettingsError: a setting has the wrong form.
        LogError: the directory cannot be read.
    """
    return at_generation(load_settings(home))
