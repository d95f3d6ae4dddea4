"""Running seeds: what each gave, and the first that a guarantee does not survive."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.topics import DECISIONS, INCIDENTS
from tests.simulation.agencies import PARTITIONS_USED
from tests.simulation.ledger import check, check_views, committed
from tests.simulation.world import Parts, World


@dataclass
class Figures:
    """What one or several seeds gave.

    Attributes:
        broken: seed → what does not hold.
    """

    seeds: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    broken: dict[int, str] = field(default_factory=dict)

    def add(self, other: "Figures") -> None:
        """Take in those of other seeds."""
        self.seeds += other.seeds
        self.counts.update(other.counts)
        self.faults.update(other.faults)
        self.broken |= other.broken


def simulated(seed: int, parts: Parts | None = None) -> tuple[World, str | None]:
    """Run one seed; the world at its end, and what does not hold."""
    world = World(seed, parts or Parts(), check_views)
    try:
        world.run()
        check(world)
    except AssertionError as error:
        return world, f"{error}"
    return world, None


def figures(seeds: Iterable[int]) -> Figures:
    """Run seeds and count."""
    total = Figures()
    for seed in seeds:
        world, broken = simulated(seed)
        total.seeds += 1
        total.faults.update(world.faults.counts)
        total.counts["steps"] += world.scheduler.steps
        if broken is not None:
            total.broken[seed] = broken
            continue
        for name, topic in (("submissions decided", DECISIONS.name), ("incidents admitted", INCIDENTS.name)):
            total.counts[name] += sum(len(committed(world, topic, number)) for number in range(PARTITIONS_USED))
    return total


def first_found(parts: Parts, seeds: Iterable[int]) -> tuple[int, str] | None:
    """The first seed that a world does not survive, and what does not hold."""
    for seed in seeds:
        broken = simulated(seed, parts)[1]
        if broken is not None:
            return seed, broken
    return None
