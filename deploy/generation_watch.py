"""When stages have to go over to another generation: the directory is followed beside each of them."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.directory import Directory
from schemas.errors import IonicsError
from schemas.reading import read_topic
from schemas.settings import Settings
from schemas.topics import DIRECTORY
from stream_processors.runtime.follower import Follower
from stream_processors.runtime.log import Partition

_WAIT_S = 0.3
_PAUSE_S = 2.0
_logger = logging.getLogger(__name__)


@contextmanager
def until_generation_moves(settings: Settings, stop: threading.Event) -> Iterator[tuple[int, threading.Event]]:
    """The generation that the directory points at, and an event that is set with `stop` or when it points elsewhere.

    Settings that name a generation stay with it.

    Raises:
        LogError: the directory cannot be read.
    """
    if settings.generation:
        yield settings.generation, stop
        return
    directory = Directory(settings.require("deployment")).fold(read_topic(settings, DIRECTORY.name))
    either, ended = threading.Event(), threading.Event()
    arguments = (settings, directory, stop, either, ended)
    watching = threading.Thread(target=_watch, args=arguments, name="generation", daemon=True)
    watching.start()
    try:
        yield directory.generation, either
    finally:
        ended.set()
        watching.join()


def _watch(
    settings: Settings, directory: Directory, stop: threading.Event, either: threading.Event, ended: threading.Event
) -> None:
    first = directory.generation
    while not (stop.is_set() or ended.is_set() or directory.generation != first):
        try:
            follower = Follower(settings, {Partition(DIRECTORY.name, 0): directory.next_offset})
            try:
                while not (stop.is_set() or ended.is_set()) and directory.generation == first:
                    directory.fold(follower.consume(1_000, _WAIT_S))
            finally:
                follower.close()
        except IonicsError as error:
            _logger.warning("the directory does not say which generation is read: %s", error)
            stop.wait(_PAUSE_S)
    either.set()
