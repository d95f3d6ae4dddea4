"""What every sink of the projector promises. A test class inherits this and gives a fixture `ground`."""

from itertools import pairwise
from random import Random
from typing import Protocol

import pytest

from projections.projector import Sink
from schemas.errors import ProjectionError
from tests.unit.projections.worlds import World

TOPIC = "ionics.enriched.g901"


class Ground(Protocol):
    """Two sets of empty tables."""

    def open(self, tables: int = 0) -> Sink:
        """A writer of one of them."""

    def state(self, tables: int = 0) -> object:
        """What stands in them, positions included."""


class SinkContract:
    """The contract."""

    @pytest.mark.parametrize("seed", range(3))
    def test_order_and_batches_do_not_matter(self, ground: Ground, seed: int) -> None:
        """Any permutation of the events, cut anyhow, gives the same tables."""
        values, chance = World(seed).history(30), Random(seed)  # noqa: S311  # an order, not a secret
        count = len(values)
        ground.open().apply(values, {(TOPIC, 0): (0, count)})
        shuffled, other = chance.sample(values, count), ground.open(1)
        for first, last in pairwise([0, *sorted(chance.choices(range(count), k=6)), count]):
            other.apply(shuffled[first:last], {(TOPIC, 0): (first, last)})
        assert ground.state() == ground.state(1)

    def test_an_event_applied_twice_changes_nothing(self, ground: Ground) -> None:
        """In one batch or in two."""
        values = World(11).history(20)
        ground.open().apply(values, {(TOPIC, 0): (0, 2)})
        again = ground.open(1)
        again.apply(values, {(TOPIC, 0): (0, 1)})
        again.apply(values + values[::-1], {(TOPIC, 0): (1, 2)})
        assert ground.state() == ground.state(1)

    @pytest.mark.parametrize("old", [0, 4, 6])
    def test_another_position_stops_the_batch(self, ground: Ground, old: int) -> None:
        """A batch that does not begin where the tables stand is refused whole."""
        values, sink = World(27).history(10), ground.open()
        sink.apply(values[:5], {(TOPIC, 0): (0, 5)})
        before = ground.state()
        with pytest.raises(ProjectionError, match="begins at"):
            sink.apply(values[5:], {(TOPIC, 1): (0, 3), (TOPIC, 0): (old, 9)})
        assert before == ground.state()
        assert sink.positions() == {(TOPIC, 0): 5}

    def test_a_partition_never_seen_begins_at_zero(self, ground: Ground) -> None:
        """A first batch that begins later is refused; going back is."""
        sink = ground.open()
        with pytest.raises(ProjectionError, match="begins at 3"):
            sink.apply([], {(TOPIC, 0): (3, 5)})
        with pytest.raises(ProjectionError, match="cannot go back"):
            sink.apply([], {(TOPIC, 0): (3, 2)})
        assert sink.positions() == {}

    def test_of_two_writers_at_one_place_one_is_told(self, ground: Ground) -> None:
        """The other goes on."""
        values, first, second = World(28).history(4), ground.open(), ground.open()
        first.apply(values, {(TOPIC, 0): (0, 4)})
        with pytest.raises(ProjectionError, match="begins at 0"):
            second.apply(values, {(TOPIC, 0): (0, 4)})
        first.apply([], {(TOPIC, 0): (4, 6)})
        assert second.positions() == {(TOPIC, 0): 6}
