"""What a record costs the stage of the cases: a case that grows, records that touch it, restoring."""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from schemas.known_schemas import KnownSchemas
from schemas.reading import Record
from stream_processors.match.cases import Cases
from stream_processors.runtime import MemoryCluster, Output, Partition
from tests.unit.match_cases.facts import LINKS, key, link, moved, worker
from tests.unit.stream_processors.world import DICTIONARY

_SEED = 1
_MEMBERS = 5_000
_LINKS_EACH = 4
_BATCH = 100
_ROUNDS = 9
_PAIRS = 100_000


def measure_cases() -> Iterator[str]:
    """Lines of figures. No log is involved: what the stage itself takes, outputs encoded."""
    yield f"cases, in memory, processor time, seed {_SEED}; min/median/max of {_ROUNDS} where there are three"
    stage, offset = Cases(KnownSchemas(lambda: DICTIONARY), 1), 0

    def took(facts: Sequence[Output]) -> tuple[float, int]:
        nonlocal offset
        records = [_record(fact, offset + n) for n, fact in enumerate(facts)]
        offset += len(records)
        start, size = time.process_time(), 0
        for begin in range(0, len(records), _BATCH):
            done: Any = stage.process(records[begin : begin + _BATCH])
            stage.apply(done.delta)
            size += sum(len(out.value or b"") for out in done.outputs)
        return time.process_time() - start, size

    facts = _one_case()
    seconds, size = took(facts)
    written = f"{seconds:.1f} s, {size / 1e6:,.0f} MB written"
    yield f"  one case grows to {_MEMBERS:,} members by {len(facts):,} links: {written}"
    drawn = random.Random(_SEED)  # noqa: S311  # a load, not a secret
    kinds: dict[str, Callable[[int], Output]] = {
        "a further member": lambda n: link(drawn.randrange(_MEMBERS), _MEMBERS + n),
        "a further link between members": lambda _: link(*sorted(drawn.sample(range(_MEMBERS), 2))),
        "a member is amended and leaves": lambda n: moved(_MEMBERS // 2 + n, 2),
        "a key that holds all links is closed or opened": lambda n: key(7, closed=n % 2 == 0),
    }
    for name, make in kinds.items():
        yield f"  {name}: {_spread([took([make(n)])[0] for n in range(_ROUNDS)])}"
    stage, offset = Cases(KnownSchemas(lambda: DICTIONARY), 1), 0
    facts = [link(2 * n, 2 * n + 1) for n in range(_PAIRS)]
    seconds, size = took(facts)
    yield f"  {_PAIRS:,} cases of two: {seconds:.1f} s, {size / 1e6:,.0f} MB written"
    cluster = MemoryCluster()
    for fact in facts:
        cluster.append(fact)
    running = worker(cluster)
    start = time.process_time()
    cluster.positions["ionics-cases-g1", Partition(LINKS, 0)] = len(facts)
    running.step(0)
    yield f"  restoring them: {time.process_time() - start:.1f} s"


def _one_case() -> list[Output]:
    """Each incident is linked with the one before it and with some that came earlier."""
    drawn = random.Random(_SEED)  # noqa: S311  # a load, not a secret
    return [
        link(other, number)
        for number in range(1, _MEMBERS)
        for other in sorted({number - 1, *(drawn.randrange(number) for _ in range(_LINKS_EACH - 1))})
    ]


def _record(fact: Output, offset: int) -> Record:
    return Record(fact.topic, fact.partition, offset, 1_700_000_000_000, fact.key, fact.value, ())


def _spread(seconds: Sequence[float]) -> str:
    low, middle, high = (1000 * each for each in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{low:.1f}/{middle:.1f}/{high:.1f} ms"
