"""Messages of invented people, and a directory of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from schemas.codec import frame
from schemas.directory import SEES_ALL, Agency, Group, Members
from schemas.reading import Record
from schemas.requests import Kind, Message, Thread, Threads
from schemas.topics import MESSAGES
from tests.unit.projections.people import members, person

BEGUN = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASKER, OWNER, OTHER, LAB = "nzl", "aus", "fji", "lab"
PEOPLE = {
    "nzl-officer": ASKER,
    "nzl-chief": ASKER,
    "aus-officer": OWNER,
    "aus-duty": OWNER,
    "aus-chief": OWNER,
    "fji-officer": OTHER,
    "lab-officer": LAB,
    "onlooker": "usa",
}
"""Person → agency."""
DIRECTORY: Members = members(
    [Agency(id_, id_, "CUSTOMS", None) for id_ in (ASKER, OWNER, OTHER, LAB, "usa")],
    [
        *(
            person(id_, agency, "read", "coordinate" if id_.endswith("chief") else "publish")
            for id_, agency in PEOPLE.items()
        ),
        person("all", "usa", "read", "publish", SEES_ALL),
        person("gone", OWNER, "publish", suspended=True),
    ],
    [Group("labs", "Laboratories", frozenset({LAB, OTHER}))],
)


def uuid(number: int) -> str:
    """An id."""
    return str(UUID(int=number))


THREAD = uuid(1)


def said(number: int, kind: Kind, by: str, party: str | None = None, **fields: Any) -> Message:
    """A message of somebody, in the name of its agency unless another is given; with what its kind needs."""
    agency = PEOPLE[by]
    stated: dict[str, Any] = {
        "message_id": uuid(1000 + number),
        "thread_id": THREAD,
        "number": number,
        "kind": kind,
        "focal_point_id": by,
        "agency_id": agency,
        "party": party or f"agency:{agency}",
        "sent_at": BEGUN,
    }
    if kind in (Kind.REQUEST, Kind.ANSWER, Kind.DECLINE, Kind.NOTE):
        stated["text"] = f"{kind} {number}"
    if kind is Kind.AMENDED:
        stated["amendment"] = {"event_id": uuid(2000 + number), "revision": 2}
    return Message.model_validate(stated | fields)


def request(*to: str, hours: float = 10, priority: str = "URGENT", **fields: Any) -> Message:
    """A request of nzl-officer, due so many hours after the beginning; of aus-… focal points the agency is known."""
    addressees = [{"name": name, "agency_id": OWNER if name.startswith("focal-point:aus") else None} for name in to]
    stated = {"subject": "Couriers", "priority": priority, "due_at": BEGUN + hours * HOUR, "to": addressees}
    return said(1, Kind.REQUEST, "nzl-officer", **(stated | fields))


def record(message: Message, offset: int, at: datetime) -> Record:
    """The record of a message that was appended then."""
    value = frame(1) + message.body()
    return Record(MESSAGES.name, 0, offset, round(at.timestamp() * 1000), message.thread_id.encode(), value, ())


def threads(*messages: Message, every: timedelta = HOUR) -> Threads:
    """All threads of some messages, one appended at each such time from the beginning on."""
    return Threads().fold(record(each, n, BEGUN + n * every) for n, each in enumerate(messages))


def thread(*messages: Message, every: timedelta = HOUR) -> Thread:
    """The one thread of them."""
    return threads(*messages, every=every).threads[THREAD]
