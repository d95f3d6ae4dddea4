"""What is no fact is put aside whole, and a worker that starts anew passes over it."""

import pytest

from schemas.codec import frame
from schemas.topics import DEAD_LETTERS, JUDGEMENTS
from stream_processors.runtime import MemoryCluster, Output
from tests.unit.match_cases.facts import (
    CASES,
    JUDGEMENT_FRAME,
    LINKS,
    MATCH_FRAME,
    folded,
    judged,
    link,
    worker,
    written,
)
from tests.unit.stream_processors.world import drain, values

_NONE_OF_THREE = MATCH_FRAME + b"\x00\x00\x00"
_SWAPPED = link(0, 2).value or b""
_SWAPPED = _SWAPPED.replace(_SWAPPED[8:44], b"f" * 36)


@pytest.mark.parametrize(
    ("topic", "value"),
    [
        (LINKS, None),
        (LINKS, b"x"),
        (LINKS, frame(9) + b"x"),
        (LINKS, MATCH_FRAME + b"\xff" * 9),
        (LINKS, _NONE_OF_THREE),
        (LINKS, _SWAPPED),
        (LINKS, judged(0, 2, "SAME").value),
        (JUDGEMENTS.name, None),
        (JUDGEMENTS.name, JUDGEMENT_FRAME + b"\xff" * 9),
        (JUDGEMENTS.name, link(0, 2).value),
        (JUDGEMENTS.name, judged(0, 2, "PERHAPS").value),
        (JUDGEMENTS.name, judged(0, 2, "SAME", 0).value),
        (JUDGEMENTS.name, judged(0, 2, "SAME", 1, " ").value),
    ],
)
def test_what_is_no_fact_is_put_aside_whole(topic: str, value: bytes | None) -> None:
    """The facts around it are taken in; a worker that starts anew goes on from there."""
    cluster = MemoryCluster()
    for fact in (link(0, 2), Output(topic, 0, b"key", value), link(2, 4)):
        cluster.append(fact)
    drain(worker(cluster))
    [(_, key, letter, headers)] = values(cluster, DEAD_LETTERS.name)
    assert (b"key", value or b"", b"cases") == (key, letter, dict(headers)["ionics-dl-stage"])
    cluster.append(link(4, 6))
    drain(worker(cluster))
    [members] = folded(written(cluster)).values()
    assert len(members) == 4


@pytest.mark.parametrize("poison", [None, b"x", frame(9) + b"x", (judged(0, 2, "SAME").value or b""), MATCH_FRAME])
def test_a_fresh_worker_gets_over_what_no_stage_wrote(poison: bytes | None) -> None:
    """Bytes in its own output: versions go on behind them, and positions of the last event hold."""
    cluster = MemoryCluster()
    cluster.append(link(0, 2))
    drain(worker(cluster))
    cluster.append(Output(CASES, 0, b"key", poison))
    cluster.positions.clear()
    cluster.append(link(2, 4))
    drain(worker(cluster))
    found = [record for record in cluster.records if record.topic == CASES]
    last = cluster.records[found[0]].pop(1)
    assert last.value == poison
    assert [(each.version, len(each.members)) for each in written(cluster)] == [(1, 2), (2, 3)]
