"""What the sums of weights mean, learned from pairs whose truth is known."""

import numpy as np
import pytest

from stream_processors.match.model import Calibration
from tests.accuracy.calibrating import fitted


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.5, 2.0), (0.7, -1.5)])
def test_the_line_that_made_the_truth_is_found(slope: float, offset: float) -> None:
    """Within what chance allows."""
    chance = np.random.Generator(np.random.PCG64(5))
    bits = chance.uniform(-10, 10, 40_000)
    true = (chance.random(40_000) < 1 / (1 + np.exp2(-(offset + slope * bits)))).astype(np.float64)

    found = fitted(bits, true)

    assert found.slope == pytest.approx(1_000 * slope, abs=40)
    assert found.offset == pytest.approx(1_000 * offset, abs=120)


def test_where_one_score_parts_true_from_false_the_line_stays_near_the_sums() -> None:
    """Any steeper one would fit as well; none at all leaves them as they are."""
    found = fitted(np.array([-4.0, -3.0, 18.0, 20.0]), np.array([0.0, 0.0, 1.0, 1.0]))

    assert 900 < found.slope < 2_000
    assert fitted(np.empty(0), np.empty(0)) == Calibration()
