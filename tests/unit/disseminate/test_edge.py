"""The edge to Faust: what is built on its inside fails loudly where the inside is another one."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from faust.transport.drivers import aiokafka as stock
from faust.types.tuples import TP

from schemas.errors import DecodeError, LogError, ProjectionError, SettingsError
from schemas.reading import Record
from stream_processors.disseminate.edge import driver, handling, hosting
from stream_processors.disseminate.edge.driver import CommittedConsumer, check_driver, check_isolation
from stream_processors.disseminate.edge.handling import Handler, Unhandled, handle


def test_faust_is_the_version_whose_inside_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the letter of what is overridden; another one is refused at the start."""
    check_driver()
    monkeypatch.setattr(faust, "__version__", "0.15.4")
    with pytest.raises(LogError, match=r"0\.15\.4"):
        check_driver()
    monkeypatch.undo()
    monkeypatch.setattr(driver, "fingerprints", lambda: dict.fromkeys(driver._INSIDE, "other"))
    with pytest.raises(LogError, match="another Consumer"):
        check_driver()


@pytest.mark.parametrize("client", ["read_uncommitted", None])
def test_a_consumer_that_reads_what_was_never_committed_is_refused(client: str | None) -> None:
    """Also one whose fetcher was made before it was told."""
    with pytest.raises(LogError, match="never committed"):
        check_isolation(SimpleNamespace(_isolation_level=client, _fetcher=SimpleNamespace(_isolation_level=1)))
    with pytest.raises(LogError, match="never committed"):
        check_isolation(
            SimpleNamespace(_isolation_level="read_committed", _fetcher=SimpleNamespace(_isolation_level=0))
        )
    check_isolation(SimpleNamespace(_isolation_level="read_committed", _fetcher=SimpleNamespace(_isolation_level=1)))


def test_commits_pass_the_holes_that_transactions_leave() -> None:
    """Offsets 2 and 5 are markers: with all records acknowledged, one commit is behind the last of them."""

    async def committed(kind: type[Any]) -> int | None:
        consumer: Any = kind.__new__(kind)
        tp = TP("topic", 0)
        consumer._committed_offset, consumer._acked = {tp: 0}, {tp: []}
        consumer._gap = {tp: faust.transport.consumer.IntervalTree()}
        consumer._acked_index = {tp: set()}
        read = 0
        for offset in (1, 3, 4, 6, 7):
            if offset - read > 1:
                await consumer._add_gap(tp, read + 1, offset)
            read = offset
            consumer._acked[tp].append(offset)
            consumer._acked_index[tp].add(offset)
        found: int | None = consumer._new_offset(tp)
        return found

    assert asyncio.run(committed(CommittedConsumer)) == 8
    assert asyncio.run(committed(stock.Consumer)) != 8  # what the change is for


class _Told:
    """An event of Faust, and what became of it."""

    def __init__(self, offset: int, acked: list[int] | None = None) -> None:
        headers = [("ionics-a", b"1"), ("ionics-a", b"2")]
        self.message = SimpleNamespace(
            topic="topic", partition=3, offset=offset, timestamp=1.5, key=b"k", value=b"v", headers=headers
        )
        self.acked, self._order = False, acked

    def ack(self) -> bool:
        self.acked = True
        if self._order is not None:
            self._order.append(self.message.offset)
        return True


def _handled(handler: Handler, parked: list[Record], fails: bool = False) -> _Told:
    async def park(record: Record, _: Exception) -> None:
        if fails:
            raise LogError("no answer")
        parked.append(record)

    event = _Told(7)
    asyncio.run(handle([event], handler, park))
    return event


