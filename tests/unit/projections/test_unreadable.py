"""Bytes in the enriched topic that no enrichment wrote: put aside by the projector, left out by whoever reads later."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from projections import projector
from projections.matching import RecordReader, arrivals
from projections.projector import EnrichedDecoder, Projection, Projector
from schemas import known_schemas
from schemas.codec import avro_schema, enriched_schema, frame
from schemas.dictionary import SUBJECTS, SchemaDictionary
from schemas.errors import ContractError
from schemas.reading import Record
from schemas.settings import Settings
from schemas.topics import JUDGEMENTS, enriched
from tests.unit.projections.matches import Matches
from tests.unit.projections.worlds import SCHEMA_ID, World, encode

_TOPIC = enriched(1).name
_POISON = [b"", b"\x00\xff\xff\xff\xfex", frame(SCHEMA_ID) + b"\xff" * 9, b"not framed at all"]


@pytest.fixture(autouse=True)
def _dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    known = SchemaDictionary()
    known.schemas[SCHEMA_ID], known.subjects[SCHEMA_ID] = enriched_schema(), SUBJECTS["enriched"]
    known.schemas[9], known.subjects[9] = avro_schema("judgement"), SUBJECTS["judgement"]
    monkeypatch.setattr(known_schemas, "read_dictionary", lambda _: known)


class _Sink:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.applied: list[tuple[list[bytes], object, list[Record]]] = []

    def positions(self) -> dict[tuple[str, int], int]:
        """None yet."""
        return {}

    def apply(
        self,
        values: Sequence[bytes],
        advance: Mapping[tuple[str, int], tuple[int, int]],
        others: Sequence[Record] = (),
    ) -> None:
        """Decode first, as the real one does."""
        EnrichedDecoder(Settings(Path()))(list(values))
        arrivals(others, RecordReader.of(Settings(Path())))
        self.applied.append((list(values), advance, list(others)))


class _Source:
    """Gives one batch."""

    def __init__(self, batch: list[Record]) -> None:
        self._batch = batch

    def consume(self, limit: int, wait_s: float) -> list[Record]:
        """See `Source.consume`."""
        del limit, wait_s
        return self._batch

    def close(self) -> None:
        """Nothing is held."""


def test_the_bad_are_named_and_the_good_are_not() -> None:
    """By their places in the batch."""
    good = [encode(World(1).record(n)) for n in range(2)]
    decoder = EnrichedDecoder(Settings(Path()))
    with pytest.raises(ContractError):
        decoder([*good, *_POISON])
    assert sorted(decoder.unreadable([good[0], *_POISON, good[1]])) == [1, 2, 3, 4]


def test_the_projector_puts_aside_what_it_cannot_read_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each bad record becomes a dead letter; the good ones are stored, and the position moves behind all of them."""
    letters: list[tuple[str, int]] = []
    monkeypatch.setattr(
        projector, "put_aside", lambda _settings, stage, record, _error: letters.append((stage, record.offset))
    )
    good = encode(World(1).record(1))
    batch = [Record(_TOPIC, 0, n, 0, b"key", value, ()) for n, value in enumerate([*_POISON, good, b"x"])]
    said = Matches()
    said.judgement(1, 2, "SAME")
    said.judgement(1, 2, "SAME", left="no id")
    said.records.append(replace(said.records[0], offset=2, value=frame(SCHEMA_ID) + (said.records[0].value or b"")[5:]))
    said.records.append(replace(said.records[0], offset=3, value=None))
    said.records.append(replace(said.records[0], offset=4, value=(said.records[0].value or b"")[:-1]))
    sink, stop = _Sink(), threading.Event()
    projector_ = Projector(Settings(Path()), 100)
    source, readable = _Source(batch + said.records), projector_.readable
    Projection(enriched(1), sink, lambda _: source, 100, lambda _: stop.set(), readable, [JUDGEMENTS]).run(stop)
    assert letters == [("project", n) for n in (0, 1, 2, 3, 5, 1, 2, 3, 4)]
    assert sink.applied == [([good], {(_TOPIC, 0): (0, 6), (JUDGEMENTS.name, 0): (0, 5)}, said.records[:1])]
