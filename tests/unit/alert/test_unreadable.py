"""What is no fact is put aside whole, and a worker that starts anew passes over it."""

import pytest

from schemas.codec import frame
from schemas.topics import DEAD_LETTERS, SPECIAL_ALERTS, WATCHES
from stream_processors.runtime import MemoryCluster, Output
from tests.unit.alert.expected import folded
from tests.unit.alert.world import ALERTS, ENRICHED, events, output, report, special, watch, worker
from tests.unit.stream_processors.world import DICTIONARY, drain, values

_NAMELESS = {"items": [{"substance_text": "blue dust", "amount_text": "3", "unit_text": "g"}]}
_ENRICHED_FRAME = frame(DICTIONARY.id_of("enriched"))
_WATCH_FRAME = frame(DICTIONARY.id_of("watch"))


@pytest.mark.parametrize(
    ("topic", "value"),
    [
        (ENRICHED, None),
        (ENRICHED, b"x"),
        (ENRICHED, frame(9) + b"x"),
        (ENRICHED, _ENRICHED_FRAME + b"\xff" * 9),
        (ENRICHED, output(watch(1, "PLACE", "NZL")).value),
        (WATCHES.name, None),
        (WATCHES.name, _WATCH_FRAME + b"\xff" * 9),
        (WATCHES.name, output(special(1)).value),
        (SPECIAL_ALERTS.name, output(watch(1, "PLACE", "NZL")).value),
    ],
)
def test_what_is_no_fact_is_put_aside_whole(topic: str, value: bytes | None) -> None:
    """The facts around it are taken in; a worker that starts anew goes on from there."""
    cluster = MemoryCluster()
    for record in (output(report(1, **_NAMELESS)), Output(topic, 0, b"key", value), output(report(2, **_NAMELESS))):
        cluster.append(record)
    drain(worker(cluster))
    [(_, key, letter, headers)] = values(cluster, DEAD_LETTERS.name)
    assert (b"key", value or b"", b"alert") == (key, letter, dict(headers)["ionics-dl-stage"])
    cluster.append(output(special(3)))
    drain(worker(cluster))
    assert sorted(each["kind"] for each in folded(events(cluster)).values()) == ["SPECIAL", "UNKNOWN_NAME"]


@pytest.mark.parametrize("poison", [None, b"x", frame(9) + b"x", _ENRICHED_FRAME])
def test_a_fresh_worker_gets_over_what_no_stage_wrote(poison: bytes | None) -> None:
    """Bytes in its own output: revisions go on behind them, and positions of the last event hold."""
    cluster = MemoryCluster()
    cluster.append(output(report(1, **_NAMELESS)))
    drain(worker(cluster))
    cluster.append(Output(ALERTS, 0, b"key", poison))
    cluster.positions.clear()
    cluster.append(output(report(2, **_NAMELESS)))
    drain(worker(cluster))
    where = next(each for each in cluster.records if each.topic == ALERTS)
    last = cluster.records[where].pop(1)
    assert last.value == poison
    assert [each["revision"] for each in events(cluster)] == [1, 2]
