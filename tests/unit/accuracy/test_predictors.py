"""The peers keep the port, and do what they are said to do."""

from itertools import pairwise

import polars as pl
import pytest

from tests.accuracy.metrics.judged import PREDICTED, checked
from tests.accuracy.predictors.equality import EqualAttributes, attributes
from tests.accuracy.predictors.features import features
from tests.accuracy.predictors.identity import EqualIdentity
from tests.accuracy.predictors.port import Predict
from tests.accuracy.predictors.splink_predictor import Thresholds, chosen
from tests.accuracy.truth import truth
from tests.accuracy.world import Report

PEERS: list[Predict] = [EqualAttributes(), EqualAttributes(identifiers_only=True), EqualIdentity()]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_they_keep_the_port(peer: Predict, columns: pl.DataFrame) -> None:
    """What they predict passes the checks, and is among what they say they compared."""
    predicted = peer(columns)
    assert dict(checked(predicted).schema) == dict(pl.Schema(PREDICTED))
    compared = peer.compared()
    assert compared is not None
    assert predicted.join(compared, on=["left", "right"], how="anti").is_empty()


def test_equal_attributes_are_equal(columns: pl.DataFrame) -> None:
    """Every pair shares a value, and no value of more than twenty incidents made a pair."""
    values = attributes(columns).group_by("incident_id").agg("value")
    pairs = EqualAttributes()(columns)
    both = pairs.join(values, left_on="left", right_on="incident_id").join(
        values, left_on="right", right_on="incident_id", suffix="_right"
    )
    assert not both.is_empty()
    assert both["value"].list.set_intersection(both["value_right"]).list.len().min() == 1


def test_equal_identity_finds_exact_copies(few: list[Report], columns: pl.DataFrame) -> None:
    """A copy that differs from its report in the reference alone has its identity."""
    known = truth(few)
    copies = known.filter(pl.col("slips").list.contains("exact-copy"))
    assert not copies.is_empty()
    found = EqualIdentity()(columns)
    linked = {*found["left"], *found["right"]}
    assert set(copies["incident_id"]) <= linked


def test_features_are_one_row_an_incident(columns: pl.DataFrame) -> None:
    """Splink's columns keep the incidents and their order, and amounts in other units become equal texts."""
    made = features(columns)
    assert made["unique_id"].to_list() == columns["incident_id"].to_list()
    assert made["amount"].null_count() < made.height / 10


def test_thresholds_of_best_f1() -> None:
    """Two true pairs rank above a false one: links end before it, and review adds the third true pair below."""
    known = pl.DataFrame({"incident_id": list("abcdef"), "seizure": [1, 1, 2, 2, 3, 3]})
    rows = [("a", "b", 0.9), ("c", "d", 0.8), ("a", "f", 0.7), ("e", "f", 0.6)]
    found = pl.DataFrame(rows, ["left", "right", "probability"], orient="row")
    crowd = pl.concat([known, pl.DataFrame({"incident_id": [f"g{n}" for n in range(94)], "seizure": range(4, 98)})])
    assert chosen(found, crowd) == Thresholds(0.6, 0.6)
    worse = pl.DataFrame([*rows[:3], ("b", "f", 0.65), ("e", "f", 0.6)], found.schema, orient="row")
    assert chosen(worse, crowd) == Thresholds(0.8, 0.6)


def test_thresholds_descend(columns: pl.DataFrame, few: list[Report]) -> None:
    """Whatever the probabilities, review begins at or below links."""
    ids = sorted(columns["incident_id"])
    pairs = [(left, right, 1 / (1 + place)) for place, (left, right) in enumerate(pairwise(ids))]
    found = pl.DataFrame(pairs, ["left", "right", "probability"], orient="row")
    thresholds = chosen(found, truth(few).select("incident_id", "seizure"))
    assert thresholds.review <= thresholds.linked
