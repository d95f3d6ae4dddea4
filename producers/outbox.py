"""The outbox: signed reports that wait for the broker, in SQLite, durable before `report()` returns.

WAL with synchronous=FULL: one fsync an append, and appending does not wait for a reader. secure_delete overwrites what
is deleted; the write-ahead log keeps copies until it is checkpointed, so `scrub` truncates it once rows are gone.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from schemas.errors import OutboxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_FORMAT = 1
_BUSY_S = 30.0
_TABLES = """
CREATE TABLE envelope (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    incident_id TEXT NOT NULL, event_id TEXT NOT NULL, event_type TEXT NOT NULL, reported_at TEXT NOT NULL,
    fingerprint TEXT NOT NULL, key_id TEXT NOT NULL, signature BLOB NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE TABLE about (deployment TEXT NOT NULL, agency TEXT NOT NULL, producer TEXT NOT NULL) STRICT;
"""
_SELECT = """SELECT position, incident_id, event_id, event_type, reported_at, fingerprint, key_id, signature, body
FROM envelope WHERE position > ? ORDER BY position LIMIT ?"""


class Envelope(NamedTuple):
    """A signed revision without the frame: an offline outbox can't know the registry's id of its schema."""

    incident_id: str
    event_id: str
    event_type: str
    reported_at: str
    fingerprint: str
    key_id: str
    signature: bytes
    body: bytes


class Queued(NamedTuple):
    """An envelope in the outbox, at its position."""

    position: int
    incident_id: str
    event_id: str
    event_type: str
    reported_at: str
    fingerprint: str
    key_id: str
    signature: bytes
    body: bytes


class Outbox:
    """The outbox of one agency in one deployment. Safe for several threads and processes.

    Attributes:
        producer: random id of this outbox, as `provenance.producer_id` states it.

    Raises:
        OutboxError: the file cannot be used, others may write to its directory, or it belongs to another deployment
            or agency.
    """

    def __init__(self, path: Path, deployment: str, agency_id: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        _prepare(path)
        with self._reported():
            self._db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            try:
                self.producer = self._opened(deployment, agency_id)
            except BaseException:
                self._db.close()
                raise

    def append(self, envelopes: Sequence[Envelope]) -> None:
        """Append in order, in one transaction, which is on the disk when this returns.

        Raises:
            OutboxError: the disk is full or the file cannot be written.
        """
        with self._lock, self._reported(), self._transaction():
            self._db.executemany("INSERT INTO envelope VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", envelopes)

    def read(self, after: int, limit: int) -> list[Queued]:
        """The next envelopes after a position.

        Raises:
            OutboxError: the file cannot be read.
        """
        with self._lock, self._reported():
            return [Queued._make(row) for row in self._db.execute(_SELECT, (after, limit))]

    def delete(self, positions: Sequence[int]) -> None:
        """Delete envelopes that the broker has acknowledged, given in rising order.

        Raises:
            OutboxError: the file cannot be written.
        """
        with self._lock, self._reported(), self._transaction():
            if positions and positions[-1] - positions[0] == len(positions) - 1:
                self._db.execute("DELETE FROM envelope WHERE position BETWEEN ? AND ?", (positions[0], positions[-1]))
            else:
                self._db.executemany("DELETE FROM envelope WHERE position = ?", ((each,) for each in positions))

    def scrub(self) -> bool:
        """Make deleted envelopes unreadable in the files; False if another process is in the way just now.

        Raises:
            OutboxError: the file cannot be written.
        """
        with self._lock, self._reported():
            self._db.execute("PRAGMA busy_timeout = 1000")
            try:
                busy: int = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                self._db.execute(f"PRAGMA busy_timeout = {int(_BUSY_S * 1000)}")
            return not busy

    def count(self) -> int:
        """Number of envelopes that wait.

        Raises:
            OutboxError: the file cannot be read.
        """
        with self._lock, self._reported():
            return int(self._db.execute("SELECT count(*) FROM envelope").fetchone()[0])

    def close(self) -> None:
        """Close the file; what it holds stays."""
        with self._lock:
            self._db.close()

    @contextmanager
    def delivering(self) -> Iterator[bool]:
        """The right to deliver, which one process at a time has; False where another one has it.

        The lock is one of SQLite on a file beside the outbox, so it ends with its process on every system.
        """
        path = self.path.with_name(self.path.name + ".lock")
        with self._reported():
            _create(path)
            lock = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                yield False
            else:
                yield True
        finally:
            lock.close()

    def _opened(self, deployment: str, agency_id: str) -> str:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA temp_store = MEMORY")
        with self._transaction():
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found == 0:
                for statement in _TABLES.strip().split(";\n"):
                    self._db.execute(statement)
                self._db.execute("INSERT INTO about VALUES (?, ?, ?)", (deployment, agency_id, str(uuid.uuid4())))
                self._db.execute(f"PRAGMA user_version = {_FORMAT}")
            elif found != _FORMAT:
                raise OutboxError(f"outbox {self.path} has format {found}, this SDK knows {_FORMAT}: use its newer SDK")
            of_deployment, of_agency, producer = self._db.execute("SELECT * FROM about").fetchone()
        if (of_deployment, of_agency) != (deployment, agency_id):
            raise OutboxError(
                f"outbox {self.path} belongs to agency {of_agency} in deployment {of_deployment}, "
                f"not to {agency_id} in {deployment}: use another file"
            )
        return str(producer)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OutboxError(f"outbox {self.path} cannot be used: {error}") from error


def _prepare(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.parent.stat().st_mode & 0o022 and os.name == "posix":
            raise OutboxError(
                f"directory {path.parent} of the outbox is writable by others; run: chmod 700 {path.parent}"
            )
        _create(path)
    except OSError as error:
        raise OutboxError(f"outbox {path} cannot be made: {error}") from error


def _create(path: Path) -> None:
    """SQLite gives its side files the mode of the file itself, so that must be right before SQLite opens it."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
