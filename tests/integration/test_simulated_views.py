"""The simulation with the projector's real sink on PostgreSQL: after all faults the tables are those of a rebuild."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import polars as pl
import psycopg
import pytest

from projections.digest import snapshot
from projections.migrate import drop, migrate
from projections.sink import ViewSink
from schemas.columnar import ColumnarDecoder
from schemas.errors import ProjectionError
from schemas.reading import Record
from tests.simulation.agencies import PARTITIONS_USED
from tests.simulation.ledger import ENRICHED, check_logs, committed
from tests.simulation.process import Process
from tests.simulation.tables import Place, Tables
from tests.simulation.world import Parts, World
from tests.unit.stream_processors.world import DICTIONARY

pytestmark = pytest.mark.stack

_LIVE, _REBUILT = 911, 912
_ENRICHED_ID = DICTIONARY.id_of("enriched")
_DECODER = ColumnarDecoder(DICTIONARY.schemas[_ENRICHED_ID])


def _decode(values: list[bytes]) -> pl.DataFrame:
    return _DECODER.decode(_ENRICHED_ID, values).columns


class _PostgresSink:
    """The real sink, with a connection of its own that may be lost before or after a commit."""

    def __init__(
        self, connect: Callable[[], psycopg.Connection], _t: Tables, _l: set[Place], process: Process, _: object
    ) -> None:
        self._process, self._connection = process, connect()
        self._sink = ViewSink(self._connection, _LIVE, _decode)

    def positions(self) -> dict[Place, int]:
        """See `Sink.positions`."""
        self._process.call("positions of the views")
        return self._sink.positions()

    def apply(
        self, values: Sequence[bytes], advance: Mapping[Place, tuple[int, int]], others: Sequence[Record] = ()
    ) -> None:
        """See `Sink.apply`."""
        self._process.call("begin a batch of the views")
        if self._process.faults.happens("database refuses"):
            self._connection.close()
        self._sink.apply(values, advance, others)
        if self._process.faults.happens("answer lost"):
            self._connection.close()
            raise ProjectionError("the connection was lost after the commit")


@pytest.mark.parametrize("seed", range(4))
def test_the_views_after_all_faults_are_those_of_a_rebuild(writer_url: str, seed: int) -> None:
    """Digest by digest and position by position, however projectors died, stood still and met each other."""
    opened: list[psycopg.Connection] = []

    def connect() -> psycopg.Connection:
        opened.append(psycopg.connect(writer_url, autocommit=True))
        return opened[-1]

    try:
        for generation in (_LIVE, _REBUILT):
            drop(writer_url, generation)
            migrate(writer_url, generation)
        world = World(seed, Parts(sink=partial(_PostgresSink, connect)))
        world.run()
        check_logs(world)
        records = [record for n in range(PARTITIONS_USED) for record in committed(world, ENRICHED, n)]
        ends = {(record.topic, record.partition): record.offset + 1 for record in records}
        rebuilt = ViewSink(connect(), _REBUILT, _decode)
        rebuilt.apply([record.value or b"" for record in records], {where: (0, end) for where, end in ends.items()})
        assert snapshot(connect(), _LIVE) == snapshot(connect(), _REBUILT)
        assert len(records) > 0
    finally:
        for connection in opened:
            connection.close()
        for generation in (_LIVE, _REBUILT):
            drop(writer_url, generation)
