"""Which tables answer a request for a view: the live ones, or with ``as_of`` those of a moment."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import psycopg
from fastapi import Depends, Query

from projections.api.backend import Backend, Caller
from projections.api.callers import Reader, Store
from projections.api.problems import ProblemError

MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$"
_AsOf = Annotated[
    str | None,
    Query(
        pattern=MOMENT,
        description="What was known at this moment, such as 2026-03-14 or 2026-03-14T12:00Z (UTC where nothing is "
        "said), as you may see it today.",
    ),
]


@dataclass(frozen=True)
class View:
    """Of one request.

    Attributes:
        moment: None for the live tables.
    """

    caller: Caller
    store: Backend
    moment: datetime | None

    @property
    def asked(self) -> dict[str, str]:
        """The moment, as it belongs to what was asked: in cursors and in the access log."""
        return {} if self.moment is None else {"as_of": self.moment.isoformat()}

    @contextmanager
    def reading(self) -> Iterator[tuple[psycopg.Connection, int]]:
        """A request to the read store, and the number of the tables for `projections.queries`.

        Raises:
            ProblemError: see `Backend.reading`.
        """
        with self.store.reading(self.caller, self.moment) as found:
            yield found

    def sealed(self, asked: Mapping[str, Any], last: list[Any]) -> str:
        """The cursor of the page after a row, for this caller, question and moment alone."""
        return self.store.cursors.seal(self.caller.id, {**asked, **self.asked}, last)

    def opened(self, asked: Mapping[str, Any], cursor: str) -> list[Any]:
        """The row before a page.

        Raises:
            ProblemError: 400, the cursor is of something else.
        """
        return self.store.cursors.open(self.caller.id, {**asked, **self.asked}, cursor)

    def record(
        self,
        action: str,
        query: Mapping[str, Any],
        incident_ids: Sequence[str] = (),
        positions: Mapping[str, int] | None = None,
    ) -> None:
        """Write to the access log before anything leaves; see `Backend.record`."""
        self.store.record(self.caller, action, {**query, **self.asked}, incident_ids, positions)


def _view(caller: Reader, store: Store, as_of: _AsOf = None) -> View:
    if as_of is None:
        return View(caller, store, None)
    moment = moment_of(as_of, "as_of")
    if moment > datetime.now(UTC):
        raise ProblemError(400, "AS_OF", "the moment lies in the future", path="as_of")
    # Admission counts in milliseconds: what lies between two of them makes no difference.
    return View(caller, store, moment.replace(microsecond=moment.microsecond // 1000 * 1000))


def moment_of(text: str, path: str) -> datetime:
    """The moment that a parameter of the form MOMENT names; UTC where nothing is said.

    Raises:
        ProblemError: 400, there is no such moment.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ProblemError(400, "FORM", "there is no such moment", path=path) from None


Viewed = Annotated[View, Depends(_view)]
