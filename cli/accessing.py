"""What the command line reads is written to the access log first, like any other reading."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from cli.output import remark
from projections.access_log import AccessEntry, AccessLog
from schemas.directory import read_members
from schemas.errors import AccessLogError, LogError
from schemas.rights import acting
from schemas.settings import Settings

_IDS = 5_000
"""Incidents named in one record, which stays far below what the broker takes."""
_moment: ContextVar[str | None] = ContextVar("moment", default=None)


@contextmanager
def looking_back(moment: str) -> Iterator[None]:
    """What is read within it is of this moment, and logged so."""
    before = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(before)


def clock() -> datetime:
    """The moment that is looked back to, else now."""
    moment = _moment.get()
    return datetime.now(UTC) if moment is None else datetime.fromisoformat(moment)


def logged(
    settings: Settings, focal_point_id: str, action: str, query: Mapping[str, Any], incident_ids: Sequence[str] = ()
) -> None:
    """Write who asks for what to the access log, before it is shown.

    Args:
        settings: where the deployment is.
        focal_point_id: who asks.
        action: code of the list access_action.
        query: what was asked.
        incident_ids: the incidents that will be shown, for details and exports.

    Raises:
        AccessLogError: the log did not take it; nothing may be shown.
        ForbiddenError: whoever asks may not act.
        LogError: the directory cannot be read.
    """
    person = acting(read_members(settings), focal_point_id)
    log, asked = AccessLog(settings), {**query, "as_of": _moment.get()}
    log.record(AccessEntry(person.focal_point_id, person.agency_id, "CLI", action, asked, incident_ids))
    log.close()


def noted(settings: Settings, action: str, query: Mapping[str, Any]) -> None:
    """The same for lists and aggregates, which are shown, with a remark, where the access log does not answer.

    Raises:
        ForbiddenError: whoever asks may not act.
    """
    try:
        logged(settings, settings.acting_as(), action, query)
    except (AccessLogError, LogError) as error:
        remark(f"this reading is not in the access log: {error}")


class Leaving:
    """An export in the access log: that it was asked for, and the incidents of each part before that part leaves."""

    def __init__(self, settings: Settings, focal_point_id: str, query: Mapping[str, Any]) -> None:
        self._person = acting(read_members(settings), focal_point_id)
        self._query, self._log = query, AccessLog(settings)

    def __enter__(self) -> Self:
        self._record([])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._log.close()

    def __call__(self, incident_ids: Sequence[str]) -> None:
        """Write that these leave.

        Raises:
            AccessLogError: the log did not take it; they may not leave.
        """
        for start in range(0, len(incident_ids), _IDS):
            self._record(incident_ids[start : start + _IDS])

    def _record(self, incident_ids: Sequence[str]) -> None:
        person = self._person
        entry = AccessEntry(person.focal_point_id, person.agency_id, "CLI", "EXPORT", self._query, incident_ids)
        self._log.record(entry)