def test_a_record_is_acknowledged_when_it_is_handled_or_put_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its headers, of one name more than once, too; whatever is wrong with it."""
    monkeypatch.setattr(handling, "_PAUSES_S", (0.0, 0.0))
    parked: list[Record] = []
    attempts = iter([ProjectionError("no answer"), None])

    async def good(records: Sequence[Record]) -> None:
        (record,) = records
        assert record.headers == (("ionics-a", b"1"), ("ionics-a", b"2"))
        assert (record.offset, record.timestamp_ms) == (7, 1500)
        if (failure := next(attempts)) is not None:
            raise failure

    assert (_handled(good, parked).acked, parked) == (True, [])

    async def poison(_: Sequence[Record]) -> None:
        raise DecodeError("not ours")

    async def surprise(_: Sequence[Record]) -> None:
        raise ZeroDivisionError

    for handler in (poison, surprise):
        assert _handled(handler, parked).acked
    assert [record.value for record in parked] == [b"v", b"v"]


def test_nothing_goes_past_what_could_neither_be_handled_nor_put_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not acknowledged; nor is one in which the handler was cancelled."""
    monkeypatch.setattr(handling, "_PAUSES_S", (0.0, 0.0))

    async def down(_: Sequence[Record]) -> None:
        raise ProjectionError("no answer")

    async def poison(_: Sequence[Record]) -> None:
        raise DecodeError("not ours")

    for handler in (down, poison):
        event, parked = None, list[Record]()
        with pytest.raises(Unhandled, match="topic/3/7"):
            event = _handled(handler, parked, fails=True)
        assert (event, parked) == (None, [])

    async def cancelled() -> bool:
        async def never(_: Sequence[Record]) -> None:
            await asyncio.Event().wait()

        async def park(_: Record, __: Exception) -> None:
            raise AssertionError

        event = _Told(7)
        task = asyncio.ensure_future(handle([event], never, park))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return event.acked

    assert asyncio.run(cancelled()) is False


def test_one_that_cannot_be_handled_takes_none_of_its_batch_along() -> None:
    """Those before and after it are handled; all are acknowledged in their order."""
    handled, parked, acked = list[int](), list[int](), list[int]()
    events = [_Told(offset, acked) for offset in range(5)]

    async def handler(records: Sequence[Record]) -> None:
        if any(record.offset == 2 for record in records):
            raise DecodeError("not ours")
        handled.extend(record.offset for record in records)

    async def park(record: Record, _: Exception) -> None:
        parked.append(record.offset)

    asyncio.run(handle(events, handler, park))
    assert (handled, parked, acked) == ([0, 1, 3, 4], [2], [0, 1, 2, 3, 4])


def test_a_batch_is_acknowledged_up_to_what_could_not_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest comes again when the worker begins anew."""
    monkeypatch.setattr(handling, "_PAUSES_S", (0.0,))
    acked, asked = list[int](), list[int]()
    events = [_Told(offset, acked) for offset in range(5)]

    async def down(records: Sequence[Record]) -> None:
        asked.append(len(records))
        if any(record.offset == 1 for record in records):
            raise DecodeError("not ours")
        if any(record.offset == 3 for record in records):
            raise ProjectionError("no answer")

    async def park(_: Record, __: Exception) -> None:
        pass

    with pytest.raises(Unhandled, match="topic/3/3"):
        asyncio.run(handle(events, down, park))
    assert acked == [0, 1, 2]
    assert asked == [5, 2, 1, 1, 3, 3, 1, 1]  # what does not answer is asked again before each is tried alone


def test_one_of_many_is_found_by_halves() -> None:
    """A record that cannot be handled costs its batch few attempts."""
    asked = list[int]()

    async def handler(records: Sequence[Record]) -> None:
        asked.append(len(records))
        if any(record.offset == 200 for record in records):
            raise DecodeError("not ours")

    async def park(_: Record, __: Exception) -> None:
        pass

    asyncio.run(handle([_Told(offset) for offset in range(256)], handler, park))
    assert len(asked) == 1 + 2 * 8


def test_credentials_are_those_of_librdkafka() -> None:
    """What is asked for and not known is refused, not left out."""
    assert hosting.credentials({"bootstrap.servers": "here:1"}) is None
    given = {"security.protocol": "SASL_PLAINTEXT", "sasl.username": "me", "sasl.password": "pw"}
    found = hosting.credentials(given | {"sasl.mechanism": "SCRAM-SHA-512"})
    assert (found.username, found.password, str(found.mechanism.value)) == ("me", "pw", "SCRAM-SHA-512")
    with pytest.raises(SettingsError, match="GSSAPI"):
        hosting.credentials(given | {"sasl.mechanism": "GSSAPI"})
