"""A file or directory that appears under its name when it is whole, and not before."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import ReplayError


@contextmanager
def published(path: Path) -> Iterator[Path]:
    """A place beside the path to write to; it gets the path's name when the block ends without an error.

    An error or an interruption removes what was written; a process that is killed leaves it under a name that ends in
    `.part`, and the next attempt removes it.

    Raises:
        ReplayError: the path exists, or cannot be written.
    """
    beside = path.with_name(f".{path.name}.part")
    if path.exists():
        raise ReplayError(f"{path} exists; give another name, or remove it")
    try:
        _removed(beside)
        yield beside
        for written in sorted(beside.iterdir()) if beside.is_dir() else [beside]:
            _synced(written)
        beside.rename(path)
        _synced(path.parent)
    except OSError as error:
        _removed(beside)
        raise ReplayError(f"{path} cannot be written: {error}") from error
    except BaseException:
        _removed(beside)
        raise


def _removed(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
