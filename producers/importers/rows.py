"""Rows of a delimited text file, with their line numbers; a damaged row spoils no other."""

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, cast

from producers.importers.draft import Reject
from schemas.errors import ImportFileError

ROW = "row"
"""The field of a reject that concerns the row as a whole."""

LONGEST_TEXT = 1000
"""Characters that the models take in one text."""

LONGEST_NARRATIVE = 20_000
"""Characters that the models take in the narrative."""

_GZIP_MAGIC = b"\x1f\x8b"


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """A UTF-8 text file, plain or gzip, with or without a byte order mark.

    Bytes that are not UTF-8 become lone surrogates, for `unreadable` to find in their row.

    Raises:
        ImportFileError: the file cannot be opened, or breaks off while it is read.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == _GZIP_MAGIC
            plain = gzip.GzipFile(fileobj=raw) if packed else raw
            # GzipFile reads as a binary file does, its type does not say so.
            binary = cast("io.BufferedReader", plain)
            with io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
                yield text
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFileError(f"{path}: cannot be read ({error}); check that the file is there and whole") from error


class _Lines:
    """The lines of a file, of which those taken since the last row can be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._returned: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines)
        self.taken.append(line)
        return line

    def give_back_all_but_first(self) -> None:
        self._returned.extendleft(reversed(self.taken[1:]))


def rows(text: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file with the line each begins on; the first is the header, empty lines are passed over.

    A quotation mark that is not closed would swallow the rows below it. Where quoting is broken, or a row over several
    lines has not the columns of the header, or its first and its last line each have them, its first line is taken
    alone and split at each delimiter.
    """
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 1
    width = 0
    while True:
        lines.taken.clear()
        fields: list[str] | None
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields = None
        used = len(lines.taken)
        if fields is None or (used > 1 and width and _swallowed(lines.taken, len(fields), width, delimiter)):
            fields = lines.taken[0].rstrip("\r\n").split(delimiter)
            lines.give_back_all_but_first()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            used = 1
        if fields:
            width = width or len(fields)
            yield number, fields
        number += used


def _swallowed(lines: list[str], found: int, width: int, delimiter: str) -> bool:
    return found != width or all(line.count(delimiter) == width - 1 for line in (lines[0], lines[-1]))


def unreadable(
    line: int, fields: list[str], columns: tuple[str, ...], long: frozenset[str] = frozenset()
) -> Reject | None:
    """Why a row cannot be read whatever it says: its number of columns, bytes that are not UTF-8, a text too long.

    Args:
        line: the line it begins on.
        fields: the row.
        columns: the header.
        long: the columns that take `LONGEST_NARRATIVE` characters.
    """
    if len(fields) != len(columns):
        return Reject(line, ROW, f"has {len(fields)} columns where the header has {len(columns)}")
    for column, value in zip(columns, fields, strict=True):
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            return Reject(line, column, "has bytes that are not UTF-8")
        if len(value) > LONGEST_TEXT and (column not in long or len(value) > LONGEST_NARRATIVE):
            most = LONGEST_NARRATIVE if column in long else LONGEST_TEXT
            return Reject(line, column, f"is longer than {most} characters")
    return None
