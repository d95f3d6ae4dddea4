"""The measures, on cases made by hand and on random ones."""

from itertools import combinations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.accuracy.metrics import calibration, errors
from tests.accuracy.metrics.clusters import b_cubed, clusters
from tests.accuracy.metrics.correlated import ANY, CORRELATED, Correlation, Reached, by_network, by_relation
from tests.accuracy.metrics.judged import PREDICTED, checked, judged, judged_labels
from tests.accuracy.metrics.scores import Resampling, f1_difference, recall_of_candidates, score
from tests.accuracy.truth import TRUTH, same_seizure

# a b c are one seizure, d e another, f stands alone.
SEIZURES = pl.DataFrame({"incident_id": list("abcdef"), "seizure": [1, 1, 1, 2, 2, 3]})
UNITS = SEIZURES.rename({"seizure": "unit"})


def predicted(*rows: tuple[str, str, float | None, str]) -> pl.DataFrame:
    """A prediction."""
    return pl.DataFrame(rows, PREDICTED, orient="row")


FOUND = predicted(
    ("a", "b", 0.95, "linked"), ("a", "c", 0.6, "review"), ("d", "f", 0.9, "linked"), ("c", "e", 0.5, "review")
)
JUDGED = judged(FOUND, same_seizure(SEIZURES), UNITS)


def test_true_pairs_by_hand() -> None:
    """Three reports make three pairs, two make one."""
    assert set(same_seizure(SEIZURES).iter_rows()) == {("a", "b"), ("a", "c"), ("b", "c"), ("d", "e")}


def test_scores_by_hand() -> None:
    """One of two links is true, one of four true pairs is linked, one more is put to review."""
    found = score(JUDGED, Resampling([JUDGED]))
    assert found.precision.value == 1 / 2
    assert found.recall.value == 1 / 4
    assert found.f1.value == pytest.approx(2 * (1 / 2) * (1 / 4) / (1 / 2 + 1 / 4))
    assert found.with_review.value == 2 / 4


@pytest.mark.parametrize(
    "row",
    [("b", "a", 0.5, "linked"), ("a", "b", 1.5, "linked"), ("a", "b", 0.5, "maybe")],
)
def test_a_prediction_that_breaks_the_port_is_refused(row: tuple[str, str, float, str]) -> None:
    """Order, probability and outcome are checked, so that a predictor's fault is not taken for its accuracy."""
    with pytest.raises(ValueError, match="such as"):
        checked(predicted(row))


def test_a_pair_stands_once() -> None:
    """The same pair twice is refused."""
    with pytest.raises(ValueError, match="once"):
        checked(predicted(("a", "b", 0.5, "linked"), ("a", "b", 0.6, "review")))


def test_pairs_of_unknown_incidents_are_refused() -> None:
    """A predictor can only speak of incidents of the set."""
    with pytest.raises(ValueError, match="not in the set"):
        judged(predicted(("a", "x", 0.5, "linked")), same_seizure(SEIZURES), UNITS)


def test_labels_leave_out_what_is_not_labelled_or_uncertain() -> None:
    """Only decided labels count: links of other pairs are neither right nor wrong."""
    labels = pl.DataFrame(
        {"left": ["a", "d", "c"], "right": ["b", "f", "e"], "label": ["SAME", "DIFFERENT", "UNCERTAIN"]}
    )
    found = judged_labels(FOUND, labels, UNITS)
    assert found.select("left", "right", "true", "linked").rows() == [("a", "b", True, True), ("d", "f", False, True)]


def test_no_links_have_no_precision() -> None:
    """Nothing predicted: recall is 0, precision is unknown and not 1."""
    nothing = judged(predicted(), same_seizure(SEIZURES), UNITS)
    found = score(nothing, Resampling([nothing]))
    assert (found.precision.value, found.recall.value, found.f1.value) == (None, 0, 0)


