"""The fit of how something grows, and the feeds that somebody sends to do harm."""

import pytest

from tests.benchmarks.growth.feeds import FEEDS, cut
from tests.benchmarks.growth.fitting import exponent
from tests.unit.match.worlds import decoded, value


@pytest.mark.parametrize("power", [0.5, 1.0, 1.05, 2.0])
def test_the_exponent_of_a_power_is_its_power(power: float) -> None:
    """Whatever its factor."""
    assert exponent({n: 3e-4 * n**power for n in (10_000, 100_000, 1_000_000)}) == pytest.approx(power)


def test_one_size_has_no_exponent() -> None:
    """Nothing grows."""
    with pytest.raises(ValueError, match="two sizes"):
        exponent({10_000: 1.0})


def test_each_feed_has_as_many_incidents_as_it_is_made_of() -> None:
    """Each under an id of its own; what is pulled again under ids that are new."""
    columns = decoded([value(number, shipment={"reference": f"RB{number:09}CN"}) for number in range(8)])
    assert columns is not None
    known = columns["incident_id"].to_list()
    for name, feed in FEEDS.items():
        batches = list(feed(cut([columns[:3], columns[3:]], 1, 6)))
        ids = [id_ for batch in batches for id_ in batch["incident_id"].to_list()]
        assert len(set(ids)) == len(ids) == 6
        assert (set(ids) <= set(known)) == (name != "pulled again")
    (one, _) = FEEDS["one reference in each"]([columns[:3], columns[3:]])
    assert one["shipment"].struct.field("reference").n_unique() == 1
