"""Loading empty tables gives what the projector gives, whatever comes; on a real PostgreSQL."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import psycopg
import pytest

from projections import filling, loading
from projections.digest import snapshot
from projections.filling import Positions
from projections.loading import Narrowed, load
from projections.matching import read_current
from projections.migrate import drop, migrate
from projections.projector import EnrichedDecoder
from projections.sink import ViewSink
from schemas.batch import Batch
from schemas.codec import FRAME_BYTES, frame
from schemas.dictionary import read_dictionary
from schemas.policies import policy_class
from schemas.reading import Record
from schemas.settings import Settings
from schemas.topics import cases
from stream_processors.runtime.log import Partition
from tests.unit.projections.matches import Matches, history
from tests.unit.projections.worlds import World

pytestmark = pytest.mark.stack

_LOADED, _APPLIED = 911, 912
_TOPIC = "ionics.enriched.g911"
_UNREADABLE = [b"", b"\x00\x00", b"\x00\x00\x00\xff\xff of no schema"]
_MATCH_KINDS = ("match_event", "judgement", "case_event")


@pytest.fixture
def connection(writer_url: str) -> Iterator[psycopg.Connection]:
    """A writer's connection, and the empty tables of two generations."""
    for generation in (_LOADED, _APPLIED):
        drop(writer_url, generation)
        migrate(writer_url, generation)
    with psycopg.connect(writer_url, autocommit=True) as connection:
        yield connection
    for generation in (_LOADED, _APPLIED):
        drop(writer_url, generation)


def _values(settings: Settings, seed: int) -> list[bytes]:
    """Revisions in any order, some of them twice."""
    head = frame(max(read_dictionary(settings).ids_of("enriched")))
    values = [head + value[FRAME_BYTES:] for value in World(seed).history(60)]
    chance = Random(seed)  # noqa: S311  # an order, not a secret
    return chance.sample([*values, *values[:5]], len(values) + 5)


def _matches(settings: Settings, seed: int) -> list[Record]:
    """Links, keys, judgements and cases over the same incidents, of two policies; one that cannot be read."""
    dictionary = read_dictionary(settings)
    heads = {kind: frame(max(dictionary.ids_of(kind))) for kind in _MATCH_KINDS}
    found = Matches(heads, generation=_LOADED)
    records = history(seed, 60, (0, 0, policy_class("agency-1", ("group:lab",))), found)
    return [*records, replace(records[-1], offset=records[-1].offset + 1, value=b"\x00")]


def _without_reasons(record: Record) -> dict[str, Any]:
    """A link as somebody sees it who is told no reasons."""
    content = read_current(record)
    return content | {"link": content["link"] | {"reasons": []}} if content.get("link") else content


def _given(monkeypatch: pytest.MonkeyPatch, values: list[bytes], cut: int, others: Sequence[Record] = ()) -> Positions:
    """Let the log hold these values and records; the positions after them."""
    held = [Record(_TOPIC, 0, offset, 0, b"key", value, ()) for offset, value in enumerate(values)]
    ends = {Partition(each.topic, each.partition): each.offset + 1 for each in (*held, *others)}

    def read(_: Settings, start: Positions, wanted: Positions, *__: object) -> Iterator[Batch]:
        assert not start
        records = [each for each in (*held, *others) if Partition(each.topic, each.partition) in wanted]
        return (Batch.of(records[at : at + cut]) for at in range(0, len(records), cut))

    monkeypatch.setattr(loading, "read_between", read)
    monkeypatch.setattr(filling, "read_between", read)
    return ends


def _indexes(connection: psycopg.Connection, generation: int) -> list[str]:
    found = connection.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = %s ORDER BY 1", [f"g{generation}"])
    return [text.replace(f"g{generation}.", "") for (text,) in found]


@pytest.mark.parametrize(("seed", "cut"), [(1, 1000), (2, 7), (3, 1)])
def test_loading_gives_what_applying_gives(
    connection: psycopg.Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch, seed: int, cut: int
) -> None:
    """The same rows, positions and indexes; what cannot be read is passed over by both."""
    values, others = _values(settings, seed), _matches(settings, seed)
    ends = _given(monkeypatch, [*_UNREADABLE, *values], cut, others)
    done: list[int] = []
    found = load(settings, (connection, _LOADED), ends, done.append)
    advance = {(where.topic, where.number): (0, end) for where, end in ends.items()}
    ViewSink(connection, _APPLIED, EnrichedDecoder(settings)).apply(values, advance, others[:-1])
    assert snapshot(connection, _LOADED) == snapshot(connection, _APPLIED)
    assert _indexes(connection, _LOADED) == _indexes(connection, _APPLIED)
    number = len(_UNREADABLE) + len(values) + len(others)
    assert found == (number, len(values))
    assert sum(done) == number
    fewer, all_ = connection.execute(f"SELECT incidents, reported FROM g{_LOADED}.milestone").fetchone() or (0, 0)
    assert 0 < fewer < all_  # a seizure that several report counts once


def test_only_the_events_that_count_are_loaded(
    connection: psycopg.Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an incident with several revisions only one may count; and values may be stored as something narrower."""
    values, decode = _values(settings, 4), EnrichedDecoder(settings)
    moments = sorted(decode(values)["admission_admitted_at"].to_list())
    moment = moments[len(moments) // 2]
    assert moments[0] < moment.astimezone(UTC) < datetime.now(UTC)
    others = _matches(settings, 4)[:-1]
    half = max(each.offset for each in others if each.topic == cases(_LOADED).name) // 2

    def early(record: Record) -> bool:
        return record.topic != cases(_LOADED).name or record.offset < half

    admitted = "admission_admitted_at"
    narrowed = Narrowed(lambda rows: rows[admitted] < moment, (admitted,), decode, early, _without_reasons)
    ends = _given(monkeypatch, values, 10, others)
    _, kept = load(settings, (connection, _LOADED), ends, lambda _: None, narrowed)
    counted = [value for value in values if decode([value])[admitted][0] < moment]
    advance = {(where.topic, where.number): (0, end) for where, end in ends.items()}
    applied = ViewSink(connection, _APPLIED, decode, _without_reasons)
    applied.apply(counted, advance, list(filter(early, others)))
    assert snapshot(connection, _LOADED) == snapshot(connection, _APPLIED)
    assert 0 < kept == len(counted) < len(values)