def test_b_cubed_by_hand() -> None:
    """One cluster is a part of a seizure, one mixes two: the means over the six incidents."""
    found = clusters(SEIZURES["incident_id"], JUDGED.filter("linked"))
    assert found.group_by("cluster").agg(pl.col("incident_id").sort())["incident_id"].sort().to_list() == [
        ["a", "b"],
        ["c"],
        ["d", "f"],
        ["e"],
    ]
    measured = b_cubed(found, SEIZURES)
    assert measured.precision == pytest.approx((1 + 1 + 1 + 1 / 2 + 1 + 1 / 2) / 6)
    assert measured.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2 + 1) / 6)


def test_blocking_recall_by_hand() -> None:
    """Two of the four true pairs were compared."""
    compared = pl.DataFrame({"left": ["a", "a", "d"], "right": ["b", "c", "f"]})
    assert recall_of_candidates(compared, same_seizure(SEIZURES)) == 2 / 4


def test_calibration_by_hand() -> None:
    """Ten pairs said to be 0.9 of which nine are true are right; said to be 0.7, they are off by 0.2."""
    right = pl.DataFrame({"probability": [0.9] * 10, "true": [True] * 9 + [False]})
    assert calibration.expected_error(calibration.reliability(right)) == pytest.approx(0)
    assert calibration.around(right, 0.9) == (10, 0.9)
    wrong = right.with_columns(probability=pl.lit(0.7))
    assert calibration.expected_error(calibration.reliability(wrong)) == pytest.approx(0.2)


def test_probabilities_of_one_and_none() -> None:
    """A probability of 1 lies in the last bin, pairs without one in none."""
    pairs = pl.DataFrame({"probability": [1.0, None], "true": [True, True]})
    assert calibration.reliability(pairs).rows() == [(9, 1, 1.0, 1.0)]


def test_errors_by_cause() -> None:
    """Each missed pair is under all that went into it, each false one under the way in which it looks like another."""
    known = pl.DataFrame(
        [
            ("a", 1, 1, None, ["mark-7"], "first", ["thousand"]),
            ("b", 1, 1, None, ["mark-7"], "sister", []),
            ("c", 1, 1, None, ["mark-7"], "abroad", []),
            ("d", 2, 2, None, [], "first", []),
            ("e", 2, 2, None, ["mark-7"], "copy", []),
            ("f", 3, 2, "repeat", [], "first", []),
        ],
        TRUTH,
        orient="row",
    )
    missed = errors.missed_by_cause(JUDGED, known)
    assert missed.filter(pl.col("cause") == "abroad").row(0) == ("abroad", 2, 1, 1, 0.5)
    assert missed.filter(pl.col("cause") == "thousand").row(0) == ("thousand", 2, 0, 1, 0.0)
    assert missed.filter(pl.col("cause") == "copy").row(0) == ("copy", 1, 1, 0, 1.0)
    assert set(errors.false_by_cause(JUDGED, known).iter_rows()) == {("repeat", 1, 0), ("network: mark", 0, 1)}


PAIRS = [*combinations("abcdef", 2)]
PREDICTIONS = st.lists(st.sampled_from(PAIRS), unique=True).flatmap(
    lambda pairs: st.tuples(
        *(
            st.tuples(st.just(left), st.just(right), st.floats(0, 1), st.sampled_from(["linked", "review"]))
            for left, right in pairs
        )
    )
)
SPLITS = st.lists(st.integers(0, 3), min_size=6, max_size=6)


@given(PREDICTIONS, SPLITS)
def test_measures_stay_in_their_bounds(rows: tuple[tuple[str, str, float, str], ...], split: list[int]) -> None:
    """Every measure lies in 0…1, an interval holds its ends in order, and review only adds to recall."""
    seizures = pl.DataFrame({"incident_id": list("abcdef"), "seizure": split})
    pairs = judged(predicted(*rows), same_seizure(seizures), seizures.rename({"seizure": "unit"}))
    found = score(pairs, Resampling([pairs], replicates=20))
    for interval in (found.precision, found.recall, found.f1, found.with_review):
        assert interval.value is None or 0 <= interval.value <= 1
        if interval.low is not None and interval.high is not None:
            assert 0 <= interval.low <= interval.high <= 1
    assert (found.with_review.value or 0) >= (found.recall.value or 0)
    cubed = b_cubed(clusters(seizures["incident_id"], pairs.filter("linked")), seizures)
    assert 0 < cubed.precision <= 1
    assert 0 < cubed.recall <= 1


