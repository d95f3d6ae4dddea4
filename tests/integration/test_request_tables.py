"""The tables of threads: a function of the messages, however they come; and shown to parties alone."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest

from projections import queries
from projections.digest import digests
from projections.members import write_members
from projections.migrate import drop, migrate
from projections.requests import forget_escalations
from projections.sink import ViewSink
from projections.viewing import viewing
from schemas.reading import Record
from schemas.requests import Kind, Message, Threads, may_see_thread
from schemas.topics import MESSAGES
from tests.unit.projections.worlds import decode
from tests.unit.requests.said import BEGUN, DIRECTORY, HOUR, PEOPLE, record, request, said, uuid

pytestmark = pytest.mark.stack

_ONE, _OTHER = 911, 912
_NAMES = ["agency:aus", "agency:fji", "focal-point:aus-duty", "focal-point:nobody", "group:labs", "agency:lab"]
_TABLES = ("thread", "thread_party", "thread_response", "message")
_VIEWERS = [*DIRECTORY.focal_points, "nobody"]


@pytest.fixture(scope="module")
def databases(running: Any) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """Connections of the writer and of the reader, with two empty generations."""
    writer_url, reader_url = running.settings.database_url, running.settings.reader_url
    with ExitStack() as stack:
        for generation in (_ONE, _OTHER):
            drop(writer_url, generation)
            migrate(writer_url, generation)
            stack.callback(drop, writer_url, generation)
        writer = stack.enter_context(psycopg.connect(writer_url, autocommit=True))
        for generation in (_ONE, _OTHER):
            write_members(writer, generation, DIRECTORY)
        yield writer, stack.enter_context(psycopg.connect(reader_url, autocommit=True))


def _world(seed: int, *, until: timedelta = 60 * HOUR) -> list[Record]:
    """Messages of a dozen threads, some of which may not be said, in the time before BEGUN and after it."""
    chance, found = Random(seed), list[Message]()  # noqa: S311  # test data, not a secret
    for number in range(80):
        by = chance.choice(sorted(PEOPLE))
        ids = {"thread_id": uuid(chance.randrange(1, 13)), "message_id": uuid(1_000 + chance.randrange(70))}
        kind = chance.choice([Kind.REQUEST, *Kind]) if number > 12 else Kind.REQUEST
        if kind is Kind.REQUEST:
            to = chance.sample(_NAMES, chance.choice([1, 1, 2]))
            ids["incident_id"] = uuid(chance.randrange(3))
            found.append(request(*to, hours=chance.choice([2, 30, 90]), priority="IMMEDIATE", **ids))
            continue
        to = [{"name": name} for name in chance.sample(_NAMES, 2)] if kind is Kind.FORWARD else []
        found.append(said(1, kind, by, chance.choice([f"agency:{PEOPLE[by]}", *_NAMES]), to=to, **ids))
    return [record(each, n, BEGUN + n * until / len(found)) for n, each in enumerate(found)]


def _empty(writer: psycopg.Connection, generation: int) -> None:
    writer.execute(f"TRUNCATE {', '.join(f'g{generation}.{name}' for name in _TABLES)}")


def _digests(writer: psycopg.Connection, generation: int) -> dict[str, str]:
    found = digests(writer, generation)
    return {name: found[name] for name in _TABLES}


@pytest.mark.parametrize("seed", range(4))
def test_threads_are_a_function_of_the_messages(
    databases: tuple[psycopg.Connection, psycopg.Connection], seed: int
) -> None:
    """In one batch, or in many, some of them twice: the tables have the same digests, and are the fold in Python."""
    writer, _ = databases
    records = _world(seed)
    for generation in (_ONE, _OTHER):
        _empty(writer, generation)
    ViewSink(writer, _ONE, decode).apply([], {}, records)
    sink, chance, at = ViewSink(writer, _OTHER, decode), Random(seed), 0  # noqa: S311  # cuts, not secrets
    while at < len(records):
        following = at + chance.randrange(1, 20)
        sink.apply([], {}, records[max(0, at - chance.randrange(5)) : following])
        at = following
    assert _digests(writer, _ONE) == _digests(writer, _OTHER)
    threads = Threads().fold(records).threads
    assert len(threads) > 8
    held = writer.execute(f"SELECT thread_id::text, state, messages, awaited FROM g{_ONE}.thread").fetchall()
    assert {id_: tuple(more) for id_, *more in held} == {
        id_: (thread.state.value, len(thread.posted), sorted(thread.awaited)) for id_, thread in threads.items()
    }


@pytest.mark.parametrize("seed", range(4))
def test_row_level_security_is_the_rule(databases: tuple[psycopg.Connection, psycopg.Connection], seed: int) -> None:
    """Each viewer gets the rows of the threads that it may see, and every answer of a world without the others."""
    writer, reader = databases
    now = datetime.now(UTC)
    records = _world(seed)
    _empty(writer, _ONE)
    ViewSink(writer, _ONE, decode).apply([], {}, records)
    threads = Threads().fold(records).threads
    hidden = 0
    for viewer in _VIEWERS:
        seen = {id_ for id_, thread in threads.items() if may_see_thread(viewer, thread, DIRECTORY, now)}
        hidden += len(threads) - len(seen)
        _empty(writer, _OTHER)
        theirs = [each for each in records if (each.key or b"").decode() in seen]
        ViewSink(writer, _OTHER, decode).apply([], {}, theirs)
        found = _everything(reader, _ONE, viewer, sorted(threads))
        assert {row["thread_id"] for row in found["list"]} == seen
        assert found == _everything(reader, _OTHER, viewer, sorted(threads))
    assert hidden
    assert not _everything(reader, _ONE, "all", [])["list"]


def _everything(reader: psycopg.Connection, generation: int, viewer: str, ids: list[str]) -> dict[str, Any]:
    now = BEGUN + 50 * HOUR
    with viewing(reader, generation, viewer):
        found: dict[str, Any] = {
            which: queries.list_requests(reader, generation, now=now, which=which)
            for which in ("mine", "asked", "open", "overdue")
        }
        found["list"] = queries.list_requests(reader, generation, now=now)
        found["one"] = [queries.request_document(reader, generation, id_, now=now) for id_ in ids]
        found["threads"] = [queries.thread_of(reader, generation, id_) is not None for id_ in ids]
        found["times"] = queries.response_times(reader, generation, now=now)
        found["rows"] = {
            name: reader.execute(f"SELECT t::text FROM g{generation}.{name} t ORDER BY 1").fetchall()  # type: ignore[arg-type]  # the names are ours
            for name in _TABLES
        }
    return found


def test_a_thread_tells_of_its_incident_to_whom_may_see_it(
    databases: tuple[psycopg.Connection, psycopg.Connection],
) -> None:
    """Without the incident neither its id nor the revision of an amendment is shown, nor found by it."""
    writer, reader = databases
    _empty(writer, _ONE)
    said_ = [request("agency:aus", incident_id=uuid(9)), said(2, Kind.AMENDED, "aus-officer")]
    ViewSink(writer, _ONE, decode).apply([], {}, [record(each, n, BEGUN + n * HOUR) for n, each in enumerate(said_)])
    with viewing(reader, _ONE, "nzl-officer"):
        document = queries.request_document(reader, _ONE, uuid(1), now=BEGUN)
        assert document is not None
        assert document["request"]["incident_id"] is None
        assert document["messages"][1]["amendment"] is None
        assert not queries.list_requests(reader, _ONE, now=BEGUN, incident_id=uuid(9))


def test_times_are_of_the_threads_that_are_seen(
    databases: tuple[psycopg.Connection, psycopg.Connection],
) -> None:
    """Median and ninth decile of the time to the first answer; what is late, declined, forwarded, overdue."""
    writer, reader = databases
    _empty(writer, _ONE)
    found = list[Record]()
    for number in range(1, 11):
        ids = {"thread_id": uuid(number)}
        asked = request("agency:aus", hours=5, message_id=uuid(100 + number), **ids)
        kind = Kind.ANSWER if number < 9 else [Kind.DECLINE, Kind.NOTE][number - 9]
        reply = said(2, kind, "aus-officer", message_id=uuid(200 + number), **ids)
        found += [record(asked, 2 * number, BEGUN), record(reply, 2 * number + 1, BEGUN + number * HOUR)]
    other = request(
        "agency:aus",
        "agency:fji",
        message_id=uuid(300),
        thread_id=uuid(30),
        agency_id="lab",
        focal_point_id="lab-officer",
        party="agency:lab",
    )
    found.append(record(other, 99, BEGUN))
    ViewSink(writer, _ONE, decode).apply([], {}, found)
    with viewing(reader, _ONE, "nzl-officer"):
        [row] = queries.response_times(reader, _ONE, now=BEGUN + 20 * HOUR)
    counts = {"asked": 10, "answered": 8, "declined": 1, "forwarded": 0, "late": 3, "overdue": 1}
    assert row == {"agency_id": "aus", **counts, "median_s": 4 * 3600, "p90_s": 8 * 3600}
    with viewing(reader, _ONE, "aus-officer"):
        rows = queries.response_times(reader, _ONE, now=BEGUN)
    assert [(row["agency_id"], row["asked"], row["median_s"]) for row in rows] == [
        ("aus", 11, 4 * 3600),
        ("fji", 1, None),
    ]


def test_what_was_answered_in_time_escalates_to_nobody_as_of_before(
    databases: tuple[psycopg.Connection, psycopg.Connection],
) -> None:
    """A coordinator who may not see a thread does not see it as it stood while it was open, either; not later on."""
    writer, reader = databases
    asked = [
        record(request("focal-point:aus-duty", hours=hours, message_id=uuid(10 + n), thread_id=uuid(n)), n, BEGUN)
        for n, hours in ((1, 2), (2, 2), (3, 1_000_000))
    ]
    answer = record(said(2, Kind.ANSWER, "aus-duty", "focal-point:aus-duty"), 4, BEGUN + HOUR)
    for generation in (_ONE, _OTHER):
        _empty(writer, generation)
    ViewSink(writer, _ONE, decode).apply([], {}, [*asked, answer])
    ViewSink(writer, _OTHER, decode).apply([], {}, asked)

    def seen(generation: int) -> list[str]:
        with viewing(reader, generation, "aus-chief"):
            return [row["thread_id"] for row in queries.list_requests(reader, generation, now=BEGUN)]

    assert (seen(_ONE), seen(_OTHER)) == ([uuid(2)], [uuid(2), uuid(1)])
    forget_escalations(writer, _ONE, _OTHER)
    assert seen(_OTHER) == [uuid(2)]
    left = writer.execute(f"SELECT thread_id::text FROM g{_OTHER}.thread WHERE escalates_to <> '{{}}'").fetchall()
    assert left == [(uuid(2),)]


def test_what_is_no_message_is_refused(databases: tuple[psycopg.Connection, psycopg.Connection]) -> None:
    """Nothing of the batch is stored; the projector puts such a record aside."""
    from schemas.errors import DecodeError  # noqa: PLC0415  # here alone

    writer, _ = databases
    _empty(writer, _ONE)
    bad = Record(MESSAGES.name, 0, 7, 0, None, b"\x00\x00\x00\x00\x01nonsense", ())
    with pytest.raises(DecodeError):
        ViewSink(writer, _ONE, decode).apply([], {}, [record(request("agency:aus"), 1, BEGUN), bad])
    assert writer.execute(f"SELECT count(*) FROM g{_ONE}.message").fetchone() == (0,)
