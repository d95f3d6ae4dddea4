"""Sending the drafts of a file, each by its agency's producer, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import TYPE_CHECKING, Self

from producers import IncidentProducer, Outcome, Report
from producers.importers import Reject
from schemas.errors import InvalidIncidentError, LogError

if TYPE_CHECKING:
    from types import TracebackType

    from producers import Receipt, Submission
    from producers.importers import Draft
    from schemas.errors import IonicsError
    from schemas.settings import Settings

_CHUNK = 2_000
_MOST_HELD = 20_000
_MOST_OPEN = 48
_MOST_REFUSED = 100
_MANY_LINES = 8
_LONG_NARRATIVE = 10_000
_CLOSE_S = 60.0
_CLOSE_INTERRUPTED_S = 2.0


class Senders:
    """The producers of the agencies of a file.

    Holds at most 20,000 drafts, and one chunk of submissions an agency that wait for their receipts while the next is
    made. Producers beyond 48 are closed, the longest unused first; each has a thread and connections.

    Args:
        wait_s: seconds to wait for the receipts of a chunk; None not to wait for any.

    Attributes:
        incidents: how many were reported.
        outcomes: receipts by outcome.
        refused: the first refusals by admission, in words.
        fault: why receipts are no longer waited for.
        in_outbox: reports that were not delivered when their producer was closed.
    """

    def __init__(self, settings: Settings, wait_s: float | None) -> None:
        self._settings = settings
        self._wait_s = wait_s
        self._open: OrderedDict[str, IncidentProducer] = OrderedDict()
        self._held: defaultdict[str, list[Draft]] = defaultdict(list)
        self._count_held = 0
        self._awaited: dict[str, list[Submission]] = {}
        self._lines: dict[str, dict[str, int]] = {}
        self.incidents = 0
        self.outcomes: dict[str, int] = {outcome.value: 0 for outcome in Outcome}
        self.refused: list[str] = []
        self.fault: IonicsError | None = None
        self.in_outbox = 0

    @property
    def waiting(self) -> int:
        """Incidents reported without a receipt that was seen."""
        return self.incidents - sum(self.outcomes.values())

    @property
    def refused_count(self) -> int:
        """Incidents that admission rejected."""
        return self.outcomes[Outcome.REJECTED.value]

    def send(self, draft: Draft) -> list[Reject]:
        """Take a draft, and report what is held once it is enough. Gives its rows back where it is too large to send.

        Raises:
            IonicsError: key or outbox of an agency cannot be used.
        """
        narrative = draft.content.narrative
        if draft.lines > _MANY_LINES or (narrative is not None and len(narrative) > _LONG_NARRATIVE):
            return self._send_large(draft)
        held = self._held[draft.agency_id]
        held.append(draft)
        self._count_held += 1
        if len(held) >= _CHUNK:
            self._report(draft.agency_id)
        elif self._count_held >= _MOST_HELD:
            self._report(max(self._held, key=lambda agency_id: len(self._held[agency_id])))
        return []

    def finish(self) -> None:
        """Report what is held and wait for the receipts that are missing."""
        for agency_id in list(self._held):
            self._report(agency_id)
        for agency_id in list(self._awaited):
            self._await(agency_id)
        self._close(_CLOSE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(_CLOSE_INTERRUPTED_S)

    def _send_large(self, draft: Draft) -> list[Reject]:
        """Only these can exceed what admission takes; alone, such a fault spoils no other."""
        self._report(draft.agency_id)
        try:
            done = self._producer(draft).report_many([_report(draft)])
        except InvalidIncidentError as error:
            return [Reject(draft.line + n, error.path, error.message) for n in range(draft.lines)]
        self._reported(draft.agency_id, [draft], done)
        return []

    def _report(self, agency_id: str) -> None:
        drafts = self._held.pop(agency_id, [])
        if not drafts:
            return
        self._count_held -= len(drafts)
        done = self._producer(drafts[0]).report_many([_report(draft) for draft in drafts])
        self._reported(agency_id, drafts, done)

    def _reported(self, agency_id: str, drafts: list[Draft], done: list[Submission]) -> None:
        self.incidents += len(done)
        if self._wait_s is None or self.fault is not None:
            return
        lines = self._lines.setdefault(agency_id, {})
        awaited = self._awaited.setdefault(agency_id, [])
        if len(awaited) >= _CHUNK:
            self._await(agency_id)
            lines, awaited = self._lines.setdefault(agency_id, {}), self._awaited.setdefault(agency_id, [])
        lines.update((submission.incident_id, draft.line) for draft, submission in zip(drafts, done, strict=True))
        awaited += done

    def _await(self, agency_id: str) -> None:
        submissions = self._awaited.pop(agency_id, [])
        lines = self._lines.pop(agency_id, {})
        if not submissions or self._wait_s is None or self.fault is not None:
            return
        try:
            received = self._open[agency_id].wait(submissions, self._wait_s)
        except LogError as error:
            self.fault = error
            return
        for receipt in received:
            self.outcomes[receipt.outcome.value] += 1
            if receipt.outcome is Outcome.REJECTED and len(self.refused) < _MOST_REFUSED:
                self.refused.append(_words(agency_id, lines.get(receipt.incident_id or ""), receipt))

    def _producer(self, draft: Draft) -> IncidentProducer:
        agency_id = draft.agency_id
        if agency_id not in self._open:
            if len(self._open) >= _MOST_OPEN:
                oldest = next(iter(self._open))
                self._await(oldest)
                self.in_outbox += self._open.pop(oldest).close(_CLOSE_S)
            self._open[agency_id] = IncidentProducer(
                agency_id, reporting_country=draft.reporting_country, settings=self._settings
            )
        self._open.move_to_end(agency_id)
        return self._open[agency_id]

    def _close(self, timeout_s: float) -> None:
        """Close all; one that cannot be reached is not tried again and again for each agency."""
        while self._open:
            _, producer = self._open.popitem()
            remaining = producer.close(timeout_s)
            self.in_outbox += remaining
            if remaining:
                timeout_s = 0.1


def _report(draft: Draft) -> Report:
    return Report(draft.content, draft.source_ref, draft.importer, draft.line, draft.lines)


def _words(agency_id: str, line: int | None, receipt: Receipt) -> str:
    where = f"line {line}" if line else f"incident {receipt.incident_id}"
    return f"{agency_id}, {where}: {receipt.path or 'incident'}: {receipt.message or ''} ({receipt.code})"
