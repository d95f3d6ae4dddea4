"""Checking many records: here, or in processes of their own where there are so many that it pays."""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Self

from projections.evidence.findings import Finding
from projections.evidence.signatures import Admitted, SignatureCheck
from schemas.dictionary import SchemaDictionary
from schemas.reading import Record

_PAYS = 30_000
"""Records from which on processes save more than it takes to start them: about a second."""
_PART = 2_000
_checking: SignatureCheck


class BulkCheck:
    """Checks records in parts; findings come in the order of the records.

    Args:
        deployment: whose log it is.
        directory: the records of `ionics.directory`.
        dictionary: the schemas.
        expected: about how many records will come.
    """

    def __init__(
        self, deployment: str, directory: Sequence[Record], dictionary: SchemaDictionary, expected: int
    ) -> None:
        self._check = SignatureCheck(deployment, directory, dictionary)
        self._pool: ProcessPoolExecutor | None = None
        self._waiting = deque[Future[list[Finding]]]()
        self._processes = os.cpu_count() or 1
        if expected >= _PAYS and self._processes > 1:
            self._pool = ProcessPoolExecutor(
                self._processes, multiprocessing.get_context("spawn"), _begin, (deployment, directory, dictionary)
            )

    def take(self, records: Sequence[Admitted]) -> Iterator[Finding]:
        """Check these, now or soon; gives what was found meanwhile."""
        if self._pool is None:
            yield from self._check.check(records)
            return
        for start in range(0, len(records), _PART):
            self._waiting.append(self._pool.submit(_part, records[start : start + _PART]))
            while len(self._waiting) > 4 * self._processes:
                yield from self._waiting.popleft().result()

    def rest(self) -> Iterator[Finding]:
        """What is found of all that were taken and not yet told of."""
        while self._waiting:
            yield from self._waiting.popleft().result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _begin(deployment: str, directory: Sequence[Record], dictionary: SchemaDictionary) -> None:
    global _checking  # noqa: PLW0603  # what a process of a pool keeps between its parts
    _checking = SignatureCheck(deployment, directory, dictionary)


def _part(records: Sequence[Admitted]) -> list[Finding]:
    return _checking.check(records)
