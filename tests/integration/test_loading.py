"""Loading empty tables gives what the projector gives, whatever comes; on a real PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import psycopg
import pytest

from projections import loading
from projections.digest import snapshot
from projections.filling import Positions
from projections.loading import Narrowed, load
from projections.migrate import drop, migrate
from projections.projector import EnrichedDecoder
from projections.sink import ViewSink
from schemas.batch import Batch
from schemas.codec import FRAME_BYTES, frame
from schemas.dictionary import read_dictionary
from schemas.reading import Record
from schemas.settings import Settings
from stream_processors.runtime.log import Partition
from tests.unit.projections.worlds import World

pytestmark = pytest.mark.stack

_LOADED, _APPLIED = 911, 912
_TOPIC = "ionics.enriched.g911"
_UNREADABLE = [b"", b"\x00\x00", b"\x00\x00\x00\xff\xff of no schema"]


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


def _given(monkeypatch: pytest.MonkeyPatch, values: list[bytes], cut: int) -> Positions:
    """Let the log hold these values; the positions after them."""
    records = [Record(_TOPIC, 0, offset, 0, b"key", value, ()) for offset, value in enumerate(values)]

    def read(*_: object) -> Iterator[Batch]:
        return (Batch.of(records[at : at + cut]) for at in range(0, len(records), cut))

    monkeypatch.setattr(loading, "read_between", read)
    return {Partition(_TOPIC, 0): len(values)}


def _indexes(connection: psycopg.Connection, generation: int) -> list[str]:
    found = connection.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = %s ORDER BY 1", [f"g{generation}"])
    return [text.replace(f"g{generation}.", "") for (text,) in found]


@pytest.mark.parametrize(("seed", "cut"), [(1, 1000), (2, 7), (3, 1)])
def test_loading_gives_what_applying_gives(
    connection: psycopg.Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch, seed: int, cut: int
) -> None:
    """The same rows, positions and indexes; what cannot be read is passed over by both."""
    values = _values(settings, seed)
    ends = _given(monkeypatch, [*_UNREADABLE, *values], cut)
    done: list[int] = []
    found = load(settings, (connection, _LOADED), ends, done.append)
    number = len(_UNREADABLE) + len(values)
    ViewSink(connection, _APPLIED, EnrichedDecoder(settings)).apply(values, {(_TOPIC, 0): (0, number)})
    assert snapshot(connection, _LOADED) == snapshot(connection, _APPLIED)
    assert _indexes(connection, _LOADED) == _indexes(connection, _APPLIED)
    assert found == (number, len(values))
    assert sum(done) == number


def test_only_the_events_that_count_are_loaded(
    connection: psycopg.Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an incident with several revisions only one may count; and values may be stored as something narrower."""
    values, decode = _values(settings, 4), EnrichedDecoder(settings)
    moments = sorted(decode(values)["admission_admitted_at"].to_list())
    moment = moments[len(moments) // 2]
    assert moments[0] < moment.astimezone(UTC) < datetime.now(UTC)
    narrowed = Narrowed(lambda rows: rows["admission_admitted_at"] < moment, ("admission_admitted_at",), decode)
    _, kept = load(settings, (connection, _LOADED), _given(monkeypatch, values, 10), lambda _: None, narrowed)
    counted = [value for value in values if decode([value])["admission_admitted_at"][0] < moment]
    ViewSink(connection, _APPLIED, decode).apply(counted, {(_TOPIC, 0): (0, len(values))})
    assert snapshot(connection, _LOADED) == snapshot(connection, _APPLIED)
    assert 0 < kept == len(counted) < len(values)
