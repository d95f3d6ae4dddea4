"""What happened, as subscriptions are matched against it; and a kind of what happens, which is one small file each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from schemas.directory import Members
from schemas.reading import Record
from schemas.requests import Threads
from schemas.topics import Topic

T = TypeVar("T")
REQUEST = "request"
NOTHING: frozenset[str] = frozenset()
SEVERITIES = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
"""The codes of the list severity, the mildest first."""
URGENT = frozenset({"HIGH", "CRITICAL"})
"""What is escalated where nobody acknowledges it."""


@dataclass(frozen=True)
class Event:
    """One revision of something that happened.

    Attributes:
        kind: incident, alert, …
        event_id: UUID, the same for all revisions and in every generation.
        digest: of what this revision says, the same in every generation.
        at_ms: since when it is known, by the log's clock; the same in every generation.
        code: type of the incident, kind of the alert.
        withdrawn: whether it takes back what was said; told to whoever was told.
        countries: of the place and of the route.
        routes: departure and destination, such as CHN>NZL.
        agencies: that reported it; none where that is not said.
        to: focal points to whom alone it is told; None: whoever subscribed.
    """

    kind: str
    event_id: str
    revision: int
    digest: str
    at_ms: int
    severity: str
    code: str
    withdrawn: bool
    substances: frozenset[str] = NOTHING
    classes: frozenset[str] = NOTHING
    countries: frozenset[str] = NOTHING
    routes: frozenset[str] = NOTHING
    agencies: frozenset[str] = NOTHING
    to: frozenset[str] | None = None

    def told_to(self, focal_point_ids: Iterable[str]) -> "Event":
        """The same, for these alone."""
        return replace(self, to=frozenset(focal_point_ids))


class AskThreads(Protocol):
    """Answers questions about requests for information."""

    def __call__(self, offset: int, question: Callable[[Threads], T]) -> T:
        """The answer, once the message at an offset was taken in.

        Raises:
            LogError: the topic cannot be read.
        """


@dataclass(frozen=True)
class Known:
    """What is known beside a record when its event is read.

    Attributes:
        members: the directory up to its end.
        threads: answers a question about all requests for information, the message at an offset among them.
    """

    members: Members
    threads: AskThreads


@dataclass(frozen=True)
class Kind:
    """A kind of what happens.

    Attributes:
        name: as subscriptions name it.
        schema: of the values of its topic.
        topic: where it is written, by the generation.
        read: (decoded value, its record, what is known beside it) → the event; None where nobody is told of it.
    """

    name: str
    schema: str
    topic: Callable[[int], Topic]
    read: Callable[[Mapping[str, Any], Record, Known], Event | None]
