"""What has to be said of a kind of event, so that it can be told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from stream_processors.disseminate.ports import Shown


@dataclass(frozen=True)
class Showing:
    """How a kind is seen.

    Attributes:
        show: (connection within `viewing`, generation, event id, revision) → what gives what the viewer sees of it, if
            anything; the question is put at once, the answer may be waited for later.
        sees: (the same without a revision) → whether the viewer sees it at all.
        words: an expression of SQL over a delivery ``d``: the line of an inbox, null where the viewer does not see it.
    """

    show: Callable[[psycopg.Connection, int, str, int], Callable[[], Shown | None]]
    sees: Callable[[psycopg.Connection, int, str], bool]
    words: LiteralString
