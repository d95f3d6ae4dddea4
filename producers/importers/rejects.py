"""The list of rejected rows, as a CSV file beside the file that was imported."""

import csv
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from producers.importers.draft import Reject
from schemas.errors import ImportFileError


def write_rejects(source: Path, rejects: Iterable[Reject]) -> Path | None:
    """Write the rejects of a file beside it, whole or not at all.

    Where there are none no file is written, and one of an earlier import of the same file is removed.

    Args:
        source: the file that was imported.
        rejects: its rejects; consumed.

    Returns:
        the file written, ``<source>.rejects.csv`` with the columns line, field, reason; None where there are none.

    Raises:
        ImportFileError: the file cannot be written there.
    """
    target = source.with_name(f"{source.name}.rejects.csv")
    try:
        return _write(target, rejects)
    except OSError as error:
        raise ImportFileError(f"{target}: cannot be written ({error}); make the directory writable") from error


def _write(target: Path, rejects: Iterable[Reject]) -> Path | None:
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("line", "field", "reason"))
            rejected = False
            for reject in rejects:
                writer.writerow((reject.line, reject.field, reject.reason))
                rejected = True
            file.flush()
            os.fsync(file.fileno())
        if rejected:
            temporary.replace(target)
            return target
        target.unlink(missing_ok=True)
        return None
    finally:
        temporary.unlink(missing_ok=True)
