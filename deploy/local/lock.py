"""One command at a time on a directory."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file for the length of the block, across threads and processes.

    The kernel gives the lock back when its holder dies, so that a killed command blocks nobody. Child processes do not
    inherit it.

    Args:
        path: the lock file; made when missing, never removed (a removed one could be locked twice).
        waiting: called once if somebody else holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