@given(SPLITS)
def test_the_truth_is_perfect(split: list[int]) -> None:
    """Whoever predicts the true pairs and no others has 1 in everything, with no width, and nobody is better."""
    seizures = pl.DataFrame({"incident_id": list("abcdef"), "seizure": split})
    true = same_seizure(seizures)
    rows = [(left, right, 1.0, "linked") for left, right in true.iter_rows()]
    pairs = judged(predicted(*rows), true, seizures.rename({"seizure": "unit"}))
    resampling = Resampling([pairs], replicates=20)
    found = score(pairs, resampling)
    for interval in (found.precision, found.recall, found.f1):
        assert interval.value in ((1.0,) if rows else (None,))
        assert interval.low in (1.0, None)
    assert b_cubed(clusters(seizures["incident_id"], pairs), seizures).f1 == 1
    assert f1_difference(pairs, pairs, resampling).value in (0.0, None)


def test_the_interval_covers() -> None:
    """Of sixty samples of pairs with a recall of 0.8, the intervals of nine in ten and more hold 0.8."""
    held = 0
    for sample in range(60):
        ids = [f"{number:04d}" for number in range(300)]
        seizures = pl.DataFrame({"incident_id": ids, "seizure": [number // 2 for number in range(300)]})
        true = same_seizure(seizures)
        kept = true.filter(pl.Series(range(true.height)).hash(seed=sample) % 5 != 0)
        rows = [(left, right, None, "linked") for left, right in kept.iter_rows()]
        pairs = judged(predicted(*rows), true, seizures.rename({"seizure": "unit"}))
        recall = score(pairs, Resampling([pairs], seed=sample, replicates=80)).recall
        held += bool(recall.low is not None and recall.high is not None and recall.low <= 0.8 <= recall.high)
    assert held >= 54


def test_a_paired_difference_is_narrower() -> None:
    """Two predictors that differ in few pairs differ by little, though each interval is wide."""
    ids = [f"{number:04d}" for number in range(200)]
    seizures = pl.DataFrame({"incident_id": ids, "seizure": [number // 2 for number in range(200)]})
    units, true = seizures.rename({"seizure": "unit"}), same_seizure(seizures)
    rows = [(left, right, None, "linked") for left, right in true.iter_rows()]
    ours = judged(predicted(*rows[:60]), true, units)
    theirs = judged(predicted(*rows[:55]), true, units)
    resampling = Resampling([ours, theirs], replicates=400)
    difference, alone = f1_difference(ours, theirs, resampling), score(ours, resampling).f1
    assert difference.low is not None
    assert difference.high is not None
    assert alone.low is not None
    assert alone.high is not None
    assert difference.low > 0
    assert difference.high - difference.low < (alone.high - alone.low) / 1.5


def test_what_was_related_is_counted_by_kind() -> None:
    """Of two relations one is a network's pair and one is nothing; a link as one seizure reaches its network, too."""
    networks = pl.DataFrame({"set": [1, 1], "left": ["a", "b"], "right": ["d", "d"], "kind": ["mark", "mark"]})
    same = same_seizure(SEIZURES).with_columns(set=pl.lit(1, pl.Int64))
    rows = [
        ("a", "d", "SAME_NETWORK", "linked"),
        ("a", "f", "SAME_NETWORK", "linked"),
        ("d", "e", "SAME_SHIPMENT", "review"),
        ("b", "d", "DUPLICATE", "review"),
    ]
    related = pl.DataFrame(rows, CORRELATED, orient="row").with_columns(set=pl.lit(1, pl.Int64))
    assert list(by_relation(related, networks, same)) == [
        Correlation("SAME_NETWORK", 2, 1, 0, 0),
        Correlation("SAME_SHIPMENT", 0, 0, 1, 1),
        Correlation(ANY, 2, 1, 1, 1),
    ]
    assert list(by_network(related, networks)) == [Reached("mark", 2, 1, 1), Reached(ANY, 2, 1, 1)]
