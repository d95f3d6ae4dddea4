"""Threads of a generated world: between its agencies, about its incidents, some of them overdue."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from schemas.codec import frame
from schemas.directory import Members
from schemas.reading import Record
from schemas.requests import Kind, Message, Threads, may_see_thread
from schemas.topics import MESSAGES

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first message is appended; one follows each second."""


def around(
    seed: int, agencies: Sequence[str], names: Sequence[str], incidents: Sequence[str], frame_id: int = 1
) -> list[Record]:
    """Messages of two dozen threads.

    Args:
        seed: of all choices.
        agencies: whose focal points of the same id write.
        names: of parties beside them.
        incidents: ids of incidents that some threads are about.
        frame_id: the id of the schema.
    """
    chance, found = Random(seed), list[Message]()  # noqa: S311  # test data, not a secret
    for number in range(150):
        by = chance.choice(agencies)
        kind = Kind.REQUEST if number < 24 else chance.choice(list(Kind)[1:])
        thread = number if kind is Kind.REQUEST else chance.randrange(24)
        stated: dict[str, Any] = {
            "message_id": _uuid(seed, 1_000 + number),
            "thread_id": _uuid(seed, thread),
            "number": 1,
            "kind": kind,
            "focal_point_id": by,
            "agency_id": by,
            "party": chance.choice([f"agency:{by}", f"agency:{by}", *names]),
            "sent_at": BEGUN,
            "text": f"said {number}",
        }
        if kind in (Kind.REQUEST, Kind.FORWARD):
            everybody = [*(f"agency:{each}" for each in agencies if each != by), *names]
            stated["to"] = [{"name": name, "agency_id": None} for name in chance.sample(everybody, 2)]
        if kind is Kind.REQUEST:
            hours = timedelta(hours=chance.choice([1, 1_000_000]))
            about = chance.choice([None, *incidents])
            stated |= {"party": f"agency:{by}", "subject": f"subject {number}", "priority": "ROUTINE"}
            stated |= {"due_at": BEGUN + hours, "incident_id": about}
        if kind is Kind.AMENDED:
            stated["amendment"] = {"event_id": _uuid(seed, 5_000 + number), "revision": 2}
        found.append(Message.model_validate(stated))
    head = frame(frame_id)
    return [
        Record(MESSAGES.name, 0, n, _ms(n), each.thread_id.encode(), head + each.body(), ())
        for n, each in enumerate(found)
    ]


def seen_by(viewer: str, records: Sequence[Record], members: Members) -> list[Record]:
    """The messages of the threads that a viewer may see."""
    threads, now = Threads().fold(records).threads, datetime.now(UTC)
    seen = {id_ for id_, thread in threads.items() if may_see_thread(viewer, thread, members, now)}
    return [each for each in records if (each.key or b"").decode() in seen]


def ids(records: Sequence[Record]) -> list[str]:
    """Ids of all threads."""
    return sorted({(each.key or b"").decode() for each in records})


def _uuid(seed: int, number: int) -> str:
    return str(UUID(int=(seed % 1_000 << 64) + number))


def _ms(number: int) -> int:
    return round(BEGUN.timestamp() * 1000) + 1_000 * number
