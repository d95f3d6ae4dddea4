"""The fold that peers are compared by: every way of this project to fold gives the reference, also after a crash."""

import io
import json
from pathlib import Path

import fastavro
import pytest

from schemas.codec import avro_schema, codec, frame
from schemas.columnar import ColumnarDecoder
from schemas.reading import Record
from stream_processors.runtime import MemoryCluster, MemoryLog, Output, Worker
from tests.benchmarks.peers import table
from tests.benchmarks.peers.columns import aggregate, first_seen, lines
from tests.benchmarks.peers.fold import Table, fold, micrograms, projection
from tests.benchmarks.peers.fold_stage import FoldStage
from tests.benchmarks.peers.generating import SCHEMA_ID, incidents
from tests.benchmarks.peers.packing import Packing

SENT = [incident for incident, _ in incidents(400, seed=3)]
REFERENCE = fold(SENT)
KEYS = [incident["incident_id"].encode() for incident in SENT]
VALUES = [frame(SCHEMA_ID) + codec("incident").encode(incident) for incident in SENT]


def canonical(rows: Table, place: Path) -> list[str]:
    """A table as it is compared."""
    table.write(place, rows)
    return table.read(place)


def of_columns(rows: list[tuple[object, ...]], place: Path) -> list[str]:
    """The same for rows of columns."""
    table.write_rows(place, rows)
    return table.read(place)


def test_columns_give_the_reference(tmp_path: Path) -> None:
    """Re-submissions are in the input, and are dropped."""
    fresh, packing = first_seen(KEYS, set()), Packing()
    decoded = ColumnarDecoder(avro_schema("incident")).decode(SCHEMA_ID, [VALUES[index] for index in fresh.values()])
    assert len(fresh) < len(KEYS)
    assert canonical(REFERENCE, tmp_path / "a") == of_columns(
        lines(packing.unpacked(aggregate(packing, decoded.columns))), tmp_path / "b"
    )


def test_a_worker_that_takes_over_goes_on_where_the_other_was(tmp_path: Path) -> None:
    """The second knows of the first only what is committed, and gives the reference."""
    cluster = MemoryCluster()
    for key, value in zip(KEYS, VALUES, strict=True):
        cluster.append(Output("incidents", key[0] % 2, key, value))
    for steps in (3, 50):
        stage = FoldStage("incidents", "state", avro_schema("incident"))
        worker = Worker(MemoryLog(cluster, "fold", "incidents", 2), stage, batch=60)
        handled = [worker.step(0.0) for _ in range(steps)]
    assert sum(handled) == len(SENT) - 3 * 60
    assert canonical(REFERENCE, tmp_path / "a") == of_columns(lines(stage.table()), tmp_path / "b")


def test_a_stage_changes_nothing_before_its_batch_is_committed() -> None:
    """Processed again, a batch gives the same records."""
    stage = FoldStage("incidents", "state", avro_schema("incident"))
    batch = [Record("incidents", 0, at, 0, key, VALUES[at], ()) for at, key in enumerate(KEYS)]
    ids = [[out.value for out in stage.process(batch).outputs if out.key == b"ids"] for _ in range(2)]
    assert ids[0] == ids[1] != []


def test_a_projection_reads_the_same_fold() -> None:
    """Peers that decode only what they need lose nothing."""
    written = fastavro.parse_schema(json.loads(json.dumps(avro_schema("incident"))))
    wanted = fastavro.parse_schema(json.loads(json.dumps(projection(avro_schema("incident")))))
    assert fold(fastavro.schemaless_reader(io.BytesIO(value[5:]), written, wanted) for value in VALUES) == REFERENCE


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        ("1.2", "kg", 1_200_000_000),
        ("0.001", "mg", 1),
        ("several", "g", None),
        (None, "g", None),
        ("3", "tablet", None),
    ],
)
def test_masses_are_whole_micrograms(amount: str | None, unit: str, expected: int | None) -> None:
    """So sums do not depend on their order."""
    assert expected == micrograms(amount, unit)


def test_a_table_that_differs_is_told_from_an_equal_one(tmp_path: Path) -> None:
    """In words, with a row."""
    key = next(iter(REFERENCE))
    spoilt = {**REFERENCE, key: [9, 9, 9]}
    expected, found = canonical(REFERENCE, tmp_path / "a"), canonical(spoilt, tmp_path / "b")
    assert table.difference(expected, expected) is None
    assert "1 rows missing, 1 surplus" in (table.difference(expected, found) or "")
